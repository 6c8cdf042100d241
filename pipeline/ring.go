package pipeline

import (
	"github.com/cespare/xxhash/v2"

	"tidings"
)

// Ring keeps what a label that comes later needs of the last documents: their
// ids, where they stand, which label was learnt of each, and their vectors.
// Vectors are kept as LabelWait says; ids are remembered for longer, so that a
// label that comes too late is told from one of a document that never was.
//
// What it keeps is a function of the documents in log order: how many terms
// they have decides, and not how the memory is laid out. A nil Ring keeps
// nothing, at no cost. In the steady state it does not allocate.
type Ring struct {
	wait   LabelWait
	ids    uint64 // documents that are remembered at most
	newest int64  // latest event time, noTime as long as there is none
	bytes  int64  // of the vectors that are kept, by their terms

	// Documents are numbered from 0 on. Remembered are first <= n < next, and of
	// those from kept on the vectors too.
	first, kept, next uint64
	slots             []slot   // of document n at n modulo their number
	heads             []uint64 // by id: the newest document there, plus 1

	// Entries of vectors are counted through, too: used is the number of all
	// that ever were. Entry n stands at n modulo the number of places.
	used  uint64
	index []uint32
	value []float64
}

// slot is what is remembered of one document.
type slot struct {
	id       uint64 // hash of it
	sequence uint64
	time     int64
	label    uint64 // hash of the label that was learnt last; 0: none
	from     uint64 // its first entry
	previous uint64 // the document before it among those of its head, plus 1
	line     uint32
	terms    uint32
	entries  uint32
	chars    uint32
}

// How much a Ring remembers.
const (
	idsKeptRatio = 8       // ids for each vector that may be kept
	idsKeptMax   = 1 << 20 // or so many, if that is less and they are not less than the vectors
	slotsMin     = 1 << 10
	entryBytes   = 12 // of a vector's entry
)

// NewRing starts with nothing kept; it is nil where nothing is to be kept.
func NewRing(w LabelWait) *Ring {
	if w.Off {
		return nil
	}
	documents := uint64(w.documents())
	return &Ring{wait: w, ids: max(documents, min(documents*idsKeptRatio, idsKeptMax)), newest: noTime}
}

// Add keeps a document that has so many terms, and its vector, if there is one.
func (r *Ring) Add(e *Entry, terms int, v *tidings.Vector) {
	if r == nil {
		return
	}
	r.newest = max(r.newest, e.Time)
	r.next++ // the new one counts from here on
	r.bytes += int64(terms) * entryBytes
	s := slot{
		id: xxhash.Sum64String(e.ID), sequence: e.Position.Sequence, line: e.Position.Line, time: e.Time,
		terms: uint32(terms), from: r.used,
	}
	dropped := r.evict(int64(terms) * entryBytes)
	if !dropped && v != nil {
		s.entries, s.chars = uint32(len(v.Index)), uint32(v.Chars)
		r.store(v)
	}
	r.remember(s)
}

// evict lets go of vectors until the limits are kept. It says whether that of
// the newest document, which is not stored yet, is among them.
func (r *Ring) evict(newest int64) (all bool) {
	last := r.next - 1
	for r.kept < last && (r.next-r.kept > uint64(r.wait.documents()) || r.bytes > r.wait.bytes() || r.old(r.slot(r.kept))) {
		r.bytes -= int64(r.slot(r.kept).terms) * entryBytes
		r.kept++
	}
	if r.kept == last && r.bytes > r.wait.bytes() {
		r.bytes -= newest
		r.kept++
		return true
	}
	return false
}

// old says whether a document's time is too long ago.
func (r *Ring) old(s *slot) bool {
	return r.wait.Time > 0 && s.time != noTime && uint64(r.newest)-uint64(s.time) > uint64(r.wait.Time)
}

func (r *Ring) slot(n uint64) *slot { return &r.slots[n%uint64(len(r.slots))] }

// remember puts the newest document into its slot.
func (r *Ring) remember(s slot) {
	n := r.next - 1
	if n-r.first == uint64(len(r.slots)) {
		if uint64(len(r.slots)) == r.ids {
			r.first++
		} else {
			r.grow(n)
		}
	}
	head := r.head(s.id)
	s.previous, *head = *head, n+1
	*r.slot(n) = s
}

func (r *Ring) head(id uint64) *uint64 { return &r.heads[id&uint64(len(r.heads)-1)] }

