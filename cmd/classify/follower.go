package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tidings/internal/ingest"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// remembered is how many of the last predictions examples are chosen from.
const remembered = 64

// aheadMax is how many documents the source may be ahead of their predictions
// when all of the work is done in this process: enough to keep it busy, and not
// so many that the log has to be read back from the disk.
const aheadMax = 8192

// follower adds up what is committed, writes it out, and remembers the last
// predictions. The goroutine that reads results owns it; others may look.
type follower struct {
	began  time.Time
	out    *lineWriter
	notice func(string) // tells people

	mu     sync.Mutex
	tally  *pipeline.Tally
	fresh  uint64 // documents committed since this process began
	last   time.Time
	recent []pipeline.Entry
	ended  bool          // nothing came behind the last end of a source
	learnt uint64        // updates up to the last document
	fixed  bool          // nothing is learnt
	before uint64        // the log's last sequence when the source began
	done   uint64        // documents and dead letters behind it
	moved  chan struct{} // closed when done grows

	rateAt    time.Time // of the last look
	rateFresh uint64
	rate      float64
}

func newFollower(began time.Time, out *lineWriter, notice func(string)) *follower {
	return &follower{began: began, out: out, notice: notice, tally: pipeline.NewTally(), moved: make(chan struct{}), rateAt: began, last: began}
}

func (f *follower) add(u *pipeline.Unit) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tally.Add(u)
	for i := range u.Entries {
		e := &u.Entries[i]
		if e.Position.Sequence > f.before && (e.Kind == pipeline.DocumentEntry || e.Kind == pipeline.DeadLetter || e.Kind == pipeline.LostEntry) {
			f.done++
		}
		if e.Kind != pipeline.IdleEntry && e.Kind != pipeline.BarrierEntry {
			f.ended = e.Kind == pipeline.EndEntry
		}
		if e.Kind == pipeline.LabelEntry && (e.Fate == pipeline.LabelLearnt || e.Fate == pipeline.LabelCorrected) {
			f.learnt++
		}
		f.alarms(e)
		f.promotion(e)
		if e.Kind != pipeline.DocumentEntry {
			continue
		}
		f.learnt = e.Version
		if e.Truth != "" && !f.fixed {
			f.learnt++
		}
		if e.Committed >= f.began.UnixNano() {
			f.fresh++
			f.last = time.Unix(0, e.Committed)
		}
		if len(f.recent) == remembered {
			f.recent = append(f.recent[:0], f.recent[1:]...)
		}
		kept := *e
		kept.Scores = nil // they belong to the unit
		f.recent = append(f.recent, kept)
	}
	close(f.moved)
	f.moved = make(chan struct{})
	return f.out.unit(u)
}

// alarms tells people of change that was found since this process began. What
// the baseline says is only counted.
func (f *follower) alarms(e *pipeline.Entry) {
	if e.Committed < f.began.UnixNano() {
		return
	}
	for _, a := range e.AllAlarms() {
		if !a.Baseline() {
			f.notice(a.String())
		}
	}
}

// promotion tells people that a version took over, since this process began.
func (f *follower) promotion(e *pipeline.Entry) {
	if e.Kind != pipeline.PromoteEntry {
		return
	}
	f.learnt = e.Promotion.Updates
	if e.Committed >= f.began.UnixNano() {
		f.notice(fmt.Sprintf("version %d took over at %v", e.Promotion.Number, e.Position))
	}
}

// hold returns a function that waits while the source is too far ahead. The
// source stores its documents behind the log sequence before; clocks, of which
// the broker has its own, do not tell which they are.
func (f *follower) hold(ctx context.Context, before uint64) func(ingest.Counts) {
	f.mu.Lock()
	f.before, f.done = before, 0
	f.mu.Unlock()
	return func(c ingest.Counts) {
		for {
			f.mu.Lock()
			ahead, moved := int64(c.Documents)-int64(f.done), f.moved
			f.mu.Unlock()
			if ahead <= aheadMax {
				return
			}
			select {
			case <-moved:
			case <-ctx.Done():
				return
			}
		}
	}
}

// at is the log sequence up to which all is added up.
func (f *follower) at() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tally.To
}

// status is what a person sees; Lag holds the log sequence that is committed.
func (f *follower) status(now time.Time) terminal.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	if d := now.Sub(f.rateAt).Seconds(); d > 0 {
		f.rate = float64(f.fresh-f.rateFresh) / d
		f.rateAt, f.rateFresh = now, f.fresh
	}
	return terminal.Status{
		Stage: "classifying", Documents: f.tally.Documents, Rate: f.rate, Accuracy: f.tally.Recent.Accuracy(),
		Labelled: f.tally.Labelled, Rejected: f.tally.Rejected, DeadLetters: f.tally.DeadLetters, Lag: f.tally.To,
	}
}
