package pipeline

import (
	"encoding/json"
	"slices"
	"strings"

	"tidings/guarantees"
	"tidings/pipeline/topics"
)

// outcome is what readers see of a pipeline.
type outcome struct {
	entries []Entry
	windows []string // lines
	late    []string
	tally   *Tally
	teller  *WindowTeller
}

func newOutcome(p Plan) *outcome {
	return &outcome{tally: NewTally(), teller: newWindowTeller(p, nil)}
}

func (o *outcome) add(u *Unit) {
	for _, e := range u.Entries {
		e.terms, e.termsEnd, e.words, e.wordsEnd, e.Committed = 0, 0, 0, 0, 0
		e.Scores = slices.Clone(e.Scores)
		if e.Promotion != nil {
			e.Detail, e.Promotion = line(e.Promotion), nil
		}
		o.entries = append(o.entries, e)
	}
	for _, w := range o.teller.Unit(u) {
		o.windows = append(o.windows, line(w))
	}
	for _, l := range u.AllLate() {
		o.late = append(o.late, line(l))
	}
	o.tally.Add(u)
}

func line(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// sums are what is added up to the end.
func (o *outcome) sums() string {
	t := o.tally
	s := t.Summary(Plan{})
	s.Latency = LatencyMS{}
	return line(s) + line(t.Last) + Digest(t.WindowsDigest) + Digest(t.Alarms.DriftDigest) + Digest(t.Chain)
}

// results reads what is stored, as outside readers do, from the places where it is
// to be read behind a log sequence.
func (c *recut) results(after uint64, from places) (o *outcome, resume func() (uint64, places)) {
	stages := []string{ClassifyStage, TopicsStage}
	if c.plan.Partitions.Chained() {
		stages = stages[:1]
	}
	in := c.zip(reading{promise: guarantees.Promise{Guarantee: guarantees.AtLeastOnce, Recovery: guarantees.Kept}, after: after, places: from}, stages)
	o = newOutcome(c.plan)
	ends := []uint64{}
	for at := after; at < uint64(len(c.log)); {
		u := &Unit{}
		if err := in.next(c.ctx, u); err != nil {
			c.t.Fatalf("results behind %d: %v", at, err)
		}
		at = u.To
		ends = append(ends, at)
		o.add(u)
	}
	return o, func() (uint64, places) {
		at := ends[c.random.IntN(len(ends))]
		if c.random.IntN(2) == 0 {
			at = c.random.Uint64N(uint64(len(c.log)))
		}
		return at, in.resume(at)
	}
}

// oracle is what one goroutine makes of the log, message by message.
func (c *recut) oracle() *outcome {
	plan := c.plan
	plan.Partitions = Partitions{1, 1, 1, 1}
	w := &worker{plan: plan, partitions: []int{0}}
	a, err := w.assemble()
	if err != nil {
		c.t.Fatal(err)
	}
	o := newOutcome(plan)
	for _, r := range c.log {
		u := &Unit{}
		u.AddLog(r)
		c.through(a, u)
		o.add(u)
	}
	return o
}

// behind is what there is of the outcome behind a log sequence.
func (o *outcome) behind(after uint64) *outcome {
	b := &outcome{}
	for _, e := range o.entries {
		if e.Position.Sequence > after {
			b.entries = append(b.entries, e)
		}
	}
	for _, w := range o.windows {
		var l WindowLine
		if json.Unmarshal([]byte(w), &l) == nil && l.At.Sequence > after {
			b.windows = append(b.windows, w)
		}
	}
	for _, s := range o.late {
		var l topics.Late
		if json.Unmarshal([]byte(s), &l) == nil && l.Position.Sequence > after {
			b.late = append(b.late, s)
		}
	}
	return b
}

// alone takes out of lines of windows what is said of those before.
func alone(lines []string) (all []string) {
	for _, s := range lines {
		var l WindowLine
		_ = json.Unmarshal([]byte(s), &l)
		l.Previous = nil
		for i := range l.Shares {
			l.Shares[i].Before = 0
		}
		all = append(all, line(l))
	}
	return all
}

func (c *recut) compare(what string, got, want *outcome) {
	c.t.Helper()
	if d := difference(seen{Entries: got.entries}, seen{Entries: want.entries}); d != "" {
		c.t.Fatalf("%s, plan %s: entries, - got + want:\n%s", what, line(c.plan), d)
	}
	windows, wanted := got.windows, want.windows
	if what != "all" {
		windows, wanted = alone(windows), alone(wanted)
	}
	for name, of := range map[string][2][]string{"windows": {windows, wanted}, "late": {got.late, want.late}} {
		for i := range max(len(of[0]), len(of[1])) {
			if i >= len(of[0]) || i >= len(of[1]) || of[0][i] != of[1][i] {
				c.t.Fatalf("%s, plan %s: of %d and %d %s number %d differs:\n%s\nwant\n%s", what, line(c.plan), len(of[0]), len(of[1]), name, i, strings.Join(of[0][min(i, len(of[0])):min(i+1, len(of[0]))], ""), strings.Join(of[1][min(i, len(of[1])):min(i+1, len(of[1]))], ""))
			}
		}
	}
}
