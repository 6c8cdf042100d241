package pipeline

import "sync"

// saver stores snapshots on a goroutine of its own, one at a time.
type saver struct {
	running sync.WaitGroup
	mu      sync.Mutex
	active  bool
	err     error
}

// busy says whether one is being stored.
func (s *saver) busy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.active
}

// failure is why the last one was not stored, nil if it was.
func (s *saver) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// start stores one.
func (s *saver) start(store func() error) {
	s.mu.Lock()
	s.active = true
	s.mu.Unlock()
	s.running.Go(func() {
		err := store()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.active, s.err = false, err
	})
}

// stop waits until the last one is stored, or has failed.
func (s *saver) stop() { s.running.Wait() }
