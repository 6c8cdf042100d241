package pipeline

import (
	"slices"

	"tidings"
	"tidings/features"
	"tidings/pipeline/topics"
)

// Where windows tell bursts or stories, topics needs what documents say beside
// what was predicted of them, and where they tell bursts the order of words, too
// (Unit.Words), in a section of its own behind the tokens.

// reads are the stages whose every partition a stage reads, none: the log.
func (p Plan) reads(n Node) []string {
	if !p.Topics.Reads() {
		return n.Reads
	}
	return slices.Concat(n.Reads, n.Asks)
}

// ordered says whether the order of words is needed.
func ordered(o topics.Options) bool { return o.Bursts > 0 }

// words writes the order of each document's words, in the numbers of the tokens
// that were written before; 0 parts words that are no neighbours.
func (c *codec) words(u *Unit, owns func(sequence uint64) bool) {
	var e encoder
	for i := range u.Entries {
		entry := &u.Entries[i]
		if entry.Kind != DocumentEntry || !owns(entry.Position.Sequence) {
			continue
		}
		words := u.WordsOf(entry)
		e.uint(uint64(len(words)))
		for _, ref := range words {
			if ref == features.Gap {
				e.byte(0)
			} else {
				e.uint(uint64(c.renumber[ref]))
			}
		}
	}
	c.enc.uint(uint64(len(e.buf)))
	c.enc.buf = append(c.enc.buf, e.buf...)
}

// decodeWords reads them where they are wanted.
func (c *codec) decodeWords(u *Unit) {
	d := &c.dec
	b := d.bytes()
	if !c.wanted || d.err != nil {
		return
	}
	behind := d.buf
	d.buf = b
	for i := range u.Entries {
		e := &u.Entries[i]
		if e.Kind != DocumentEntry {
			continue
		}
		e.words = uint32(len(u.Words))
		for range d.count(1) {
			n := d.uint()
			switch {
			case n > uint64(len(c.renumber)):
				d.fail()
			case n == 0:
				u.Words = append(u.Words, features.Gap)
			default:
				u.Words = append(u.Words, c.renumber[n-1])
			}
		}
		e.wordsEnd = uint32(len(u.Words))
	}
	if len(d.buf) > 0 {
		d.fail()
	}
	if d.err == nil {
		d.buf = behind
	}
}

// copyWords moves a frame's entry's words to the unit.
func (s *side) copyWords(u *Unit, e *Entry) {
	words := s.frame.WordsOf(e)
	e.words = uint32(len(u.Words))
	for _, ref := range words {
		if ref != features.Gap {
			ref = s.codec.renumber[ref]
		}
		u.Words = append(u.Words, ref)
	}
	e.wordsEnd = uint32(len(u.Words))
}

// say adds to the unit's entry what the document says. One that a stage behind
// lost, or never saw, has nothing to add it to.
func (u *Unit) say(said *Entry) {
	i, found := slices.BinarySearchFunc(u.Entries, said.Position, func(e Entry, p tidings.Position) int { return e.Position.Compare(p) })
	if !found || u.Entries[i].Kind != DocumentEntry {
		return
	}
	e := &u.Entries[i]
	e.terms, e.termsEnd, e.words, e.wordsEnd = said.terms, said.termsEnd, said.words, said.wordsEnd
}
