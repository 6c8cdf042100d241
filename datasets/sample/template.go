package sample

import "strings"

// slot is what a marker in braces stands for.
type slot uint8

const (
	slotText slot = iota // no marker: the words themselves
	slotActor
	slotThing
	slotPlural
	slotAdjective
	slotDeed
	slotQuote
	slotKind
	slotPerson  // full name when first mentioned, then the surname
	slotSurname // always the surname
	slotSpeaker // as slotPerson, with a role when first mentioned
	slotSpeakerComma
	slotWitnessComma
	slotPlace
	slotOtherPlace
	slotOrg
	slotEvent
	slotToday
	slotYesterday
	slotSoon
	slotFew
	slotNth
	slotTens
	slotHundreds
	slotThousands
	slotPercent
	slotMoney
	slotScore
	slotCoin
)

var slotNames = [...]struct {
	name string
	slot slot
}{
	{"actor", slotActor}, {"thing", slotThing}, {"plural", slotPlural}, {"adj", slotAdjective},
	{"deed", slotDeed}, {"quote", slotQuote}, {"kind", slotKind},
	{"person", slotPerson}, {"surname", slotSurname},
	{"speaker", slotSpeaker}, {"speaker,", slotSpeakerComma}, {"witness,", slotWitnessComma},
	{"place", slotPlace}, {"town", slotPlace}, {"place2", slotOtherPlace}, {"org", slotOrg}, {"event", slotEvent},
	{"today", slotToday}, {"yesterday", slotYesterday}, {"soon", slotSoon},
	{"few", slotFew}, {"nth", slotNth}, {"tens", slotTens}, {"hundreds", slotHundreds},
	{"thousands", slotThousands}, {"percent", slotPercent}, {"money", slotMoney}, {"score", slotScore},
	{"coin", slotCoin},
}

// piece is a run of plain text or a marker.
type piece struct {
	slot    slot
	article bool // "a" or "an" comes before it
	text    string
}

// template is a compiled sentence, name or word.
type template []piece

// compile splits a pattern at its markers: {thing}, {a thing}. An unknown
// marker stays in the text, where a test looks for braces.
func compile(pattern string) template {
	var t template
	for pattern != "" {
		open := strings.IndexByte(pattern, '{')
		end := strings.IndexByte(pattern, '}')
		if open < 0 || end < open {
			return append(t, piece{text: pattern})
		}
		name, article := strings.CutPrefix(pattern[open+1:end], "a ")
		s := slotOf(name)
		if s == slotText {
			t = append(t, piece{text: pattern[:end+1]})
			pattern = pattern[end+1:]
			continue
		}
		if open > 0 {
			t = append(t, piece{text: pattern[:open]})
		}
		t = append(t, piece{slot: s, article: article})
		pattern = pattern[end+1:]
	}
	return t
}

func slotOf(name string) slot {
	for _, s := range slotNames {
		if s.name == name {
			return s.slot
		}
	}
	return slotText
}

// list is a set of templates with Zipf ranks that remembers what was used
// last, so that an article does not say a thing twice.
type list struct {
	items []template
	pool  pool
	used  []uint64 // tick of the last use; 0 = never
	plain bool     // its sentences may do without the topic's words
}

// newList makes a list all of which is in use.
func newList(patterns []string, offset int) list {
	return newListInUse(patterns, len(patterns), offset)
}

// newTopicalList makes a list of which inUsePermille are in use.
func newTopicalList(patterns []string, offset int) list {
	return newListInUse(patterns, (len(patterns)*inUsePermille+999)/1000, offset)
}

// newSharedList makes a list of sentences that fit any topic and none.
func newSharedList(patterns []string) list {
	l := newList(patterns, flat)
	l.plain = true
	return l
}

func newListInUse(patterns []string, inUse, offset int) list {
	l := list{items: make([]template, len(patterns)), pool: newPool(len(patterns), inUse, offset), used: make([]uint64, len(patterns))}
	for i, p := range patterns {
		l.items[i] = compile(p)
	}
	return l
}

// take draws an item that has not been used since a tick, and marks it. When
// all have been, one comes again.
func (l *list) take(r *random, since, tick uint64) template {
	p := &l.pool
	rank := p.rank(r)
	for range p.sum {
		if l.used[p.order[rank]] < since {
			break
		}
		rank = (rank + 1) % len(p.sum)
	}
	item := p.order[rank]
	l.used[item] = tick
	return l.items[item]
}
