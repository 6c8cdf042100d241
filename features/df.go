package features

import "slices"

// DF counts in how many documents each term occurred. The zero value is empty,
// forgets nothing and has room for DFTermsMax terms; NewDF makes others.
//
// Counting goes in two steps, so that a frame is looked up at once: Resolve
// gives each term a slot, Observe counts one document at a slot. A term that
// was resolved and never observed has df 0, is in no Len, Digest or Save, and
// takes nobody's room. Tick goes before the Observes of each document.
//
// A df is a number of documents, or, where Options.DFHalfLife is set, of 256ths
// of one, from the weights that they have left (clock): it is above the exact
// one by at most 1/200 of it, and below by at most 1/1000 of it and 1/128
// document. It stays at 2^32-1 when it gets there.
//
// Beyond DFTermsMax terms no new one is taken: its df is then 1 in each
// document, and Dropped counts them. With a lower limit of one's own
// (Options.DFTerms) rare terms are forgotten instead (shard). Then, and whatever
// came in which order, a df is never above what it would be without the limit,
// and below by at most what Error says.
//
// All of this is a function of the documents in their order, for each term by
// itself or with those of its shard: neither frames nor partitions show in it.
type DF struct {
	table             // of all terms, without a limit of one's own
	bounded *bounded  // else
	met     Documents // where df decays
	dropped uint64
}

// NewDF makes an empty one. A limit that Options.Check refuses works as the
// nearest that it does not.
func NewDF(o Options) *DF {
	t := &DF{met: NewDocuments(o)}
	if o.DFTerms > 0 {
		t.bounded = newBounded(min(max(o.DFTerms, DFTermsMin), DFTermsMax))
	}
	return t
}

// Fits says whether the counts were made under these options.
func (t *DF) Fits(o Options) bool {
	other := NewDF(o)
	return t.met.clock.halfLife == other.met.clock.halfLife && t.Limit() == other.Limit()
}

// Limit is how many terms there is room for, in all partitions together where
// it is one's own.
func (t *DF) Limit() int {
	if t.bounded != nil {
		return t.bounded.limit
	}
	return t.max()
}

// Tick begins the next document; time is its event time in Unix nanoseconds, or
// NoTime.
func (t *DF) Tick(time int64) {
	if !t.met.clock.runs() {
		return
	}
	ended := t.met.weigh(time)
	switch {
	case ended == 0:
	case t.bounded != nil:
		t.bounded.age(ended)
	default:
		t.table.age(ended)
	}
}

// Documents are those that were ticked. A df that never forgets does not count
// them: then they are as many as the caller says.
func (t *DF) Documents(count uint64) Documents {
	if t.met.clock.runs() {
		count = t.met.clock.documents
	}
	d := t.met
	d.count = count
	return d
}

// Resolve returns the slots of the terms with these hashes, appended to
// slots[:0]. The slots are valid until the next Resolve.
func (t *DF) Resolve(slots []uint32, hashes []uint64) []uint32 {
	slots = slots[:0]
	if t.bounded != nil {
		return t.bounded.resolve(slots, hashes)
	}
	t.reserve(len(hashes))
	for _, hash := range hashes {
		slots = append(slots, t.slot(hash))
	}
	if t.met.clock.runs() {
		for i := range slots {
			slots[i] |= weighed
		}
	}
	return slots
}

// Observe counts one more document that has the term, and returns the term's
// df including this document. Call it once for each document and term.
func (t *DF) Observe(slot uint32) uint32 {
	if slot >= weighed {
		return t.weigh(slot)
	}
	s := &t.slots[slot]
	if s.count == 0 && !t.admit() {
		t.dropped++
		return 1
	}
	s.count++
	return s.count
}

// weigh is Observe where there is more to do than to count.
func (t *DF) weigh(slot uint32) uint32 {
	weight := uint32(1)
	if t.met.clock.runs() {
		weight = t.met.clock.weight()
	}
	s, forgotten := t.at(slot &^ weighed)
	t.dropped += uint64(forgotten)
	if s.count == 0 && t.bounded == nil && !t.admit() {
		t.dropped++
		return t.df(weight)
	}
	s.count = sum(s.count, weight)
	return t.df(s.count)
}

