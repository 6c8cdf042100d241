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
}

func newList(patterns []string, offset int) list {
	l := list{items: make([]template, len(patterns)), pool: newPool(len(patterns), offset), used: make([]uint64, len(patterns))}
	for i, p := range patterns {
		l.items[i] = compile(p)
	}
	return l
}

// take draws an item that has not been used since a tick, and marks it.
func (l *list) take(r *random, since, tick uint64) template {
	i := l.pool.draw(r)
	for range l.items {
		if l.used[i] < since {
			break
		}
		i = (i + 1) % len(l.items)
	}
	l.used[i] = tick
	return l.items[i]
}
