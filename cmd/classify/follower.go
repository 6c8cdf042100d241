package main

import (
	"sync"
	"time"

	"tidings/internal/ingest"
	"tidings/internal/terminal"
	"tidings/pipeline"
)

// remembered is how many of the last predictions examples are chosen from.
const remembered = 64

// follower adds up what is committed, writes it out, and remembers the last
// predictions. The goroutine that reads results owns it; others may look.
type follower struct {
	began time.Time
	out   *lineWriter

	mu       sync.Mutex
	tally    *pipeline.Tally
	fresh    uint64 // documents committed since this process began
	last     time.Time
	recent   []pipeline.Entry
	ingested ingest.Counts

	rateAt    time.Time // of the last look
	rateFresh uint64
	rate      float64
}

func newFollower(began time.Time, out *lineWriter) *follower {
	return &follower{began: began, out: out, tally: pipeline.NewTally(), rateAt: began, last: began}
}

func (f *follower) add(u *pipeline.Unit) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tally.Add(u)
	for i := range u.Entries {
		e := &u.Entries[i]
		if e.Kind != pipeline.DocumentEntry {
			continue
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
	return f.out.unit(u)
}

// rows is told as the source's rows are stored.
func (f *follower) rows(c ingest.Counts) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ingested = c
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
