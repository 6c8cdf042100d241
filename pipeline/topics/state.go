package topics

import (
	"slices"
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
	complete   Completeness
	tracks     []track
	late       lates
	reader     *Reader // nil: documents are not read
	shared     bool    // somebody else has it read them
}

// New returns the state of a partition, numbered from 0, before the first
// document. The options must have passed Check: of those that did not, a
// definition that cuts nothing drops all its documents, and so does one that
// is full for a document that would open a window more.
func New(o Options, partition, partitions int) *State {
	s := &State{options: o.WithDefaults(), partition: partition, partitions: max(partitions, 1), newest: NoTime}
	s.complete = NewWatermark(o.OutOfOrder)
	s.tracks = make([]track, len(s.options.Windows))
	for i, d := range s.options.Windows {
		s.tracks[i] = newTrack(d)
	}
	return s
}

// Share makes the State take what documents say from a Reader that others take it
// from too: whoever calls Observe has had it read the document before. Without it
// a State whose options ask for bursts or stories has a Reader of its own. The
// Reader is saved by itself.
func (s *State) Share(r *Reader) { s.reader, s.shared = r, true }

// Observe takes the next document of the log and hands emit every window of
// this partition that becomes final by it, by order of definition, then number,
// and provisional results that are due. Windows that end at the watermark are
// emitted before the document is counted, and a count window with its last
// document. emit owns what it gets.
func (s *State) Observe(d Document, emit func(Window)) {
	if emit == nil {
		emit = func(Window) {}
	}
	s.read(&d)
	s.seen++
	before := s.watermark()
	future := s.options.future(d)
	if future {
		s.complete.Document(d.Source, NoTime)
	} else {
		s.newest = max(s.newest, d.Time) // NoTime is less than any time
		s.complete.Document(d.Source, d.Time)
	}
	advanced := s.watermark() > before
	for i := range s.tracks {
		t := &s.tracks[i]
		switch {
		case t.definition.kind == 0:
			s.uncounted(t, &t.counts.Dropped)
		case t.definition.kind == count:
			s.count(t, &d, emit)
		case d.Time == NoTime:
			s.uncounted(t, &t.counts.Untimed)
		case future:
			s.uncounted(t, &t.counts.Future)
		default:
			if advanced {
				s.advance(t, emit)
			}
			if t.definition.kind == session {
				s.join(t, &d, emit)
			} else {
				s.place(t, &d, emit)
			}
		}
	}
	if n := s.options.EmitDocuments; n > 0 && s.seen%n == 0 || s.asked(before) {
		s.provisional(emit)
	}
}

// Idle takes the word of the log that nothing comes from a source at the
// moment. The windows of the other sources do not wait for it, and close as
// Observe does it, until it sends again: what it sends then may be late.
func (s *State) Idle(source string, emit func(Window)) {
	if emit == nil {
		emit = func(Window) {}
	}
	before := s.watermark()
	s.complete.Idle(source)
	s.advanced(before, emit)
}

// EndOfSource takes the word of the log that a source has ended: no window
// waits for it any more. With the last source that is active every open window
// is closed, and those of this partition are handed to emit as Observe does,
// unless Options.KeepOpen. A source that goes on later starts new windows: a
// document whose event time lies in the window of the highest one observed, or
// before, is late then, while a count window simply begins with the next
// document.
func (s *State) EndOfSource(source string, emit func(Window)) {
	if emit == nil {
		emit = func(Window) {}
	}
	before := s.watermark()
	if last := s.complete.End(source); !last || s.options.KeepOpen {
		s.advanced(before, emit)
		return
	}
	for i := range s.tracks {
		t := &s.tracks[i]
		switch d := t.definition; {
		case d.kind == count && len(t.open) > 0:
			s.finish(t, t.done+1, emit)
		case d.kind == 0 || d.kind == count || s.newest == NoTime:
		case d.kind == session:
			s.finish(t, s.newest, emit)
		default:
			s.finish(t, d.newestWith(s.newest), emit)
		}
	}
}

