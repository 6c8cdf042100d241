package bursts

import (
	"math/bits"
	"unicode"
	"unicode/utf8"

	"tidings/features"
)

// unit is a document in a background that forgets, which counts in 256ths.
const unit = 256

// Background counts in how many of the documents so far each term was.
type Background struct {
	sets    []set
	met     uint64 // documents
	all     uint32 // documents, as counts are
	evicted uint64 // terms that made room for others
	left    uint64 // terms of documents that have more than ItemsMax

	stamp uint32   // of the document, even
	words []uint32 // by reference: the stamp of the document in which it was looked at, and 1 more if it says something
	pairs []pairOf // of the document

	fetched uint64 // so that fetch does something
}

// set is a line of the processor's memory. Counts of 0 are free, and behind all
// others. marks has a byte of each tag, so that seven are looked at at once, and a
// bit of each that is common.
type set struct {
	marks        uint64
	tags, counts [setTerms]uint32
}

const (
	setTerms = 7
	countMax = 1 << 30
)

const (
	everyByte = 0x0101010101010101
	highBits  = 0x8080808080808080
)

// pairOf is a place in the table of a document's pairs.
type pairOf struct {
	hash  uint64
	stamp uint32
}

// setShift leaves of a hash the number of a set.
const setShift = 64 - 15

// NewBackground is empty.
func NewBackground() *Background { return &Background{sets: make([]set, SetsMax)} }

// Documents are those that were read.
func (b *Background) Documents() uint64 { return b.met }

// Dropped is how many times a term made room for another, or was one too many of
// its document.
func (b *Background) Dropped() uint64 { return b.evicted + b.left }

// Terms are those of one document that can burst. The zero value has none.
type Terms struct {
	dict  *features.Dictionary
	items []item
	of    uint32 // documents of the background
}

// item is a word or a pair.
type item struct {
	hash   uint64
	before uint32 // documents of the background that have it
	word   uint32 // references; a pair has a second one
	second uint32
}

// none is the second word of what is no pair.
const none = ^uint32(0)

// Read takes the next document, the order of its words as a features.Tokenizer
// gave it, and fills t, which is valid as long as the dictionary is.
func (b *Background) Read(t *Terms, dict *features.Dictionary, order []uint32) {
	b.met++
	if b.met%HalfLife == 0 {
		b.halve()
	}
	if b.met%HalfLife == 0 || b.met >= commonFrom && b.met < HalfLife && b.met&(b.met-1) == 0 {
		b.survey()
	}
	t.dict, t.items, t.of = dict, t.items[:0], b.all
	mask := b.begin(dict, order)
	b.fetch(dict, order)
	last := none
	for _, ref := range order {
		if ref == features.Gap || !b.word(t, ref) {
			last = none
			continue
		}
		if last != none {
			b.pair(t, last, ref, mask)
		}
		last = ref
	}
	b.all += unit
}

// fetch looks at the sets of all words and pairs at once, so that the memory of one
// is not waited for before the next is asked for.
func (b *Background) fetch(dict *features.Dictionary, order []uint32) {
	hashes, last := dict.Hashes(), uint64(0)
	var seen uint64
	for _, ref := range order {
		if ref == features.Gap {
			last = 0
			continue
		}
		hash := hashes[ref]
		seen ^= b.sets[hash>>setShift].marks
		if last != 0 {
			seen ^= b.sets[pairHash(last, hash)>>setShift].marks
		}
		last = hash
	}
	b.fetched = seen
}

// begin makes ready for a document. It returns how many places the table of its
// pairs has, less one.
func (b *Background) begin(dict *features.Dictionary, order []uint32) (mask uint64) {
	if b.stamp += 2; b.stamp == 0 { // old stamps would come alive again
		clear(b.words)
		clear(b.pairs)
		b.stamp = 2
	}
	if n := dict.Len(); n > len(b.words) {
		b.words = append(b.words, make([]uint32, n-len(b.words))...)
	}
	size := 1 << bits.Len(uint(2*len(order)))
	if size > len(b.pairs) {
		b.pairs = make([]pairOf, size)
	}
	return uint64(size - 1)
}

// word tells whether a word of the document says something, and takes it where it
// comes first.
func (b *Background) word(t *Terms, ref uint32) bool {
	if known := b.words[ref]; known&^1 == b.stamp {
		return known != b.stamp
	}
	b.words[ref] = b.stamp
	if !isWord(t.dict.Text(ref)) {
		return false
	}
	hash := t.dict.Hash(ref)
	before, common := b.meet(hash)
	if common {
		return false
	}
	before = min(before, t.of) // a count that was taken over can be more
	b.words[ref]++
	t.add(b, item{hash, before, ref, none})
	return true
}

