package ingest

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// silence finds out that no document came for a while.
type silence struct {
	clock Clock
	after time.Duration // 0: nobody asks

	mu    sync.Mutex
	heard time.Time
}

func newSilence(clock Clock, after time.Duration) *silence {
	return &silence{clock: clock, after: after, heard: clock.Now()}
}

// hear notes that a document came.
func (s *silence) hear() {
	if s.after <= 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = s.clock.Now()
}

// left is how long it takes until nothing came for so long; 0 or less: it is so.
func (s *silence) left() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.after - s.clock.Now().Sub(s.heard)
}

// watch calls due when nothing came for so long, and again as long as nothing
// does, until the context ends.
func (s *silence) watch(ctx context.Context, due func()) {
	if s == nil || s.after <= 0 {
		return
	}
	for {
		left := s.left()
		if left <= 0 {
			due()
			left = s.after
		}
		if s.clock.Sleep(ctx, left) != nil {
			return
		}
	}
}

// idleText is said when a source is marked as idle.
func idleText(after time.Duration) string {
	return fmt.Sprintf("no document came for %s: the log says so, and windows of other sources do not wait for this one until the next", after)
}
