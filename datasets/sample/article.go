package sample

// article is what the sentences of one article have in common, so that they
// tell of the same people and places.
type article struct {
	label int  // the topic it is filed under, before noise
	topic int  // whose words the current sentence takes
	owner int  // whose people and organisations it tells of
	mixed bool // tells of a second topic too
	vague bool // takes only sentences that all topics share
	plain bool // the current sentence does without the topic's words

	plainPermille uint32 // of its sentences that could be plain
	event         []byte // name of the story, nil outside one
	title         int    // length of the title, which comes first in g.out
	since         uint64 // tick of its start
	phrase        uint64 // tick of the current sentence's start

	place, otherPlace, org, person, witness int
	personKnown, witnessKnown               bool
}

// Shares of the later sentences, in thousandths; the rest are fillers, which
// have nothing of the topic.
const (
	factPermille   = 380
	followPermille = 350
)

// compose writes title and text of the next article to g.out.
func (g *Generator) compose() {
	g.out = g.out[:0]
	s := g.drawStory()
	if s == nil {
		g.begin(g.drawTopic())
		g.ordinary()
		return
	}
	g.begin(s.topic)
	g.article.event, g.article.place, g.article.org = s.name, s.place, s.org
	if g.random.permille(600) {
		g.article.person = s.person
	}
	g.report(s)
}

// begin draws whom and what an article is about.
func (g *Generator) begin(topic int) {
	r, m := &g.random, &g.topics[topic]
	g.tick++
	a := article{label: topic, topic: topic, owner: topic, since: g.tick, plainPermille: PlainPermille}
	a.place, a.otherPlace = g.shared.places.draw(r), g.shared.places.draw(r)
	if a.otherPlace == a.place {
		a.otherPlace = (a.place + 1) % PlacesMax
	}
	a.org = m.orgRanks.draw(r)
	a.person, a.witness = m.people.draw(r), m.people.draw(r)
	if a.witness == a.person {
		a.witness = (a.person + 1) % PeoplePerTopicMax
	}
	g.article = a
}

// ordinary writes an article that belongs to no story.
func (g *Generator) ordinary() {
	a := &g.article
	first, second := a.topic, a.topic
	if g.random.permille(MixedPermille) {
		second = g.drawNear(first)
	}
	if g.random.permille(VaguePermille) {
		a.vague, a.plainPermille = true, VaguePlainPermille
	}
	g.headline()
	g.sentence(&g.shared.leads)
	more := g.length()
	if second != first {
		a.topic = second
		g.sentence(&g.shared.bridges)
		g.fileUnder(first, second)
	}
	for range more {
		if second != first && g.random.permille(500) {
			a.topic = first + second - a.topic
		}
		g.later()
	}
}

// report writes an article that belongs to a story.
func (g *Generator) report(s *story) {
	a := &g.article
	turns := &g.topics[s.topic].events[s.kind].turns
	second := a.topic
	if g.random.permille(AnglePermille) {
		second = g.drawNear(a.topic)
	}
	if g.random.permille(750) {
		g.title(&g.shared.stories)
	} else {
		g.headline()
	}
	g.sentence(turns)
	more := g.length()
	if second != a.topic {
		g.fileUnder(a.topic, second)
		a.topic = second
		g.sentence(&g.shared.bridges)
	} else if g.random.permille(400) {
		g.sentence(turns)
	} else if g.random.permille(500) {
		g.sentence(&g.shared.updates)
	}
	for range more {
		g.later()
	}
}

// fileUnder decides the label of an article about two topics.
func (g *Generator) fileUnder(first, second int) {
	g.article.label, g.article.mixed = second, true
	if g.random.permille(MixedFirstPermille) {
		g.article.label = first
	}
}

// length draws how many sentences follow the first.
func (g *Generator) length() int {
	switch x := g.random.below(100); {
	case x < 15:
		return 1
	case x < 50:
		return 2
	case x < 82:
		return 3
	default:
		return 4
	}
}

func (g *Generator) headline() {
	if g.article.vague || g.random.permille(300) {
		g.title(&g.shared.headlines)
		return
	}
	g.title(&g.topics[g.article.topic].headlines)
}

func (g *Generator) title(l *list) {
	g.write(l)
	g.article.title = len(g.out)
}

// later writes one of the sentences after the first.
func (g *Generator) later() {
	switch x := g.random.below(1000); {
	case x < factPermille && !g.article.vague:
		g.sentence(&g.topics[g.article.topic].facts)
	case x >= factPermille && x < factPermille+followPermille:
		g.sentence(&g.shared.follows)
	default:
		g.sentence(&g.shared.fillers)
	}
}

// sentence adds a sentence to the text.
func (g *Generator) sentence(l *list) {
	if len(g.out) > g.article.title {
		g.out = append(g.out, ' ')
	}
	g.write(l)
}
