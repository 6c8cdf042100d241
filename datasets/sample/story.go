package sample

// Limits and rates of stories.
const (
	StoriesMax = 8 // alive at the same time

	storiesPerWeek = 6 // fewer when StoriesMax are alive
	storyHoursMax  = 72
	storyBytesMax  = 64 // of its name, for the buffer
)

// pace is how fast a story grows and fades.
type pace struct {
	ramp      uint32 // hours until it is at its height
	decay     uint32 // what is left after each hour from then on, in thousandths
	low, high uint32 // articles an hour at its height
}

var paces = [...]pace{
	{ramp: 1, decay: 780, low: 16, high: 36},
	{ramp: 2, decay: 900, low: 8, high: 22},
	{ramp: 5, decay: 945, low: 5, high: 13},
}

// story is an invented event that many articles tell of.
type story struct {
	topic, kind int
	name        []byte
	place, org  int
	person      int

	pace   pace
	age    uint32 // hours
	height uint32 // in thousandths of an article per hour; fades
	rate   uint32 // this hour, likewise
}

// ageStories lets an hour pass and forgets the stories that are over.
func (g *Generator) ageStories(now uint32) {
	kept := 0
	for i := range g.stories {
		s := &g.stories[i]
		s.age++
		if s.age > s.pace.ramp {
			s.height = s.height * s.pace.decay / 1000
		}
		if s.age >= storyHoursMax || s.height < 300 {
			continue
		}
		s.setRate(now)
		if kept != i {
			g.stories[kept], g.stories[i] = g.stories[i], g.stories[kept]
		}
		kept++
	}
	g.stories = g.stories[:kept]
}

func (s *story) setRate(now uint32) {
	s.rate = s.height * min(s.age+1, s.pace.ramp+1) / (s.pace.ramp + 1) * now / 1000
}

// startStory begins a story in some hours, on average storiesPerWeek times a
// week.
func (g *Generator) startStory() {
	if g.random.below(7*24) >= storiesPerWeek || len(g.stories) >= StoriesMax {
		return
	}
	g.stories = g.stories[:len(g.stories)+1]
	s := &g.stories[len(g.stories)-1]
	topic := g.drawTopic()
	m := &g.topics[topic]
	name := s.name[:0]
	*s = story{
		topic: topic, kind: int(g.random.below(uint32(len(m.events)))),
		place: g.shared.places.draw(&g.random), org: m.orgRanks.draw(&g.random), person: m.people.draw(&g.random),
		pace: paces[g.random.below(uint32(len(paces)))],
	}
	s.height = 1000 * g.random.between(s.pace.low, s.pace.high)
	s.setRate(rhythm[g.calendar.hour%24])

	for _, p := range m.events[s.kind].name {
		switch p.slot {
		case slotPlace:
			name = g.names.place(name, s.place)
		case slotCoin:
			name = g.names.coin(name, int(g.random.below(coinsMax)))
		default:
			name = append(name, p.text...)
		}
	}
	s.name = name
}

// drawStory returns the story that the next article tells of, nil for an
// ordinary article.
func (g *Generator) drawStory() *story {
	x := g.random.below(g.calendar.rate)
	for i := range g.stories {
		if x < g.stories[i].rate {
			return &g.stories[i]
		}
		x -= g.stories[i].rate
	}
	return nil
}