// watermark is the event time before which nothing is expected any more, NoTime
// before the first.
func (s *State) watermark() int64 { return s.complete.Before() }

// advanced closes and tells what is due since the watermark was elsewhere,
// without a document.
func (s *State) advanced(before int64, emit func(Window)) {
	if s.watermark() == before {
		return
	}
	for i := range s.tracks {
		if t := &s.tracks[i]; t.definition.kind != 0 && t.definition.kind != count {
			s.advance(t, emit)
		}
	}
	if s.asked(before) {
		s.provisional(emit)
	}
}

// advance closes what the watermark has passed by the lateness, and tells of
// what it has passed.
func (s *State) advance(t *track, emit func(Window)) {
	watermark := s.watermark()
	s.finish(t, t.over(less(watermark, s.options.Lateness), s.options.sessionMax()), emit)
	if s.options.Lateness == 0 {
		return
	}
	over := t.over(watermark, s.options.sessionMax())
	for _, w := range t.open {
		if w.results == 0 && t.place(w) <= over {
			t.provisional(w, s.options.Popular, s.reader, emit)
		}
	}
}

// asked says whether provisional results of all windows are due because event
// time went on, the watermark having been elsewhere before.
func (s *State) asked(before int64) bool {
	o, now := s.options, s.watermark()
	return o.EmitTime > 0 && before != NoTime && floorDiv(now, int64(o.EmitTime)) > floorDiv(before, int64(o.EmitTime))
}

func (s *State) provisional(emit func(Window)) {
	for i := range s.tracks {
		for _, w := range s.tracks[i].open {
			s.tracks[i].provisional(w, s.options.Popular, s.reader, emit)
		}
	}
}

// owns tells whether the partition counts window n.
func (s *State) owns(n int64) bool {
	at := n % int64(s.partitions)
	if at < 0 {
		at += int64(s.partitions)
	}
	return at == int64(s.partition)
}

// place counts a document with an event time in the windows that it is in. It is
// accounted for by the newest of them: where that is final all are.
func (s *State) place(t *track, d *Document, emit func(Window)) {
	newest, oldest := t.definition.newestWith(d.Time), t.definition.oldestWith(d.Time)
	for n := newest; n >= oldest && n > t.done; n-- {
		w := t.at(n)
		if w == nil && s.room(t, n, emit) {
			w = t.start(n, s.seen, s.owns(n))
		}
		if w != nil {
			w.add(d.Label, s.options.LabelsMax)
			s.hear(w, d)
		}
		if n == newest {
			s.account(t, s.owns(n), w != nil)
		}
	}
	if newest <= t.done {
		s.tooLate(t, d, newest, s.owns(newest))
	}
}

// join counts a document in the session that it belongs to, which may be two
// until now. A session lies between two cuts, whose owner counts it.
func (s *State) join(t *track, d *Document, emit func(Window)) {
	longest := int64(s.options.sessionMax())
	between := floorDiv(d.Time, longest)
	owned := s.owns(between)
	if d.Time <= t.done {
		s.tooLate(t, d, d.Time, owned)
		return
	}
	touches := func(i int, from, to int64) bool {
		return i >= 0 && i < len(t.open) && floorDiv(t.open[i].number, longest) == between && uint64(to)-uint64(from) < uint64(t.definition.length)
	}
	next := sort.Search(len(t.open), func(i int) bool { return t.open[i].number > d.Time })
	before := next > 0 && (d.Time <= t.open[next-1].last && floorDiv(t.open[next-1].number, longest) == between || touches(next-1, t.open[next-1].last, d.Time))
	behind := next < len(t.open) && touches(next, d.Time, t.open[next].number)
	var w *window
	switch {
	case before:
		w = t.open[next-1]
		if behind {
			w.swallow(t.open[next], s.options.LabelsMax)
			t.open = slices.Delete(t.open, next, next+1)
		}
	case behind:
		w = t.open[next]
		w.number = d.Time
	case s.room(t, d.Time, emit):
		w = t.start(d.Time, s.seen, owned)
		w.last = d.Time
	}
	if w != nil {
		w.last = max(w.last, d.Time)
		t.due = min(t.due, w.last)
		w.add(d.Label, s.options.LabelsMax)
		s.hear(w, d)
	}
	s.account(t, owned, w != nil)
}

