package check

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// finish reads the streams to their ends and sums up.
func (c *checker) finish() error {
	repeated := uint64(0)
	for _, l := range c.lanes {
		if err := l.finish(c.last); err != nil {
			return err
		}
		repeated += l.account.Repeated
		c.report.Stages = append(c.report.Stages, l.account)
		if l.begin > 0 {
			c.report.Notes = append(c.report.Notes, fmt.Sprintf("%s is purged up to log message %d: it is checked from there on", l.where, l.begin))
		}
	}
	if repeated == 0 && !c.partial {
		c.sums()
	}
	if err := errors.Join(c.proofs(), c.remet()); err != nil {
		return err
	}
	c.digests()
	r := &c.report
	if r.Unfinished > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%d documents of the log are not through yet: run the pipeline to its end, then check again", r.Unfinished))
	}
	along := make([]string, 0, len(c.lanes))
	for _, l := range c.lanes {
		along = append(along, l.where)
	}
	r.Findings = c.findings.order(along)
	for _, f := range r.Findings {
		r.Broken = r.Broken || f.Broken
	}
	return nil
}

// sums compares the documents that windows have met with the predictions that
// there are, and with what the oracle's windows made of them.
func (c *checker) sums() {
	sums := map[string]topics.Counts{}
	for _, l := range c.lanes {
		for _, count := range l.counts {
			s := sums[count.Definition]
			s.Add(count)
			sums[count.Definition] = s
		}
	}
	for _, definition := range slices.Sorted(maps.Keys(sums)) {
		if n := sums[definition].In; n != c.classified {
			c.findings.add(Sum, pipeline.TopicsStage, 1, 1, c.last, fmt.Sprintf("%s: %d documents came to the windows, %d have a prediction", definition, n, c.classified))
		}
	}
	for _, want := range c.counts {
		got, known := sums[want.Definition]
		got.Definition = want.Definition
		got.Listed, want.Listed = 0, 0 // one by one they are set beside each other
		if known && !c.history.Raced && got != want && got.In == want.In {
			c.findings.add(WindowDiffers, pipeline.TopicsStage, 1, 1, c.last, fmt.Sprintf("%s: %d windowed, %d late, %d untimed, %d from the future, %d dropped; the oracle says %d, %d, %d, %d, %d",
				want.Definition, got.Windowed, got.Late, got.Untimed, got.Future, got.Dropped, want.Windowed, want.Late, want.Untimed, want.Future, want.Dropped))
		}
	}
}

// proofs takes what following the model's versions came to.
func (c *checker) proofs() error {
	if c.history.Proofs == nil {
		return nil
	}
	all, err := c.history.Proofs()
	if err != nil {
		return err
	}
	for replica, p := range all {
		for i := range p.First {
			b := &p.First[i]
			c.findings.add(Ledger, place(pipeline.ClassifyStage, replica), 1, b.From, b.To, b.String())
		}
		if more := p.Broken - uint64(len(p.First)); more > 0 {
			b := p.First[len(p.First)-1]
			c.findings.add(Ledger, place(pipeline.ClassifyStage, replica), more, b.From, b.To, "")
		}
		if p.Untraced > 0 {
			c.report.Notes = append(c.report.Notes, fmt.Sprintf("%d records of %s are of an older program and tell no version: the ledger is not proved there", p.Untraced, place(pipeline.ClassifyStage, replica)))
		}
	}
	return nil
}

// remet takes what came of meeting again what raced.
func (c *checker) remet() error {
	if c.history.Remet == nil {
		return nil
	}
	all, err := c.history.Remet()
	if err != nil {
		return err
	}
	jumps := 0
	for _, r := range all {
		jumps += r.Jumps
		if r.Err != nil {
			c.findings.add(Differs, r.Where, 1, 1, c.last, "met again in the order that it wrote down: "+r.Err.Error())
		}
	}
	c.report.Notes = append(c.report.Notes, fmt.Sprintf("records were met as they arrived, %d of them behind later ones: predictions are compared, to the byte, with what the order makes of them that each partition wrote down, not with the log's", jumps))
	return nil
}

func (c *checker) digests() {
	if c.history.Raced {
		return
	}
	sum := uint64(0)
	for _, l := range c.lanes {
		sum += l.windows.sum
	}
	c.report.Digests = []Pair{pair("predictions", c.run.Sum64(), c.oracle.Sum64()), pair("windows", sum, c.windows)}
	if c.df != (Pair{}) {
		c.report.Digests = append(c.report.Digests, c.df, c.model)
	}
}

// sorted are the names of windows in order.
func sorted(all map[windowName]windowSeen) []windowName {
	return slices.SortedFunc(maps.Keys(all), func(a, b windowName) int {
		return cmp.Or(cmp.Compare(a.definition, b.definition), cmp.Compare(a.key, b.key), cmp.Compare(a.number, b.number),
			cmp.Compare(a.revision, b.revision), a.late.Compare(b.late.Position))
	})
}
