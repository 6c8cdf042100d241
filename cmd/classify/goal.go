package main

import (
	"errors"
	"sync"
)

// goal is reached when everything up to a log sequence is committed to the end
// of the graph. The sequence becomes known when the source has ended.
type goal struct {
	mu      sync.Mutex
	at, end uint64
	known   bool
	reached chan struct{}
	done    bool
}

func newGoal() *goal { return &goal{reached: make(chan struct{})} }

func (g *goal) set(end uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.end, g.known = end, true
	g.check()
}

func (g *goal) advance(at uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.at = at
	g.check()
}

func (g *goal) check() {
	if g.known && g.at >= g.end && !g.done {
		g.done = true
		close(g.reached)
	}
}

// errorList collects errors of several goroutines.
type errorList struct {
	mu   sync.Mutex
	errs []error
}

func (l *errorList) add(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errs = append(l.errs, err)
}

func (l *errorList) join() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.errs...)
}