// count counts a document of a definition that cuts by documents.
func (s *State) count(t *track, d *Document, emit func(Window)) {
	number := t.done + 1
	w := t.at(number)
	if w == nil {
		w = t.start(number, s.seen, s.owns(number))
	}
	w.add(d.Label, s.options.LabelsMax)
	s.hear(w, d)
	s.account(t, w.owned, true)
	if w.documents == uint64(t.definition.documents) {
		s.finish(t, number, emit)
	}
}

// account says where a document went, in the one partition that does so.
func (s *State) account(t *track, owned, windowed bool) {
	switch {
	case !owned:
		return
	case windowed:
		t.counts.Windowed++
	default:
		t.counts.Dropped++
	}
	t.counts.In++
}

// tooLate counts a document whose window is final, and tells of it if there is
// room for one more.
func (s *State) tooLate(t *track, d *Document, number int64, owned bool) {
	room := s.late.room(s.seen, d, "")
	if !owned {
		return
	}
	t.counts.In++
	t.counts.Late++
	if room {
		t.counts.Listed++
		s.late.add(t, d, "", number, s.watermark())
	}
}

// uncounted accounts for a document that belongs to no window, in the one
// partition that does so for all.
func (s *State) uncounted(t *track, as *uint64) {
	if s.partition == 0 {
		t.counts.In++
		*as++
	}
}

// room says whether one more window can be open at a place. Where there are too
// many, since the sources are too far apart, the oldest ones do not wait for the
// last source any longer: what comes later is late, and nothing is dropped.
func (s *State) room(t *track, place int64, emit func(Window)) bool {
	for len(t.open) >= s.options.OpenMax {
		oldest := t.place(t.open[0])
		if oldest >= place {
			return false
		}
		if t.open[0].owned {
			t.counts.Forced++
		}
		s.finish(t, oldest, emit)
	}
	return true
}

// finish closes the windows up to a place and emits those of the partition.
func (s *State) finish(t *track, done int64, emit func(Window)) {
	for _, w := range t.close(done) {
		if w.owned {
			r := t.result(w, s.options.Popular)
			s.reader.tell(&r, w.contents)
			s.reader.let(w.contents)
			emit(r)
		}
	}
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
// those of the stream, and In = Windowed + Late + Untimed + Future + Dropped always.
type Counts struct {
	Definition string `json:"definition"`
	In         uint64 `json:"in"`
	Windowed   uint64 `json:"windowed"`         // counted in a window, final or open
	Late       uint64 `json:"late"`             // their window was final when they came
	Listed     uint64 `json:"listed,omitempty"` // of these, those that were told one by one; the others found no room (LateBytesMax)
	Untimed    uint64 `json:"untimed"`          // no event time; count windows take them all the same
	Future     uint64 `json:"future,omitempty"` // too far ahead of the log's own time (Options.FutureMax); count windows take them all the same
	Dropped    uint64 `json:"dropped"`          // no room for one more window, and older than all that are open; 0 with one source, under options that pass Check
	Forced     uint64 `json:"forced,omitempty"` // windows that were closed before all sources had passed them, to make room (Options.OpenMax)
	Open       int    `json:"open"`             // windows of the partition that are open now
}

// Sum is where documents went, together: equal to In, or some are lost.
func (c Counts) Sum() uint64 { return c.Windowed + c.Late + c.Untimed + c.Future + c.Dropped }

// Add adds what another partition has counted of the same definition.
func (c *Counts) Add(other Counts) {
	c.In += other.In
	c.Windowed += other.Windowed
	c.Late += other.Late
	c.Listed += other.Listed
	c.Untimed += other.Untimed
	c.Future += other.Future
	c.Dropped += other.Dropped
	c.Forced += other.Forced
	c.Open += other.Open
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
