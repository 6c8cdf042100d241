package sample

import "time"

// The stream starts on a Monday at midnight.
const startUnix = 1_704_067_200 // 2024-01-01T00:00:00Z

const (
	hourMS = int64(time.Hour / time.Millisecond)

	// ordinaryPerHour is the mean rate of ordinary articles, those of no
	// story, in thousandths of an article per hour.
	ordinaryPerHour = 28_000
)

// rhythm is the share of the mean rate that an hour of the day has, in
// thousandths.
var rhythm = [24]uint32{
	400, 320, 280, 280, 340, 520, 840, 1180, 1430, 1560, 1620, 1560,
	1440, 1480, 1520, 1500, 1430, 1340, 1220, 1060, 900, 740, 590, 450,
}

// weekday is the share of the mean rate that a day of the week has, in
// thousandths, from Monday.
var weekday = [7]uint32{1060, 1110, 1110, 1100, 1070, 800, 750}

var weekdayNames = [7]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// calendar is where the stream is in time and how fast articles come.
type calendar struct {
	ms       int64    // since the start
	hour     int64    // since the start: ms falls into it
	weights  []uint32 // of the topics today
	weight   uint32   // sum of weights
	ordinary uint32   // rate of ordinary articles this hour, in thousandths
	rate     uint32   // rate of all articles this hour, stories included
}

func (c *calendar) day() uint32     { return uint32(c.hour / 24) }
func (c *calendar) weekday() uint32 { return c.day() % 7 }

func (c *calendar) time() time.Time {
	return time.Unix(startUnix+c.ms/1000, 0).UTC()
}

// advance moves to the arrival of the next article. In a Poisson process whose
// rate changes with the hour, the rate summed up between two arrivals is
// exponential with mean 1.
func (g *Generator) advance() {
	c := &g.calendar
	need := int64(g.random.exponential()) * hourMS * 1000 >> 16
	for {
		left := (c.hour+1)*hourMS - c.ms
		if area := left * int64(c.rate); need >= area {
			need -= area
			c.ms += left
			c.hour++
			g.enterHour()
			continue
		}
		c.ms += need / int64(c.rate)
		return
	}
}

func (g *Generator) enterHour() {
	c := &g.calendar
	if c.hour%24 == 0 {
		g.enterDay()
	}
	now := rhythm[c.hour%24]
	c.ordinary = ordinaryPerHour / 1000 * now * weekday[c.weekday()] / 1000
	c.rate = c.ordinary
	g.ageStories(now)
	g.startStory()
	for i := range g.stories {
		c.rate += g.stories[i].rate
	}
}

func (g *Generator) enterDay() {
	c := &g.calendar
	c.weight = 0
	for i := range g.topics {
		c.weights[i] = g.topics[i].course.at(c.day())
		c.weight += c.weights[i]
	}
	if c.hour == 0 {
		return
	}
	g.shared.places.drift(&g.random)
	for i := range g.topics {
		g.topics[i].drift(&g.random)
	}
}

// drawTopic draws a topic by its weight today.
func (g *Generator) drawTopic() int {
	x := g.random.below(g.calendar.weight)
	for i, w := range g.calendar.weights {
		if x < w {
			return i
		}
		x -= w
	}
	return 0
}

// drawNear draws a topic that is related to another one and alive today; the
// topic itself when there is none.
func (g *Generator) drawNear(topic int) int {
	near := g.topics[topic].near
	first := g.random.below(uint32(len(near)))
	for i := range near {
		if t := near[(int(first)+i)%len(near)]; g.calendar.weights[t] > 0 {
			return t
		}
	}
	return topic
}

// drawOther draws another topic that is alive today, each with the same
// chance.
func (g *Generator) drawOther(topic int) int {
	alive := uint32(0)
	for i, w := range g.calendar.weights {
		if w > 0 && i != topic {
			alive++
		}
	}
	x := g.random.below(alive)
	for i, w := range g.calendar.weights {
		if w == 0 || i == topic {
			continue
		}
		if x == 0 {
			return i
		}
		x--
	}
	return topic
}
