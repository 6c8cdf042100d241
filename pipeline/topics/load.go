package topics

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"strings"

	"tidings"
)

// Load reads a state that Save wrote under the same options and the same
// partition; anything else is an error. It reads no further than the state's
// end, and no more than such a state can hold. The options must pass Check.
func Load(r io.Reader, o Options, partition, partitions int) (*State, error) {
	s := New(o, partition, partitions)
	err := o.Check()
	var d decoder
	if err == nil {
		d.rest, d.version, err = readPayload(r, s.options)
	}
	if err == nil {
		err = s.restore(&d)
	}
	if err != nil {
		return nil, fmt.Errorf("load topic windows of partition %d of %d: %w", partition, partitions, err)
	}
	return s, nil
}

var (
	errDamaged = errors.New("the saved state is damaged; go back to an earlier one")
	errCut     = errors.New("the saved state ends too early; go back to an earlier one")
)

func readPayload(r io.Reader, o Options) (payload []byte, version byte, err error) {
	header := make([]byte, headerBytes)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, 0, readError(err)
	}
	if string(header[:len(saveMagic)]) != saveMagic {
		return nil, 0, errors.New("these are no saved topic windows")
	}
	if v := header[len(saveMagic)]; v < saveOldest || v > saveVersion {
		return nil, 0, fmt.Errorf("saved in version %d of the format, this program reads versions %d to %d; load it with the program that saved it", v, saveOldest, saveVersion)
	}
	size := binary.LittleEndian.Uint64(header[headerBytes-8:])
	if limit := payloadMax(o); size > limit {
		return nil, 0, fmt.Errorf("%d bytes, more than the %d that these windows can take: %w", size, limit, errDamaged)
	}
	var b bytes.Buffer // grows with what is really there, whatever the header says
	if _, err := io.CopyN(&b, r, int64(size)); err != nil {
		return nil, 0, readError(err)
	}
	var sum [4]byte
	if _, err := io.ReadFull(r, sum[:]); err != nil {
		return nil, 0, readError(err)
	}
	if crc32.Checksum(b.Bytes(), castagnoli) != binary.LittleEndian.Uint32(sum[:]) {
		return nil, 0, errDamaged
	}
	return b.Bytes(), header[len(saveMagic)], nil
}

func readError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return err
}

// payloadMax is more than the largest state under the options takes.
func payloadMax(o Options) uint64 {
	const numbers = 16 * binary.MaxVarintLen64
	labels := uint64(o.LabelsMax) + 1
	window := numbers + labels*(tidings.LabelBytesMax+numbers)
	if o.Reads() {
		window += contentsBytesMax
	}
	windows, keys := uint64(o.OpenMax), uint64(1)
	if o.By != ByAll {
		keys = uint64(o.keysMax()) + 1
		windows = min(windows*keys, OpenMaxLimit)
	}
	windows = keys*(numbers+(labels+1)*(tidings.LabelBytesMax+numbers)) + windows*window
	return planMax + watermarkBytesMax + numbers + uint64(len(o.Windows))*(numbers+windows)
}

// restore fills a new state.
func (s *State) restore(d *decoder) error {
	want, err := s.plan()
	if err != nil {
		return err
	}
	if saved := d.text(planMax); d.err == nil && saved != string(want) {
		return fmt.Errorf("saved under another plan: %s, this is %s", saved, want)
	}
	s.seen = d.uvarint()
	s.newest = d.varint()
	s.restoreComplete(d)
	for i := range s.tracks {
		s.restoreTrack(d, &s.tracks[i])
	}
	if d.version >= 3 {
		s.restoreRest(d)
	}
	if d.err == nil && len(d.rest) > 0 {
		d.err = errDamaged
	}
	return d.err
}

// restoreComplete reads what the sources have come to. Of long ago only the
// highest event time is known, which is where everything before is over; sources
// are known again as they send.
func (s *State) restoreComplete(d *decoder) {
	if d.version < 3 {
		s.complete.Document("", s.newest)
		s.complete.Idle("")
		return
	}
	if b := d.text(watermarkBytesMax); d.err == nil && s.complete.UnmarshalBinary([]byte(b)) != nil {
		d.err = errDamaged
	}
}

