package bursts

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/cespare/xxhash/v2"
)

// A saved background, little-endian:
//
//	magic 8 | length of the payload 8 | payload | xxHash of the payload 8
//
// The payload is varints: four numbers, and of each set how many terms it has and
// which are common (a byte each), then their tags (4 bytes) and counts, in their
// order, which is part of the state. A window's bytes have no frame of their own:
// they stand in what holds the window.
const (
	magic      = "tidingBU"
	payloadMax = 5*binary.MaxVarintLen64 + SetsMax*(2+setTerms*(4+binary.MaxVarintLen32))
)

// ErrDamaged reports a saved background, or a window, that cannot be read back.
var ErrDamaged = errors.New("saved bursts are damaged; go back to an earlier state")

// Save writes the background so that Load can go on with it. Equal ones give
// equal bytes.
func (b *Background) Save(w io.Writer) error {
	p := make([]byte, 0, 1<<16)
	for _, n := range []uint64{SetsMax, b.met, uint64(b.all), b.evicted, b.left} {
		p = binary.AppendUvarint(p, n)
	}
	for i := range b.sets {
		s := &b.sets[i]
		n := s.terms()
		p = append(p, byte(n), byte(s.marks>>commonShift))
		for j := range n {
			p = binary.LittleEndian.AppendUint32(p, s.tags[j])
			p = binary.AppendUvarint(p, uint64(s.counts[j]))
		}
	}
	head := binary.LittleEndian.AppendUint64([]byte(magic), uint64(len(p)))
	for _, part := range [][]byte{head, p, binary.LittleEndian.AppendUint64(nil, xxhash.Sum64(p))} {
		if _, err := w.Write(part); err != nil {
			return fmt.Errorf("save bursts: %w", err)
		}
	}
	return nil
}

// terms is how many the set has.
func (s *set) terms() (n int) {
	for n < setTerms && s.counts[n] > 0 {
		n++
	}
	return n
}

// Load reads what Save wrote, and nothing beyond it.
func Load(r io.Reader) (*Background, error) {
	b, err := load(r)
	if err != nil {
		return nil, fmt.Errorf("load bursts: %w", err)
	}
	return b, nil
}

func load(r io.Reader) (*Background, error) {
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
	return restore(payload.Bytes())
}

func short(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrDamaged
	}
	return err
}

func restore(payload []byte) (*Background, error) {
	d, b := &decoder{rest: payload}, NewBackground()
	d.need(d.upTo(SetsMax) == SetsMax)
	b.met, b.all = d.uvarint(), uint32(d.upTo(2*HalfLife*unit))
	b.evicted, b.left = d.uvarint(), d.uvarint()
	for i := range b.sets {
		s := &b.sets[i]
		n, common := d.size(setTerms), d.take(1)[0]
		d.need(common>>n == 0)
		for j := range n {
			tag, count := d.tag(), uint32(d.upTo(countMax+unit))
			for _, before := range s.tags[:j] {
				d.need(before != tag)
			}
			d.need(count > 0)
			s.put(j, tag, count, common>>j&1 != 0)
		}
		if d.damaged {
			return nil, ErrDamaged
		}
	}
	if len(d.rest) > 0 {
		return nil, ErrDamaged
	}
	return b, nil
}

// Append appends the window to dst, as Restore reads it. Equal windows give
// equal bytes.
func (w *Window) Append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, w.forgotten)
	dst = binary.AppendUvarint(dst, uint64(len(w.entries)))
	for _, e := range w.sorted() {
		dst = binary.LittleEndian.AppendUint64(dst, e.hash)
		for _, n := range []uint32{e.documents, e.before, e.of} {
			dst = binary.AppendUvarint(dst, uint64(n))
		}
		if e.documents >= SupportMin {
			var text []byte
			if e.text > 0 {
				text = textAt(w.texts, e.text)
			}
			dst = append(binary.AppendUvarint(dst, uint64(len(text))), text...)
		}
	}
	return dst
}

// BytesMax is more than Append appends for a window.
const BytesMax = 2*binary.MaxVarintLen64 + TermsMax*(8+4*binary.MaxVarintLen32+textMax)

// Restore reads a window from the front of b into an empty one, and returns what
// stands behind it.
func (w *Window) Restore(b []byte) (rest []byte, err error) {
	d := &decoder{rest: b}
	w.forgotten = d.uvarint()
	var entries []entry
	var texts []byte
	last := uint64(0)
	for i := range d.size(TermsMax) {
		e := entry{hash: d.fixed()}
		d.need(i == 0 || e.hash > last)
		last = e.hash
		e.documents, e.before, e.of = uint32(d.upTo(math.MaxUint32)), uint32(d.upTo(math.MaxUint32)), uint32(d.upTo(math.MaxUint32))
		d.need(e.documents > 0 && e.before <= e.of)
		if e.documents >= SupportMin {
			if text := d.text(); len(text) > 0 {
				e.text = uint32(len(texts)) + 1
				texts = append(binary.LittleEndian.AppendUint16(texts, uint16(len(text))), text...)
			}
		}
		if d.damaged {
			return nil, ErrDamaged
		}
		entries = append(entries, e)
	}
	if d.damaged {
		return nil, ErrDamaged
	}
	w.fill(entries, texts)
	return d.rest, nil
}

// decoder takes bytes apart. After the first mistake it returns zeros.
type decoder struct {
	rest    []byte
	damaged bool
}

func (d *decoder) need(ok bool) {
	if !ok {
		d.damaged, d.rest = true, nil
	}
}

func (d *decoder) uvarint() uint64 {
	n, size := binary.Uvarint(d.rest)
	if d.need(size > 0); d.damaged {
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *decoder) upTo(limit uint64) uint64 {
	n := d.uvarint()
	if d.need(n <= limit); d.damaged {
		return 0
	}
	return n
}

// size reads how many things follow.
func (d *decoder) size(limit int) int { return int(d.upTo(uint64(limit))) }

func (d *decoder) take(n int) []byte {
	if d.need(len(d.rest) >= n); d.damaged {
		return make([]byte, n) // of textMax at most
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) fixed() uint64 { return binary.LittleEndian.Uint64(d.take(8)) }
func (d *decoder) tag() uint32   { return binary.LittleEndian.Uint32(d.take(4)) }

// text is empty where nobody knows it yet.
func (d *decoder) text() []byte { return d.take(d.size(textMax)) }
