package pipeline

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// errRing reports bytes that are no ring of these limits.
var errRing = errors.New("the documents that wait for labels cannot be read")

// The sizes of what save writes.
const (
	ringHeadBytes = 6 * 8
	ringSlotBytes = 5*8 + 4*4
)

// save writes all that the ring remembers. A nil ring is one of no documents.
func (r *Ring) save(to io.Writer) error {
	w := bufio.NewWriterSize(to, 1<<16)
	var head [ringHeadBytes]byte
	if r == nil {
		_, err := to.Write(head[:])
		return err
	}
	for i, v := range []uint64{r.first, r.kept, r.next, uint64(r.newest), uint64(r.bytes), r.used} {
		binary.LittleEndian.PutUint64(head[8*i:], v)
	}
	_, _ = w.Write(head[:])
	b := make([]byte, 0, ringSlotBytes)
	for n := r.first; n < r.next; n++ {
		s := r.slot(n)
		b = b[:0]
		for _, v := range []uint64{s.id, s.sequence, uint64(s.time), s.label, s.from} {
			b = binary.LittleEndian.AppendUint64(b, v)
		}
		for _, v := range []uint32{s.line, s.terms, s.entries, s.chars} {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		_, _ = w.Write(b)
	}
	for n := r.tail(); n < r.used; n++ {
		at := n % uint64(len(r.index))
		b = binary.LittleEndian.AppendUint32(b[:0], r.index[at])
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(r.value[at]))
		_, _ = w.Write(b)
	}
	return w.Flush()
}

// tail is the number of the first entry that is needed.
func (r *Ring) tail() uint64 {
	if r.kept < r.next {
		return r.slot(r.kept).from
	}
	return r.used
}

// loadRing reads what save wrote, into one that waits as w says. Its memory is
// bounded by what w allows, whatever the bytes say.
func loadRing(from io.Reader, w LabelWait) (*Ring, error) {
	var head [ringHeadBytes]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return nil, err
	}
	at := func(i int) uint64 { return binary.LittleEndian.Uint64(head[8*i:]) }
	r := NewRing(w)
	saved := Ring{first: at(0), kept: at(1), next: at(2), newest: int64(at(3)), bytes: int64(at(4)), used: at(5)}
	if saved.next == 0 {
		return r, nil // the snapshot of a program that kept none, or of one that had met none
	}
	if r == nil {
		return nil, fmt.Errorf("%w: the plan keeps none", errRing)
	}
	r.first, r.kept, r.next, r.newest, r.bytes, r.used = saved.first, saved.kept, saved.next, saved.newest, saved.bytes, saved.used
	if r.first > r.kept || r.kept > r.next || r.next-r.first > r.ids || r.next-r.kept > uint64(w.documents()) || r.bytes < 0 || r.bytes > w.bytes() {
		return nil, fmt.Errorf("%w: its limits are others", errRing)
	}
	if err := r.loadSlots(from); err != nil {
		return nil, err
	}
	return r, r.loadEntries(from)
}

func (r *Ring) loadSlots(from io.Reader) error {
	size := max(r.next-r.first, min(slotsMin, r.ids))
	r.slots = make([]slot, size)
	heads := uint64(1)
	for heads < size {
		heads *= 2
	}
	r.heads = make([]uint64, heads)
	var b [ringSlotBytes]byte
	for n := r.first; n < r.next; n++ {
		if _, err := io.ReadFull(from, b[:]); err != nil {
			return err
		}
		long := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
		short := func(i int) uint32 { return binary.LittleEndian.Uint32(b[40+4*i:]) }
		s := slot{
			id: long(0), sequence: long(1), time: int64(long(2)), label: long(3), from: long(4),
			line: short(0), terms: short(1), entries: short(2), chars: short(3),
		}
		if n >= r.kept && (s.from > r.used || uint64(s.entries) > r.used-s.from || s.chars > s.entries) {
			return fmt.Errorf("%w: a document's features are not there", errRing)
		}
		head := r.head(s.id)
		s.previous, *head = *head, n+1
		*r.slot(n) = s
	}
	return nil
}

func (r *Ring) loadEntries(from io.Reader) error {
	tail := r.tail()
	n := r.used - tail
	if n > uint64(r.wait.bytes())/entryBytes {
		return fmt.Errorf("%w: more features than there may be", errRing)
	}
	for d := r.kept; d < r.next; d++ {
		if r.slot(d).from < tail {
			return fmt.Errorf("%w: features out of order", errRing)
		}
	}
	if n == 0 {
		return nil
	}
	r.index, r.value = make([]uint32, n), make([]float64, n)
	var b [entryBytes]byte
	for e := tail; e < r.used; e++ {
		if _, err := io.ReadFull(from, b[:]); err != nil {
			return err
		}
		r.index[e%n], r.value[e%n] = binary.LittleEndian.Uint32(b[:]), math.Float64frombits(binary.LittleEndian.Uint64(b[4:]))
	}
	return nil
}