// at is where the term of a slot is counted, and how many terms are forgotten for
// it.
func (t *DF) at(slot uint32) (s *dfSlot, forgotten int) {
	if t.bounded != nil {
		return t.bounded.take(t.bounded.pending[slot])
	}
	return &t.slots[slot], 0
}

// sum adds, up to the highest there is.
func sum(a, b uint32) uint32 {
	if a > ^uint32(0)-b {
		return ^uint32(0)
	}
	return a + b
}

// df is a count as the current document sees it.
func (t *DF) df(count uint32) uint32 {
	if t.met.clock.runs() {
		return uint32(t.met.clock.now(uint64(count)))
	}
	return count
}

// Lookup returns a term's df, 0 when it never occurred. It changes nothing.
func (t *DF) Lookup(hash uint64) uint32 { return t.df(t.sum(hash)) }

func (t *DF) sum(hash uint64) uint32 {
	in := &t.table
	if t.bounded != nil {
		in = &t.bounded.in(hash).table
	}
	if s := in.find(hash); s != nil {
		return s.count
	}
	return 0
}

// Next returns the df that a term would have if the next document had it, which
// has no time. It changes nothing.
func (t *DF) Next(hash uint64) uint32 {
	if !t.met.clock.runs() {
		return sum(t.sum(hash), 1)
	}
	clock := t.met.clock
	ended := clock.tick(NoTime)
	return uint32(clock.now(uint64(sum(halved(t.sum(hash), ended), clock.weight()))))
}

// Peek returns the df that each term of a document would have if the document
// were counted now, appended to dst[:0]: what Observe would say, with nothing
// counted. A vector made from it needs an n with one more, because the document
// is then one of the n. It changes nothing.
func (t *DF) Peek(dst []uint32, dict *Dictionary, terms []TermCount) []uint32 {
	dst = dst[:0]
	for _, term := range terms {
		dst = append(dst, t.Next(dict.Hash(term.Ref)))
	}
	return dst
}

// Len returns the number of terms with a df above 0.
func (t *DF) Len() int {
	if t.bounded != nil {
		return t.bounded.terms()
	}
	return t.count()
}

// Error returns by how much a df may be too low now because terms were forgotten,
// in the unit of df; 0 while no shard was full. It is at most twice the
// observations in a shard, without those that are forgotten by age, through the
// terms that the shard has room for; shards have their share of both, so about
// twice all observations through the limit. For a stream in which few terms have
// most of the observations it is far below that.
func (t *DF) Error() uint32 {
	if t.bounded == nil || t.bounded.floor() == 0 {
		return 0
	}
	if t.met.clock.runs() {
		return t.df(t.bounded.floor()) + 1 // both sides of a difference are rounded
	}
	return t.bounded.floor()
}

// Dropped returns how many observations found no room and were not kept, or,
// with a limit of one's own, how many terms were forgotten to make room.
func (t *DF) Dropped() uint64 { return t.dropped }

// Bytes returns the memory of the tables.
func (t *DF) Bytes() int64 {
	if t.bounded != nil {
		return t.bounded.bytes()
	}
	return t.bytes()
}

// Clone returns a copy that goes its own way, in the time that copying Bytes
// takes: to save it while this one counts on.
func (t *DF) Clone() *DF {
	c := *t
	c.slots = slices.Clone(t.slots)
	c.bounded = t.bounded.clone()
	return &c
}

// Digest returns the sum (modulo 2^64) of a hash of each (term, df),
// mix(xxHash of the term ^ mix(df)). It does not depend on the order of
// anything, and the digests of df partitions add up to the digest of the whole.
//
// Where terms are forgotten, what a df may be short of stands in the upper half
// of it and shards are summed likewise; where df decays, the place between two
// halvings is in each hash.
func (t *DF) Digest() uint64 {
	place := uint64(0)
	if t.met.clock.runs() {
		place = mix(t.met.clock.era*clockSteps + uint64(t.met.clock.step) + 1)
	}
	if t.bounded != nil {
		return t.bounded.digest(place)
	}
	return t.digest(place)
}
