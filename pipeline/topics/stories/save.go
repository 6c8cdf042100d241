package stories

import (
	"bytes"
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
//	magic 8 | length of the payload 8 | payload | xxHash of the payload 8 | df, as it saves itself
//
// The payload is varints, strings behind their length and floats as 8 bytes:
// the options as JSON, two counts, and the stories from the one heard of longest
// ago to the newest.
const (
	magic      = "tidingST"
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
	b = binary.AppendUvarint(b, uint64(len(s.open)))
	for story := s.oldest; story != nil; story = story.newer {
		b = story.append(b)
	}
	out := binary.LittleEndian.AppendUint64([]byte(magic), uint64(len(b)))
	out = binary.LittleEndian.AppendUint64(append(out, b...), xxhash.Sum64(b))
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("save stories: %w", err)
	}
	return s.df.Save(w)
}

func (b *story) append(buf []byte) []byte {
	for _, n := range []uint64{b.ID, b.Documents, b.First.Sequence, uint64(b.First.Line)} {
		buf = binary.AppendUvarint(buf, n)
	}
	buf = binary.AppendVarint(binary.AppendVarint(buf, b.From), b.To)
	buf = float(buf, b.norm)
	buf = binary.AppendUvarint(buf, uint64(len(b.central)))
	for _, c := range b.central {
		buf = float(binary.AppendUvarint(binary.AppendUvarint(buf, c.position.Sequence), uint64(c.position.Line)), c.like)
	}
	buf = binary.AppendUvarint(buf, uint64(len(b.labels)))
	for _, t := range b.labels {
		buf = binary.AppendUvarint(text(buf, t.label), t.documents)
	}
	buf = binary.AppendUvarint(buf, uint64(len(b.terms)))
	for _, p := range b.terms {
		buf = float(text(binary.LittleEndian.AppendUint64(buf, p.hash), p.text), p.weight)
	}
	return buf
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
	df, err := features.LoadDF(r)
	if err != nil {
		return nil, err
	}
	if !df.Fits(dfOptions()) {
		return nil, ErrDamaged
	}
	s.df = df
	return s, nil
}

func short(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrDamaged
	}
	return err
}

// restore fills a new state, but for the df.
func (s *State) restore(d *decoder) error {
	want, err := json.Marshal(s.options)
	if err != nil {
		return err
	}
	if got := d.text(1 << 10); d.err == nil && got != string(want) {
		return fmt.Errorf("saved under other options: %s, these are %s", got, want)
	}
	s.began, s.closed = d.uvarint(), d.uvarint()
	n := d.upTo(uint64(s.options.StoriesMax))
	for range n {
		b := d.story()
		d.need(b.ID > 0 && b.ID <= s.began)
		if d.err != nil {
			return d.err
		}
		at, twice := s.place(b.ID)
		if d.need(!twice); twice {
			return d.err
		}
		s.open = slices.Insert(s.open, at, b)
		s.hear(b)
		for _, p := range b.terms {
			s.of[p.hash] = append(s.of[p.hash], p)
		}
	}
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

func (d *decoder) story() *story {
	b := &story{}
	b.ID, b.Documents = d.uvarint(), d.uvarint()
	b.First = tidings.Position{Sequence: d.uvarint(), Line: uint32(d.upTo(math.MaxUint32))}
	b.From, b.To = d.varint(), d.varint()
	b.norm = d.float()
	for range d.upTo(CentralMax) {
		b.central = append(b.central, central{tidings.Position{Sequence: d.uvarint(), Line: uint32(d.upTo(math.MaxUint32))}, d.float()})
	}
	for range d.upTo(labelsOfStory) {
		b.labels = append(b.labels, tally{label: d.text(tidings.LabelBytesMax), documents: d.uvarint()})
	}
	b.choose()
	for range d.upTo(termsOfStory) {
		hash := d.fixed()
		b.terms = append(b.terms, &posting{story: b, text: d.text(features.TermBytesMax * features.NGramsMax * 2), term: term{hash: hash, weight: d.float()}})
	}
	d.need(b.Documents > 0)
	return b
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