// pair takes two neighbours, where they are so first.
func (b *Background) pair(t *Terms, first, second uint32, mask uint64) {
	hash := pairHash(t.dict.Hash(first), t.dict.Hash(second))
	if !b.seen(hash, mask) {
		before, _ := b.meet(hash)
		t.add(b, item{hash, min(before, t.of), first, second})
	}
}

func (t *Terms) add(b *Background, it item) {
	if len(t.items) == ItemsMax {
		b.left++
		return
	}
	t.items = append(t.items, it)
}

// seen notes a pair of the document, and tells whether it had been.
func (b *Background) seen(hash, mask uint64) bool {
	for i := hash & mask; ; i = (i + 1) & mask {
		switch p := &b.pairs[i]; {
		case p.stamp != b.stamp:
			*p = pairOf{hash, b.stamp}
			return false
		case p.hash == hash:
			return true
		}
	}
}

// pairHash is the identity of a pair: that of its words in their order, mixed by
// the finalizer of SplitMix64 (Steele, Lea and Flood 2014).
func pairHash(first, second uint64) uint64 {
	z := bits.RotateLeft64(first, 23) ^ second + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// meet counts a term and returns what it counted before, and whether it was found
// to be common.
func (b *Background) meet(hash uint64) (before uint32, common bool) {
	s, tag := &b.sets[hash>>setShift], uint32(hash)
	// The bytes of marks that are equal, and seldom another one.
	x := s.marks ^ uint64(tag&0xff)*everyByte
	for equal := (x - everyByte) &^ x & highBits; equal != 0; equal &= equal - 1 {
		i := bits.TrailingZeros64(equal) / 8
		if i < setTerms && s.tags[i] == tag && s.counts[i] > 0 {
			before = s.counts[i]
			s.counts[i] = min(before, countMax) + unit
			return before, s.common(i)
		}
	}
	least := setTerms - 1
	if s.counts[least] > 0 {
		b.evicted++
		for i := least; i >= 0; i-- {
			if s.counts[i] < s.counts[least] {
				least = i
			}
		}
	} else {
		for least > 0 && s.counts[least-1] == 0 {
			least--
		}
	}
	before = s.counts[least]
	s.put(least, tag, min(before, countMax)+unit, false)
	return before, false
}

func (s *set) put(i int, tag, count uint32, common bool) {
	s.tags[i], s.counts[i] = tag, count
	s.marks = s.marks&^(0xff<<(8*i)|1<<(commonShift+i)) | uint64(tag&0xff)<<(8*i)
	if common {
		s.marks |= 1 << (commonShift + i)
	}
}

// commonShift is where marks say which of the terms are common.
const commonShift = 8 * setTerms

func (s *set) common(i int) bool { return s.marks>>(commonShift+i)&1 != 0 }

// survey finds which words are common now. It is done seldom, so that the words
// of something that goes on become common only when it is no news any more.
func (b *Background) survey() {
	for i := range b.sets {
		s := &b.sets[i]
		for j := range s.terms() {
			s.put(j, s.tags[j], s.counts[j], float64(s.counts[j]) > CommonShare*float64(b.all))
		}
	}
}

// halve makes all documents so far count half.
func (b *Background) halve() {
	b.all /= 2
	for i := range b.sets {
		s, kept := &b.sets[i], 0
		for j, n := range s.counts {
			if n /= 2; n > 0 {
				s.put(kept, s.tags[j], n, s.common(j))
				kept++
			}
		}
		for ; kept < setTerms; kept++ {
			s.put(kept, 0, 0, false)
		}
	}
}

// isWord tells whether a word can say something: it is no number and no single
// character.
func isWord(text []byte) bool {
	if len(text) < 2 {
		return false
	}
	if c := text[0] | 0x20; 'a' <= c && c <= 'z' {
		return text[1] < utf8.RuneSelf || len(text) > 3 || utf8.RuneCount(text) > 1
	}
	runes, letters := 0, false
	for len(text) > 0 && (runes < 2 || !letters) {
		r, size := utf8.DecodeRune(text)
		letters = letters || unicode.IsLetter(r)
		text = text[size:]
		runes++
	}
	return letters && runes > 1
}
