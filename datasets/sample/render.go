package sample

import (
	"bytes"
	"strconv"
)

var (
	fewWords = [...]string{"two", "three", "four", "five", "six", "seven", "eight", "nine"}
	nthWords = [...]string{"second", "third", "fourth", "fifth", "sixth", "seventh"}
)

// write draws a template and adds it to g.out, with a capital at the
// beginning.
func (g *Generator) write(l *list) {
	g.tick++
	g.article.phrase = g.tick
	g.article.plain = l.plain && g.random.permille(g.article.plainPermille)
	start := len(g.out)
	g.render(l.take(&g.random, g.article.since, g.tick))
	if start < len(g.out) && g.out[start] == '"' {
		start++
	}
	if start < len(g.out) && 'a' <= g.out[start] && g.out[start] <= 'z' {
		g.out[start] -= 'a' - 'A'
	}
}

func (g *Generator) render(t template) {
	for i := range t {
		p := &t[i]
		if p.slot == slotText {
			g.out = append(g.out, p.text...)
			continue
		}
		start := len(g.out)
		if p.article {
			g.out = append(g.out, "a "...)
		}
		g.fill(p.slot)
		if p.article && vowel(g.out[start+2:]) {
			g.out = append(g.out, 0)
			copy(g.out[start+2:], g.out[start+1:])
			g.out[start+1] = 'n'
		}
	}
}

// vowel tells whether a word takes "an". It knows the exceptions among the
// words of this package.
func vowel(word []byte) bool {
	if len(word) == 0 {
		return false
	}
	switch word[0] {
	case 'a', 'e', 'i', 'o':
		return true
	case 'u':
		return !bytes.HasPrefix(word, []byte("uni")) && !bytes.HasPrefix(word, []byte("us"))
	}
	return false
}

func (g *Generator) fill(s slot) {
	switch {
	case s <= slotKind:
		g.fillWord(s)
	case s <= slotEvent, s == slotCoin:
		g.fillName(s)
	default:
		g.fillNumber(s)
	}
}

// fillWord draws from the lists of the topic or, in a plain sentence, from
// those that all topics share.
func (g *Generator) fillWord(s slot) {
	a, m, c := &g.article, &g.topics[g.article.topic], &g.shared
	topical, common, since := &c.kinds, &c.kinds, a.phrase
	switch s {
	case slotActor:
		topical, common = &m.actors, &c.actors
	case slotThing:
		topical, common = &m.things, &c.things
	case slotPlural:
		topical, common = &m.plurals, &c.plurals
	case slotAdjective:
		topical, common = &m.adjectives, &c.adjectives
	case slotDeed:
		topical, common, since = &m.deeds, &c.deeds, a.since
	case slotQuote:
		topical, common, since = &m.quotes, &c.quotes, a.since
	}
	if a.plain {
		topical = common
	}
	g.render(topical.take(&g.random, since, g.tick))
}

// fillName writes the people, places and organisations of the article.
func (g *Generator) fillName(s slot) {
	a, n := &g.article, g.names
	switch s {
	case slotPerson, slotSpeaker, slotSpeakerComma:
		g.fillPerson(s, a.person, &a.personKnown)
	case slotWitnessComma:
		g.fillPerson(s, a.witness, &a.witnessKnown)
	case slotSurname:
		g.out = n.surname(g.out, a.owner, a.person)
	case slotPlace:
		g.out = n.place(g.out, a.place)
	case slotOtherPlace:
		g.out = n.place(g.out, a.otherPlace)
	case slotOrg:
		g.fillOrg()
	case slotEvent:
		g.out = append(g.out, a.event...)
	case slotCoin:
		g.out = n.coin(g.out, int(g.random.below(coinsMax)))
	}
}

// fillPerson gives the full name and perhaps a role at the first mention, the
// surname later.
func (g *Generator) fillPerson(s slot, person int, known *bool) {
	a := &g.article
	if *known {
		g.out = g.names.surname(g.out, a.owner, person)
		return
	}
	*known = true
	g.out = append(g.names.given(g.out, a.owner, person), ' ')
	g.out = g.names.surname(g.out, a.owner, person)
	if s == slotWitnessComma {
		g.out = append(g.out, " of "...)
		g.out = append(g.names.place(g.out, a.otherPlace), ',')
		return
	}
	if s == slotPerson {
		return
	}
	g.out = append(g.out, ", "...)
	g.render(g.shared.role)
	if s == slotSpeakerComma {
		g.out = append(g.out, ',')
	}
}

// fillOrg writes the article's organisation. Its number decides the pattern
// and, by its hash, the invented word and the town.
func (g *Generator) fillOrg() {
	a := &g.article
	patterns := g.topics[a.owner].orgs
	h := g.names.hash(kindOrg, a.owner, a.org)
	for _, p := range patterns[a.org%len(patterns)] {
		switch p.slot {
		case slotCoin:
			g.out = g.names.coin(g.out, int(h%coinsMax))
		case slotPlace:
			g.out = g.names.place(g.out, int(h>>32%PlacesMax))
		default:
			g.out = append(g.out, p.text...)
		}
	}
}

func (g *Generator) fillNumber(s slot) {
	r, day := &g.random, g.calendar.weekday()
	switch s {
	case slotToday:
		g.out = append(g.out, weekdayNames[day]...)
	case slotYesterday:
		g.out = append(g.out, weekdayNames[(day+6)%7]...)
	case slotSoon:
		g.out = append(g.out, weekdayNames[(day+r.between(1, 4))%7]...)
	case slotFew:
		g.out = append(g.out, fewWords[r.below(uint32(len(fewWords)))]...)
	case slotNth:
		g.out = append(g.out, nthWords[r.below(uint32(len(nthWords)))]...)
	case slotTens:
		g.number(r.between(11, 98))
	case slotHundreds:
		g.number(r.between(11, 98) * 10)
	case slotThousands:
		g.thousands(r.between(2, 90), r.below(10)*100)
	case slotPercent:
		g.number(r.between(1, 19))
		g.out = append(g.out, '.')
		g.number(r.between(1, 9))
		g.out = append(g.out, " percent"...)
	case slotMoney:
		g.number(r.between(2, 98))
		g.out = append(g.out, " million crowns"...)
	case slotScore:
		lost := r.below(3)
		g.number(lost + r.between(1, 3))
		g.out = append(g.out, '-')
		g.number(lost)
	}
}

func (g *Generator) number(n uint32) { g.out = strconv.AppendUint(g.out, uint64(n), 10) }

// thousands writes a number with a comma, such as 4,300.
func (g *Generator) thousands(n, rest uint32) {
	g.number(n)
	g.out = append(g.out, ',', byte('0'+rest/100), '0', '0')
}
