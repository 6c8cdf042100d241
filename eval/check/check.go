package check

import (
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"

	"tidings/guarantees"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// Check walks a history once. The error is that of reading it; what is wrong
// with the run is in the report.
func Check(h History) (Report, error) {
	c := &checker{
		history: &h, findings: &findings{claim: h.Claim, all: map[string]*Finding{}},
		run: xxhash.New(), oracle: xxhash.New(),
	}
	c.report.Claim = h.Claim.OrDefault().String()
	for i := range h.Streams {
		l := newLane(&h, &h.Streams[i], c.findings)
		defer l.stop()
		c.lanes = append(c.lanes, l)
	}
	for m, err := range h.Log {
		if err == nil {
			err = c.message(&m)
		}
		if err != nil {
			return c.report, err
		}
	}
	if err := c.finish(); err != nil {
		return c.report, err
	}
	return c.report, nil
}

// checker is a check under way.
type checker struct {
	history  *History
	findings *findings
	lanes    []*lane
	report   Report
	last     uint64 // log message

	classified  uint64 // documents with a prediction that all partitions of topics have met
	partial     bool   // or some have not
	run, oracle *xxhash.Digest
	windows     uint64          // sum of the oracle's digests
	counts      []topics.Counts // the oracle's
	df, model   Pair
}

// message takes the next message of the log through all lanes.
func (c *checker) message(m *Message) error {
	c.report.Messages++
	c.last = m.Sequence
	through := true
	for _, l := range c.lanes {
		if err := l.reach(m.Sequence); err != nil {
			return err
		}
		through = through && l.state(m.Sequence) != pending
	}
	documents := uint64(0)
	for i := range m.Entries {
		if e := &m.Entries[i]; e.Kind == pipeline.DocumentEntry {
			documents++
			write(c.oracle, e)
		}
	}
	c.report.Documents += documents
	if !through {
		c.report.Unfinished += documents
	}
	given := uint64(0)
	for _, l := range c.lanes {
		switch {
		case l.hasEntries():
			n := c.entries(l, m)
			if l.stream.Stage == pipeline.ClassifyStage {
				given += n
			}
		case rank(l.stream.Stage) == 1:
			c.terms(l, m)
		}
	}
	for _, w := range m.Windows {
		c.windows += w.Digest()
	}
	c.topics(m, given)
	return nil
}

// partitions is how many partitions the lane's stage has.
func (c *checker) partitions(l *lane) int { return max(c.history.Partitions.Of(l.stream.Stage), 1) }

// entries compares a lane's entries of a message with the log's, and returns how
// many documents are there.
func (c *checker) entries(l *lane, m *Message) (documents uint64) {
	var want []pipeline.Entry
	if pipeline.Owner(m.Sequence, c.partitions(l)) == l.stream.Partition {
		want = m.Entries
	}
	l.account.In += uint64(len(want))
	switch s := l.state(m.Sequence); {
	case s == purged:
		l.account.Purged += uint64(len(want))
		return 0
	case s == pending && !c.overdue(l, m.Sequence):
		l.account.InFlight += uint64(len(want))
		return 0
	case s != covered:
		for i := range want {
			c.gone(l, &want[i], s == holed)
		}
		return 0
	}
	got := l.got(m.Sequence)
	for len(want) > 0 || len(got) > 0 {
		switch order := next(want, got); {
		case order > 0:
			l.unexpected(&got[0])
			got = got[1:]
		case order < 0:
			c.gone(l, &want[0], c.explained(l, m.Sequence))
			want = want[1:]
		default:
			if c.same(l, &want[0], &got[0]) {
				documents++
			}
			want, got = want[1:], got[1:]
			for len(got) > 0 && next(want, got) > 0 && got[0].Position == l.entries[l.at-len(got)-1].Position {
				l.account.Repeated++
				c.findings.add(Repeated, l.where, 1, m.Sequence, m.Sequence, got[0].ID)
				got = got[1:]
			}
		}
	}
	return documents
}

// next says which of two lists goes on first.
func next(want, got []pipeline.Entry) int {
	switch {
	case len(want) == 0:
		return 1
	case len(got) == 0:
		return -1
	}
	return want[0].Position.Compare(got[0].Position)
}

// overdue says whether a lane that ends before a log message should have it:
// somebody who reads it has gone on without.
func (c *checker) overdue(l *lane, sequence uint64) bool {
	return c.history.Finished || slices.ContainsFunc(c.lanes, func(o *lane) bool {
		return rank(o.stream.Stage) > rank(l.stream.Stage) && o.cursor >= sequence
	})
}

// explained says whether a record tells why a message's entries are missing: a
// stage before it lost them, or nothing came.
func (c *checker) explained(l *lane, sequence uint64) bool {
	return l.missing(sequence) || slices.ContainsFunc(c.lanes, func(o *lane) bool {
		return rank(o.stream.Stage) == 0 && o != l && o.state(sequence) == holed && pipeline.Owner(sequence, c.partitions(o)) == o.stream.Partition
	})
}

// gone counts an entry of the log that a lane does not have.
func (c *checker) gone(l *lane, e *pipeline.Entry, accounted bool) {
	if accounted && l.promise.Guarantee == guarantees.AtMostOnce {
		l.account.Holes++
	} else {
		l.account.Lost++
		if c.history.Claim.OrDefault().Guarantee == guarantees.AtMostOnce {
			c.findings.add(Sum, l.where, 1, e.Position.Sequence, e.Position.Sequence, fmt.Sprintf("%s is lost and no hole says so", e.ID))
		}
	}
	l.lose(e)
}

// same compares an entry with the log's, and says whether it is a document's.
func (c *checker) same(l *lane, want, got *pipeline.Entry) bool {
	if got.Kind == pipeline.LostEntry && want.Kind == pipeline.DocumentEntry {
		c.gone(l, want, true)
		return false
	}
	l.present()
	if got.Kind != want.Kind || got.ID != want.ID {
		c.findings.add(Differs, l.where, 1, want.Position.Sequence, want.Position.Sequence, fmt.Sprintf("%q stands where the log has %q", got.ID, want.ID))
	}
	if got.Kind == pipeline.PromoteEntry && got.Kind == want.Kind {
		c.promotion(l, want, got)
	}
	if got.Kind == pipeline.LabelEntry {
		c.label(l, want, got)
		return false
	}
	if got.Kind != pipeline.DocumentEntry {
		l.account.Rejected++
		if got.Kind == pipeline.EndEntry && l.stream.Stage == pipeline.ClassifyStage {
			c.end(l, want, got)
		}
		return false
	}
	l.account.Out++
	if l.stream.Stage != pipeline.ClassifyStage {
		return true
	}
	write(c.run, got)
	if c.history.Raced {
		return true
	}
	if got.Label != want.Label || got.Probability != want.Probability {
		c.findings.add(Differs, l.where, 1, want.Position.Sequence, want.Position.Sequence, fmt.Sprintf("%s: %s %g, the oracle says %s %g", want.ID, got.Label, got.Probability, want.Label, want.Probability))
	}
	if len(got.Alarms) > 0 && !slices.Equal(got.Alarms, want.Alarms) {
		c.findings.add(Differs, l.where, 1, want.Position.Sequence, want.Position.Sequence, fmt.Sprintf("%s: alarms %v, the oracle has %v", want.ID, got.Alarms, want.Alarms))
	}
	return true
}

// promotion compares which version took over.
func (c *checker) promotion(l *lane, want, got *pipeline.Entry) {
	if pipeline.NewPromotionLine(want) != pipeline.NewPromotionLine(got) {
		c.findings.add(Differs, l.where, 1, want.Position.Sequence, want.Position.Sequence, fmt.Sprintf("version %d took over where the log promotes version %d", got.Promotion.Number, want.Promotion.Number))
	}
}

// label compares what became of a late label.
func (c *checker) label(l *lane, want, got *pipeline.Entry) {
	l.account.Out++
	if l.stream.Stage == pipeline.ClassifyStage && (got.Fate != want.Fate || got.Target != want.Target || got.Truth != want.Truth) {
		c.findings.add(Differs, l.where, 1, want.Position.Sequence, want.Position.Sequence, fmt.Sprintf("label %s of %s: %v at %v, the oracle says %s, %v at %v", got.Truth, want.ID, got.Fate, got.Target, want.Truth, want.Fate, want.Target))
	}
}

// end compares the state where a source ends.
func (c *checker) end(l *lane, want, got *pipeline.Entry) {
	if c.history.Raced {
		return // each replica has been through something of its own
	}
	c.df, c.model = pair("df", got.DFDigest, want.DFDigest), pair("model", got.ModelDigest, want.ModelDigest)
	pairs := []Pair{c.df, c.model, pair("ledger", got.Chain, want.Chain)}
	if got.DriftDigest != 0 { // 0: of before there were detectors of change
		pairs = append(pairs, pair("drift", got.DriftDigest, want.DriftDigest))
	}
	for _, p := range pairs {
		if !p.Equal() {
			c.findings.add(Digest, l.where, 1, want.Position.Sequence, want.Position.Sequence, fmt.Sprintf("%s: %s, the oracle's is %s", p.Of, p.Run, p.Oracle))
		}
	}
}

func write(d *xxhash.Digest, e *pipeline.Entry) {
	_, _ = d.WriteString(e.ID)
	_, _ = d.Write([]byte{0})
	_, _ = d.WriteString(e.Label)
	_, _ = d.Write([]byte{'\n'})
}

// terms counts what a df partition has to give values.
func (c *checker) terms(l *lane, m *Message) {
	n := 0
	for i := range m.Entries {
		if m.Entries[i].Kind == pipeline.DocumentEntry && i < len(m.Terms) && l.stream.Partition < len(m.Terms[i]) {
			n += m.Terms[i][l.stream.Partition]
		}
	}
	l.account.In += uint64(n)
	switch s := l.state(m.Sequence); {
	case s == purged:
		l.account.Purged += uint64(n)
	case s == pending && !c.overdue(l, m.Sequence):
		l.account.InFlight += uint64(n)
	case s == holed || s == covered && c.explained(l, m.Sequence):
		l.account.Holes += uint64(n)
	case s == covered:
		l.want += n
	default:
		l.account.Lost += uint64(n)
		for i := range m.Entries {
			l.lose(&m.Entries[i])
		}
	}
	if l.state(m.Sequence) == covered {
		l.present()
	}
}

// topics takes the windows that the oracle closes with a message, and counts
// the documents that windows have met.
func (c *checker) topics(m *Message, documents uint64) {
	all := true
	for _, l := range c.lanes {
		if !c.makesWindows(l) {
			continue
		}
		s := l.state(m.Sequence)
		all = all && s == covered
		if s == skipped && l.stream.Stage == pipeline.TopicsStage {
			l.findings.add(Lost, l.where, uint64(len(m.Entries)), m.Sequence, m.Sequence, "")
		}
		if c.history.Raced {
			continue // they are told of what was predicted, not of what the oracle predicts
		}
		owns := func(w topics.Window) bool {
			return c.history.Topics.Owner(w, c.history.Partitions.Topics) == l.stream.Partition
		}
		for _, w := range m.Windows {
			if owns(w) {
				l.windows.expect(nameOf(w), w.Digest(), m.Sequence)
			}
		}
		for _, late := range m.Late {
			if l.lists() && owns(topics.Window{Definition: late.Definition, Key: late.Key, Number: late.Number}) {
				l.late.expect(nameOfLate(late), late.Digest(), m.Sequence)
			}
		}
	}
	c.classified += documents
	c.counts = append(c.counts[:0], m.Counts...)
	c.partial = c.partial || !all
}

func (c *checker) makesWindows(l *lane) bool {
	return l.stream.Stage == pipeline.TopicsStage || c.history.Partitions.Chained()
}
