package stories

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/cespare/xxhash/v2"

	"tidings"
	"tidings/features"
)

// The saved form, little-endian:
//
//	magic 8 | length of the payload 8 | payload | xxHash of the payload 8
//
// The payload is varints, strings behind their length and floats as 8 bytes: the
// options as JSON, two counts, the frequency of terms, and the stories from the
// one heard of longest ago to the newest.
const (
	magic      = "tidingS2"
	payloadMax = 1 << 30
)

// ErrDamaged reports saved stories that cannot be read back.
var ErrDamaged = errors.New("saved stories are damaged; go back to an earlier state")

// Save writes the state so that Load can go on with it. Equal states give equal
// bytes.
func (s *State) Save(w io.Writer) error {
	options, err := json.Marshal(s.options)
	if err != nil {
		return fmt.Errorf("save stories: %w", err)
	}
	b := text(nil, string(options))
	b = binary.AppendUvarint(b, s.began)
	b = binary.AppendUvarint(b, s.closed)
	b = s.frequency.append(b)
	b = binary.AppendUvarint(b, uint64(s.stories.open))
	for slot := s.stories.oldest; slot != none; slot = s.stories.at[slot].newer {
		b = s.append(b, slot)
	}
	out := binary.LittleEndian.AppendUint64([]byte(magic), uint64(len(b)))
	out = binary.LittleEndian.AppendUint64(append(out, b...), xxhash.Sum64(b))
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("save stories: %w", err)
	}
	return nil
}

func (s *State) append(buf []byte, slot uint32) []byte {
	b := &s.stories.at[slot]
	for _, n := range []uint64{b.ID, b.Documents, b.First.Sequence, uint64(b.First.Line)} {
		buf = binary.AppendUvarint(buf, n)
	}
	buf = binary.AppendVarint(binary.AppendVarint(buf, b.From), b.To)
	buf = float(float(buf, b.scale), b.squares)
	buf = binary.AppendUvarint(buf, uint64(len(b.central)))
	for _, c := range b.central {
		buf = float(binary.AppendUvarint(binary.AppendUvarint(buf, c.position.Sequence), uint64(c.position.Line)), c.like)
	}
	buf = binary.AppendUvarint(buf, uint64(len(b.labels)))
	for _, t := range b.labels {
		buf = binary.AppendUvarint(text(buf, t.label), t.documents)
	}
	buf = binary.AppendUvarint(buf, uint64(len(b.terms)))
	for _, l := range b.terms {
		t := &s.index.terms[l.term]
		buf = float(text(binary.LittleEndian.AppendUint64(buf, t.hash), string(s.index.texts[l.term])), s.posting(l).weight)
	}
	return buf
}

// append writes how long ago the last halving was and the cells that are not 0:
// how many are before it, and it.
func (f *frequency) append(buf []byte) []byte {
	buf = binary.AppendUvarint(binary.AppendUvarint(buf, uint64(f.documents)), uint64(f.since))
	before := uint64(0)
	for _, c := range f.cells {
		if c == 0 {
			before++
			continue
		}
		buf = binary.AppendUvarint(binary.AppendUvarint(buf, before), uint64(c))
		before = 0
	}
	return binary.AppendUvarint(buf, before)
}

func text(buf []byte, s string) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(s))), s...)
}

func float(buf []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(buf, math.Float64bits(v))
}

// Load reads what Save wrote under the same options, and nothing beyond it.
func Load(r io.Reader, o Options) (*State, error) {
	s, err := load(r, o)
	if err != nil {
		return nil, fmt.Errorf("load stories: %w", err)
	}
	return s, nil
}

func load(r io.Reader, o Options) (*State, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	head := make([]byte, len(magic)+8)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, short(err)
	}
	size := binary.LittleEndian.Uint64(head[len(magic):])
	if string(head[:len(magic)]) != magic || size > payloadMax {
		return nil, ErrDamaged
	}
	var payload bytes.Buffer // grows with what is really there
	if _, err := io.CopyN(&payload, r, int64(size)); err != nil {
		return nil, short(err)
	}
	var sum [8]byte
	if _, err := io.ReadFull(r, sum[:]); err != nil {
		return nil, short(err)
	}
	if binary.LittleEndian.Uint64(sum[:]) != xxhash.Sum64(payload.Bytes()) {
		return nil, ErrDamaged
	}
	s := New(o)
	if err := s.restore(&decoder{rest: payload.Bytes()}); err != nil {
		return nil, err
	}
	return s, nil
}

