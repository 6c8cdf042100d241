package sample

// topic is the material of one topic: what its articles are made of and how
// many there are over time.
type topic struct {
	name   string
	course course
	near   []string // topics that its mixed articles and stories touch

	actors     []string // people by role, singular, without article
	things     []string // singular count nouns, without article
	plurals    []string // plural nouns, without article
	adjectives []string // that go with things
	orgs       []string // patterns of organisation names: {coin}, {town}
	deeds      []string // what an actor did: past tense, no place, no full stop
	facts      []string // whole sentences
	quotes     []string // what people say, without closing mark
	headlines  []string
	events     []event
}

// event is a kind of story: the name it goes by and the sentences that tell of
// it.
type event struct {
	name  string // in the middle of a sentence; {place} and {coin} are the story's
	turns []string
}

// course is how a topic's weight moves. Days count from the start.
type course struct {
	weight  uint32 // mean weight among the topics
	swing   uint32 // height of the wave, in thousandths of the weight
	period  uint32 // of the wave, in days; 0 for none
	phase   uint32 // days by which the wave is ahead
	weekend uint32 // factor on Saturday and Sunday, in thousandths; 0 means 1000

	from, full uint32 // no articles before from, all of them after full
	fade, gone uint32 // fewer after fade, none after gone; 0 for never
}

// at returns the topic's weight on a day.
func (c course) at(day uint32) uint32 {
	w := uint64(c.weight) * 100
	if c.period > 0 {
		w = w * wave(day+c.phase, c.period, c.swing) / 1000
	}
	if c.weekend > 0 && day%7 >= 5 { // day 0 is a Monday
		w = w * uint64(c.weekend) / 1000
	}
	switch {
	case day < c.from:
		return 0
	case day < c.full:
		w = w * uint64(day-c.from+1) / uint64(c.full-c.from+1)
	}
	switch {
	case c.gone > 0 && day >= c.gone:
		return 0
	case c.gone > 0 && day > c.fade:
		w = w * uint64(c.gone-day) / uint64(c.gone-c.fade)
	}
	return uint32(w)
}

// wave is a triangle between 1000-swing and 1000+swing.
func wave(day, period, swing uint32) uint64 {
	x := uint64(day%period) * 4000 / uint64(period) // 0..4000, a quarter is 1000
	switch {
	case x < 1000:
		return 1000 + x*uint64(swing)/1000
	case x < 3000:
		return 1000 + uint64(swing) - (x-1000)*uint64(swing)/1000
	default:
		return 1000 - (4000-x)*uint64(swing)/1000
	}
}

// topics returns the material, sorted by name.
func topics() []topic {
	return []topic{
		animals(), crime(), culture(), economy(), health(), politics(),
		science(), space(), sport(), technology(), travel(), weather(),
	}
}