// grow makes room for more documents; those before end are there.
func (r *Ring) grow(end uint64) {
	old := r.slots
	size := min(max(2*uint64(len(old)), slotsMin), r.ids)
	r.slots = make([]slot, size)
	heads := uint64(1)
	for heads < size {
		heads *= 2
	}
	r.heads = make([]uint64, heads)
	for n := r.first; n < end; n++ {
		s := old[n%uint64(len(old))]
		head := r.head(s.id)
		s.previous, *head = *head, n+1
		*r.slot(n) = s
	}
}

// store appends a vector's entries behind all others. Those of vectors that are
// not kept any more make room.
func (r *Ring) store(v *tidings.Vector) {
	n := uint64(len(v.Index))
	tail := r.used
	if r.kept < r.next-1 {
		tail = r.slot(r.kept).from
	}
	if live := r.used - tail; live+n > uint64(len(r.index)) {
		r.widen(tail, live+n)
	}
	if n == 0 {
		return
	}
	at := r.used % uint64(len(r.index))
	head := copy(r.index[at:], v.Index)
	copy(r.index, v.Index[head:])
	head = copy(r.value[at:], v.Value)
	copy(r.value, v.Value[head:])
	r.used += n
}

// widen makes at least so many places, with the entries from tail on.
func (r *Ring) widen(tail, least uint64) {
	size := max(2*uint64(len(r.index)), 1<<12)
	size = max(least, min(size, uint64(r.wait.bytes())/entryBytes))
	index, value := make([]uint32, size), make([]float64, size)
	for n := tail; n < r.used; n++ {
		index[n%size], value[n%size] = r.index[n%uint64(len(r.index))], r.value[n%uint64(len(r.value))]
	}
	r.index, r.value = index, value
}

// Vector copies what is kept of a document.
func (r *Ring) vector(n uint64, dst *tidings.Vector) {
	dst.Reset()
	s := r.slot(n)
	if s.entries == 0 {
		return
	}
	from, size := s.from%uint64(len(r.index)), uint64(len(r.index))
	first := min(uint64(s.entries), size-from)
	rest := uint64(s.entries) - first
	dst.Index = append(append(dst.Index, r.index[from:from+first]...), r.index[:rest]...)
	dst.Value = append(append(dst.Value, r.value[from:from+first]...), r.value[:rest]...)
	dst.Chars = int(s.chars)
}

// Bind finds the document that a late label is about, and fills in the entry
// where it stands and what is to become of the label: LabelLearnt or
// LabelCorrected where it is to be learnt. Of several documents with its id the
// newest is meant, but where the label names a position.
func (r *Ring) Bind(e *Entry) (n uint64, learn bool) {
	if r == nil {
		e.Fate = LabelTooLate
		return 0, false
	}
	n, found := r.find(xxhash.Sum64String(e.ID), e.Target)
	if !found {
		e.Fate = LabelUnknown
		return 0, false
	}
	s := r.slot(n)
	e.Target = tidings.Position{Sequence: s.sequence, Line: s.line}
	switch label := xxhash.Sum64String(e.Truth); {
	case s.label == label:
		e.Fate = LabelRepeated
	case n < r.kept || r.old(s):
		e.Fate = LabelTooLate
	case s.label == 0:
		e.Fate = LabelLearnt
	default:
		e.Fate = LabelCorrected
	}
	return n, e.Fate == LabelLearnt || e.Fate == LabelCorrected
}

func (r *Ring) find(id uint64, target tidings.Position) (uint64, bool) {
	if len(r.heads) == 0 {
		return 0, false
	}
	for at := *r.head(id); at > r.first; {
		s := r.slot(at - 1)
		if s.id == id && (target == tidings.Position{} || target == tidings.Position{Sequence: s.sequence, Line: s.line}) {
			return at - 1, true
		}
		at = s.previous
	}
	return 0, false
}

// Learnt notes which label was learnt last of a document.
func (r *Ring) Learnt(n uint64, label string) {
	if r != nil {
		r.slot(n).label = xxhash.Sum64String(label)
	}
}

// LearntLast notes the label of the document that was added last.
func (r *Ring) LearntLast(label string) {
	if r != nil && r.next > 0 {
		r.Learnt(r.next-1, label)
	}
}

// Kept is how many documents have their vectors here, and the bytes of those.
func (r *Ring) Kept() (documents int, bytes int64) {
	if r == nil {
		return 0, 0
	}
	return int(r.next - r.kept), r.bytes
}

// clone copies it in the time that copying the memory takes.
func (r *Ring) clone() *Ring {
	if r == nil {
		return nil
	}
	c := *r
	c.slots, c.heads = append([]slot(nil), r.slots...), append([]uint64(nil), r.heads...)
	c.index, c.value = append([]uint32(nil), r.index...), append([]float64(nil), r.value...)
	return &c
}
