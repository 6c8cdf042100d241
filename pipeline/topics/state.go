package topics

import (
	"math"
	"sort"
)

// State is one partition's windows. Every partition observes the same
// documents and ends in the same order, and counts the windows whose number
// modulo the number of partitions is its own.
//
// A State holds at most Options.OpenMax open windows a definition and
// Options.LabelsMax + 1 counts a window, however long the stream is.
type State struct {
	options    Options // with defaults
	partition  int
	partitions int
	seen       uint64 // documents observed; the ordinal of the newest
	newest     int64  // highest event time observed, NoTime before the first
	tracks     []track
}

// New returns the state of a partition, numbered from 0, before the first
// document. The options must have passed Check: of those that did not, a
// definition that cuts nothing drops all its documents, and so does one that
// is full for a document that would open a window more.
func New(o Options, partition, partitions int) *State {
	s := &State{options: o.WithDefaults(), partition: partition, partitions: max(partitions, 1), newest: NoTime}
	s.tracks = make([]track, len(s.options.Windows))
	for i, d := range s.options.Windows {
		s.tracks[i] = newTrack(d)
	}
	return s
}

// Observe takes the next document of the log and hands emit every window of
// this partition that becomes final by it, by order of definition, then
// number. Windows that end at the watermark are emitted before the document
// is counted, and a count window with its last document. emit owns what it
// gets.
func (s *State) Observe(d Document, emit func(Window)) {
	s.seen++
	advanced := d.Time > s.newest // NoTime is less than any time
	if advanced {
		s.newest = d.Time
	}
	for i := range s.tracks {
		t := &s.tracks[i]
		switch {
		case t.definition.documents > 0:
			s.count(t, d.Label, emit)
		case t.definition.length <= 0:
			s.drop(t)
		case d.Time == NoTime:
			s.untimed(t)
		default:
			if advanced {
				s.finish(t, t.definition.number(s.watermark()), emit)
			}
			s.place(t, d)
		}
	}
}

// EndOfSource closes every open window and hands those of this partition to
// emit, as Observe does. A source that goes on later starts new windows: a
// document whose event time lies in the window of the highest one observed, or
// before, is late then, while a count window simply begins with the next
// document.
func (s *State) EndOfSource(emit func(Window)) {
	for i := range s.tracks {
		t := &s.tracks[i]
		switch {
		case t.definition.documents > 0 && len(t.open) > 0:
			s.finish(t, t.floor+1, emit)
		case t.definition.length > 0 && s.newest != NoTime:
			s.finish(t, t.definition.number(s.newest)+1, emit)
		}
	}
}

// watermark is the event time before which nothing is expected any more.
func (s *State) watermark() int64 {
	behind := int64(s.options.OutOfOrder)
	if behind > 0 && s.newest < NoTime+behind {
		return NoTime
	}
	return s.newest - behind
}

// owns tells whether the partition counts window n.
func (s *State) owns(n int64) bool {
	at := n % int64(s.partitions)
	if at < 0 {
		at += int64(s.partitions)
	}
	return at == int64(s.partition)
}

// place counts a document with an event time.
func (s *State) place(t *track, d Document) {
	n := t.definition.number(d.Time)
	owned := s.owns(n)
	if n < t.floor {
		if owned {
			t.counts.In++
			t.counts.Late++
		}
		return
	}
	w := t.at(n)
	if w == nil && len(t.open) >= s.options.OpenMax {
		if owned {
			t.counts.In++
			t.counts.Dropped++
		}
		return
	}
	if w == nil {
		w = t.start(n, s.seen, owned)
	}
	s.add(t, w, d.Label)
}

// count counts a document of a definition that cuts by documents.
func (s *State) count(t *track, label string, emit func(Window)) {
	w := t.at(t.floor)
	if w == nil {
		w = t.start(t.floor, s.seen, s.owns(t.floor))
	}
	s.add(t, w, label)
	if w.documents == uint64(t.definition.documents) {
		s.finish(t, t.floor+1, emit)
	}
}

func (s *State) add(t *track, w *window, label string) {
	w.add(label, s.options.LabelsMax)
	if w.owned {
		t.counts.In++
		t.counts.Windowed++
	}
}

// untimed and drop count a document that belongs to no window, in the one
// partition that does so for all.
func (s *State) untimed(t *track) {
	if s.partition == 0 {
		t.counts.In++
		t.counts.Untimed++
	}
}

func (s *State) drop(t *track) {
	if s.partition == 0 {
		t.counts.In++
		t.counts.Dropped++
	}
}

// finish closes the windows below floor and emits those of the partition.
func (s *State) finish(t *track, floor int64, emit func(Window)) {
	if floor <= t.floor {
		return
	}
	t.floor = floor
	closed := sort.Search(len(t.open), func(i int) bool { return t.open[i].number >= floor })
	for _, w := range t.open[:closed] {
		if w.owned && emit != nil {
			emit(t.final(w, s.options.Popular))
		}
	}
	t.forget(closed)
}

// Digest hashes what the partition has counted: the open windows it owns and
// its Counts. The sum of the digests of all partitions is the digest of the
// same stream under one partition.
func (s *State) Digest() uint64 {
	var sum uint64
	for i := range s.tracks {
		sum += s.tracks[i].digest()
	}
	return sum
}

// Counts says where the documents of one definition went. Every document is
// counted by one partition only, so that the sums over all partitions are
// those of the stream, and In = Windowed + Late + Untimed + Dropped always.
type Counts struct {
	Definition string `json:"definition"`
	In         uint64 `json:"in"`
	Windowed   uint64 `json:"windowed"` // counted in a window, final or open
	Late       uint64 `json:"late"`     // their window was final when they came
	Untimed    uint64 `json:"untimed"`  // no event time; count windows take them all the same
	Dropped    uint64 `json:"dropped"`  // no room for one more window; 0 under options that pass Check
	Open       int    `json:"open"`     // windows of the partition that are open now
}

// Counts returns the counts by definition, in the order of Options.Windows.
func (s *State) Counts() []Counts {
	counts := make([]Counts, len(s.tracks))
	for i := range s.tracks {
		counts[i] = s.tracks[i].counts
		counts[i].Open = s.tracks[i].owned()
	}
	return counts
}

// noFloor is the floor before anything was closed.
const noFloor = math.MinInt64