func short(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrDamaged
	}
	return err
}

// restore fills a new state.
func (s *State) restore(d *decoder) error {
	want, err := json.Marshal(s.options)
	if err != nil {
		return err
	}
	if got := d.text(1 << 10); d.err == nil && got != string(want) {
		return fmt.Errorf("saved under other options: %s, these are %s", got, want)
	}
	s.began, s.closed = d.uvarint(), d.uvarint()
	d.frequency(s.frequency)
	n := int(d.upTo(uint64(s.options.StoriesMax)))
	ids := map[uint64]bool{}
	for range n {
		id := d.uvarint()
		if d.need(id > 0 && id <= s.began && !ids[id]); d.err != nil {
			return d.err
		}
		ids[id] = true
		d.story(s, s.stories.take(id))
	}
	slices.SortFunc(s.stories.ids, func(a, b place) int { return cmp.Compare(a.id, b.id) })
	d.need(len(d.rest) == 0)
	return d.err
}

// decoder takes a payload apart. After the first error it returns zeros.
type decoder struct {
	rest []byte
	err  error
}

func (d *decoder) need(ok bool) {
	if !ok && d.err == nil {
		d.err, d.rest = ErrDamaged, nil
	}
}

func (d *decoder) frequency(f *frequency) {
	f.documents, f.since = uint32(d.upTo(2*frequencyHalfLife*frequencyUnit)), uint32(d.upTo(frequencyHalfLife))
	for cells := f.cells; ; cells = cells[1:] {
		before := d.upTo(uint64(len(cells)))
		if cells = cells[before:]; len(cells) == 0 || d.err != nil {
			return
		}
		c := d.upTo(frequencyMax)
		d.need(c > 0)
		cells[0] = uint16(c)
	}
}

// story reads all but the id, which the slot has.
func (d *decoder) story(s *State, slot uint32) {
	b := &s.stories.at[slot]
	b.Documents = d.uvarint()
	b.First = tidings.Position{Sequence: d.uvarint(), Line: uint32(d.upTo(math.MaxUint32))}
	b.From, b.To = d.varint(), d.varint()
	b.scale, b.squares = d.float(), d.float()
	for range d.upTo(CentralMax) {
		b.central = append(b.central, central{tidings.Position{Sequence: d.uvarint(), Line: uint32(d.upTo(math.MaxUint32))}, d.float()})
	}
	for range d.upTo(labelsOfStory) {
		b.labels = append(b.labels, tally{label: s.labels.keep(d.text(tidings.LabelBytesMax)), documents: d.uvarint()})
	}
	b.choose()
	for range d.upTo(termsOfStory + termsUncut + termsOfDocument) {
		hash, name, weight := d.fixed(), d.text(features.TermBytesMax*features.NGramsMax*2), d.float()
		at := s.index.find(hash)
		if at == none {
			at = s.index.add(hash, []byte(name))
		}
		before := len(b.terms)
		p := s.share(at, slot)
		if d.need(len(b.terms) > before); d.err != nil {
			return
		}
		p.weight = weight
	}
	s.stories.measure(slot)
	d.need(b.Documents > 0 && b.scale > 0)
}

func (d *decoder) uvarint() uint64 {
	n, size := binary.Uvarint(d.rest)
	if d.need(size > 0); d.err != nil {
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) varint() int64 {
	n, size := binary.Varint(d.rest)
	if d.need(size > 0); d.err != nil {
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) fixed() uint64 {
	if d.need(len(d.rest) >= 8); d.err != nil {
		return 0
	}
	n := binary.LittleEndian.Uint64(d.rest)
	d.rest = d.rest[8:]
	return n
}

// float reads a number, which must be finite and not below 0.
func (d *decoder) float() float64 {
	v := math.Float64frombits(d.fixed())
	d.need(v >= 0 && v <= math.MaxFloat64)
	return v
}

func (d *decoder) upTo(limit uint64) uint64 {
	n := d.uvarint()
	if d.need(n <= limit); d.err != nil {
		return 0
	}
	return n
}

func (d *decoder) text(limit int) string {
	n := d.upTo(uint64(limit))
	if d.need(n <= uint64(len(d.rest))); d.err != nil {
		return ""
	}
	s := string(d.rest[:n])
	d.rest = d.rest[n:]
	return s
}
