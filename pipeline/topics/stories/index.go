package stories

import "math/bits"

// none is the number of no story and of no term.
const none = ^uint32(0)

// index has the terms of the open stories, and for each the stories that have it.
// A term whose last story goes leaves its place, and the memory there, to another.
type index struct {
	table []entry // open addressing by the top bits of the hash
	shift uint
	used  int
	terms []term
	texts [][]byte // of the terms
	free  []uint32

	fetched uint32 // so that fetching does something
}

// entry is where a term is.
type entry struct {
	tag uint32 // the lower bits of its hash
	at  uint32 // its place and one more; 0 is free
}

// term is one that a story has.
type term struct {
	hash uint64
	of   []posting
}

// posting says what a term weighs in a story, in the story's unit.
type posting struct {
	story, link uint32 // and which of the story's links leads here
	weight      float64
}

// link is a story's way to one of its postings.
type link struct{ term, posting uint32 }

const (
	tableMin = 1 << 10
	// postingsKept is how much room for postings a term leaves to the next.
	postingsKept = 16
)

// fetch looks at where terms would be, all at once, so that the memory of one is
// not waited for before the next is asked for.
func (x *index) fetch(terms []weighed) {
	if x.used == 0 {
		return
	}
	mask := uint64(len(x.table) - 1)
	var seen uint32
	for i := range terms {
		if at := x.table[terms[i].hash>>x.shift&mask].at; at > 0 {
			seen ^= uint32(x.terms[at-1].hash)
		}
	}
	x.fetched = seen
}

// fetchPostings does so with the postings of terms that were found.
func (x *index) fetchPostings(terms []weighed) {
	var seen uint32
	for i := range terms {
		if at := terms[i].term; at != none {
			seen ^= x.terms[at].of[0].story
		}
	}
	x.fetched = seen
}

// find is the place of a term, or none.
func (x *index) find(hash uint64) uint32 {
	if x.used == 0 {
		return none
	}
	mask := uint64(len(x.table) - 1)
	for i := hash >> x.shift; ; i++ {
		e := x.table[i&mask]
		if e.at == 0 {
			return none
		}
		if e.tag == uint32(hash) && x.terms[e.at-1].hash == hash {
			return e.at - 1
		}
	}
}

// add makes a place for a term that has none.
func (x *index) add(hash uint64, text []byte) uint32 {
	if (x.used+1)*2 > len(x.table) {
		x.grow()
	}
	at := uint32(len(x.terms))
	if n := len(x.free); n > 0 {
		at, x.free = x.free[n-1], x.free[:n-1]
	} else {
		x.terms = append(x.terms, term{})
		x.texts = append(x.texts, nil)
	}
	x.terms[at].hash = hash
	x.texts[at] = append(x.texts[at][:0], text...)
	x.put(hash, at)
	x.used++
	return at
}

func (x *index) put(hash uint64, at uint32) {
	mask := uint64(len(x.table) - 1)
	i := hash >> x.shift
	for x.table[i&mask].at != 0 {
		i++
	}
	x.table[i&mask] = entry{uint32(hash), at + 1}
}

func (x *index) grow() {
	size := max(tableMin, 2*len(x.table))
	x.table = make([]entry, size)
	x.shift = 64 - uint(bits.TrailingZeros(uint(size)))
	for at := range x.terms {
		if len(x.terms[at].of) > 0 {
			x.put(x.terms[at].hash, uint32(at))
		}
	}
}

// append adds a posting to a term. It is valid until the next call of anything.
func (x *index) append(at uint32, p posting) *posting {
	t := &x.terms[at]
	t.of = append(t.of, p)
	return &t.of[len(t.of)-1]
}

// remove takes the posting away that the link leads to. Another one may move to
// its place: is says so.
func (x *index) remove(l link) (moved posting, is bool) {
	t := &x.terms[l.term]
	last := len(t.of) - 1
	t.of[l.posting] = t.of[last]
	t.of = t.of[:last]
	if last == 0 {
		x.drop(l.term)
		return posting{}, false
	}
	if cap(t.of) > postingsKept && last < cap(t.of)/4 {
		t.of = append(make([]posting, 0, cap(t.of)/2), t.of...)
	}
	if int(l.posting) == last {
		return posting{}, false
	}
	return t.of[l.posting], true
}

// drop gives a term's place away. What stands behind it in the table moves up to
// where it is looked for.
func (x *index) drop(at uint32) {
	t := &x.terms[at]
	mask := uint64(len(x.table) - 1)
	hole := t.hash >> x.shift & mask
	for x.table[hole].at != at+1 {
		hole = (hole + 1) & mask
	}
	for i := (hole + 1) & mask; x.table[i].at != 0; i = (i + 1) & mask {
		home := x.terms[x.table[i].at-1].hash >> x.shift & mask
		if (i-home)&mask >= (i-hole)&mask {
			x.table[hole] = x.table[i]
			hole = i
		}
	}
	x.table[hole] = entry{}
	x.used--
	x.free = append(x.free, at)
	if cap(t.of) > postingsKept {
		t.of = nil
	}
}