func (s *State) restoreTrack(d *decoder, t *track) {
	c := &t.counts
	for _, n := range []*uint64{&c.Windowed, &c.Late, &c.Untimed, &c.Dropped} {
		*n = d.uvarint()
		c.In += *n
	}
	if d.version >= 3 {
		c.Future, c.Forced = d.uvarint(), d.uvarint()
		c.In += c.Future
	}
	t.done = d.varint()
	if t.keys == nil {
		s.restoreSeries(d, t, t.series[0])
	} else {
		for range d.upTo(uint64(s.options.keysMax()) + 1) {
			key := d.text(tidings.LabelBytesMax)
			at, _ := t.find(key)
			d.need(at == len(t.series))
			if d.err != nil {
				return
			}
			sr := t.begin(key, s.options.By.hash(key))
			sr.heard = d.upTo(s.seen)
			s.restoreSeries(d, t, sr)
			d.need(sr.holds())
		}
		d.need(t.told() <= s.options.keysMax())
	}
	if d.version < 3 && t.definition.kind == count {
		t.begun = t.done + 1 + int64(t.open)
	}
	if d.err == nil {
		s.settle(t)
		t.untold = math.MinInt64
	}
}

func (s *State) restoreSeries(d *decoder, t *track, sr *series) {
	if s.options.PopularUntil > 0 {
		s.restorePast(d, &sr.before)
	}
	counts := t.definition.kind == count
	for range d.upTo(uint64(s.options.OpenMax)) {
		w := s.restoreWindow(d, t, sr)
		d.need(counts || t.place(w) > t.done)
		d.need(len(sr.open) == 0 || !counts && sr.open[len(sr.open)-1].number < w.number)
		d.need(!counts || w.documents < uint64(t.definition.documents))
		d.need(t.open < OpenMaxLimit)
		if d.err != nil {
			return
		}
		t.start(sr, w)
	}
}

func (s *State) restorePast(d *decoder, p *past) {
	if d.upTo(1) == 0 {
		return
	}
	p.known, p.number = true, d.varint()
	for range d.upTo(uint64(s.options.LabelsMax) + 1) {
		label := d.text(tidings.LabelBytesMax)
		d.need(len(p.labels) == 0 || p.labels[len(p.labels)-1] < label)
		if d.err != nil {
			return
		}
		p.labels = append(p.labels, strings.Clone(label))
	}
}

func (s *State) restoreWindow(d *decoder, t *track, sr *series) *window {
	number := d.varint()
	share := s.options.shareOf(t.definition, number)
	w := newWindow(number, 0, s.owns(t, sr.hash, share))
	w.last = d.varint()
	for _, n := range []*uint64{&w.first, &w.documents, &w.results, &w.told} {
		*n = d.uvarint()
	}
	switch t.definition.kind {
	case session:
		d.need(w.last >= number && s.options.shareOf(t.definition, w.last) == share)
	case count:
		if d.version < 3 { // without keys it holds the documents between
			w.last = int64(w.first + w.documents - 1)
		}
		d.need(number >= 0 && w.first <= uint64(w.last) && uint64(w.last) <= s.seen)
	default:
		d.need(w.last == 0)
	}
	d.need(w.told <= w.documents)
	tallies := d.upTo(uint64(s.options.LabelsMax) + 1)
	d.need(w.owned || tallies == 0)
	var sum uint64
	for range tallies {
		label := d.text(tidings.LabelBytesMax)
		_, twice := w.index[label]
		d.need(!twice)
		if d.err != nil {
			return w
		}
		at := w.learn(label)
		w.tallies[at].documents = d.uvarint()
		sum += w.tallies[at].documents
	}
	d.need(w.documents > 0 && (!w.owned || sum == w.documents))
	if s.options.Reads() && w.owned && d.err == nil {
		w.contents = s.options.contents()
		w.contents.restore(d)
	}
	return w
}

// decoder takes a payload apart. After the first error it returns zeros.
type decoder struct {
	rest    []byte
	version byte
	err     error
}

// need notes that the payload is damaged unless ok.
func (d *decoder) need(ok bool) {
	if !ok && d.err == nil {
		d.err = errDamaged
	}
}

func (d *decoder) uvarint() uint64 {
	n, size := binary.Uvarint(d.rest)
	return take(d, n, size)
}

func (d *decoder) varint() int64 {
	n, size := binary.Varint(d.rest)
	return take(d, n, size)
}

func take[T uint64 | int64](d *decoder, n T, size int) T {
	d.need(size > 0)
	if d.err != nil {
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

// upTo reads a number of things that cannot be more than limit.
func (d *decoder) upTo(limit uint64) uint64 {
	n := d.uvarint()
	d.need(n <= limit)
	if d.err != nil {
		return 0
	}
	return n
}

func (d *decoder) text(limit int) string {
	size := d.upTo(uint64(limit))
	d.need(size <= uint64(len(d.rest)))
	if d.err != nil {
		return ""
	}
	s := string(d.rest[:size])
	d.rest = d.rest[size:]
	return s
}
