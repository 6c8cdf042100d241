// Package planted names mistakes that other systems have made, so that a test
// can make them on purpose and show that they are found: a check that cannot
// fail proves nothing.
//
// The one rule to keep: only a test can plant one. No flag, no variable and no
// file leads here, and no command may import it.
package planted

import "sync"

// Mistake is one thing that is done wrong.
type Mistake string

// The mistakes.
const (
	AckFirst      Mistake = "acknowledge before commit"
	NoFence       Mistake = "no fence"
	SessionFence  Mistake = "a fence only when a session begins"
	TwoPublishes  Mistake = "outputs and cursor in two publishes"
	MarkForgets   Mistake = "a mark that forgets after a restart"
	BlindRetry    Mistake = "publishing again after a lost acknowledgement"
	UnorderedSum  Mistake = "summation in any order"
	SecondStore   Mistake = "the cursor in a second store"
	TimerOutside  Mistake = "the window timer outside the snapshot"
	SharedReplica Mistake = "one snapshot for models that differ"
	Unaligned     Mistake = "a barrier that is not aligned"
	EarlyRelease  Mistake = "outputs released before the snapshot is complete"
	SecondMarks   Mistake = "marks in a second store"
	ReadsClock    Mistake = "a stage that reads the clock"
)

// All are the mistakes.
func All() []Mistake {
	return []Mistake{AckFirst, NoFence, SessionFence, TwoPublishes, MarkForgets, BlindRetry, UnorderedSum, SecondStore, TimerOutside, SharedReplica, Unaligned, EarlyRelease, SecondMarks, ReadsClock}
}

// TB is what a test has.
type TB interface {
	Helper()
	Name() string
	Failed() bool
}

// Set is what one test has planted. It is safe for concurrent use. A nil *Set
// is empty.
type Set struct {
	mistakes map[Mistake]bool

	mu      sync.Mutex
	cursors map[string][]uint64
}

// Plant makes a set of mistakes for a test.
func Plant(tb TB, mistakes ...Mistake) *Set {
	tb.Helper()
	s := &Set{mistakes: map[Mistake]bool{}, cursors: map[string][]uint64{}}
	for _, m := range mistakes {
		s.mistakes[m] = true
	}
	return s
}

// Has says whether a mistake is to be made.
func (s *Set) Has(m Mistake) bool { return s != nil && s.mistakes[m] }

// secondStoreLag is how many cursors the second store has not yet written when
// it is asked: stores of that kind write once in a while.
const secondStoreLag = 2

// Keep gives a partition's cursor to the second store.
func (s *Set) Keep(partition string, cursor uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cursors[partition] = append(s.cursors[partition], cursor)
}

// Kept is the cursor that the second store still knows after a crash.
func (s *Set) Kept(partition string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.cursors[partition]
	kept = kept[:max(0, len(kept)-secondStoreLag)]
	s.cursors[partition] = kept
	if len(kept) == 0 {
		return 0
	}
	return kept[len(kept)-1]
}

// Newest is the last cursor that was given to a second store that writes at once.
func (s *Set) Newest(partition string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.cursors[partition]
	if len(kept) == 0 {
		return 0
	}
	return kept[len(kept)-1]
}
