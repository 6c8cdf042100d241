package topics

// State is one partition's windows. Every partition observes the same
// documents and ends in the same order, and counts the windows that
// Options.Owner gives it.
//
// A State holds at most Options.OpenMax open windows a definition and key,
// OpenMaxLimit a definition, Options.KeysMax + 1 keys and Options.LabelsMax + 1
// counts a window, however long the stream is.
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
		s.tracks[i] = newTrack(d, s.options.By)
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
		s.end(&s.tracks[i], emit)
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
	s.overdue(t, t.over(watermark, s.options.sessionMax()), emit)
}

// asked says whether provisional results of all windows are due because event
// time went on, the watermark having been elsewhere before.
func (s *State) asked(before int64) bool {
	o, now := s.options, s.watermark()
	return o.EmitTime > 0 && before != NoTime && floorDiv(now, int64(o.EmitTime)) > floorDiv(before, int64(o.EmitTime))
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
	Pooled     uint64 `json:"pooled,omitempty"` // of those windowed, those that count under the key Other, as theirs was one too many or too long
	Untimed    uint64 `json:"untimed"`          // no event time; count windows take them all the same
	Future     uint64 `json:"future,omitempty"` // too far ahead of the log's own time (Options.FutureMax); count windows take them all the same
	Dropped    uint64 `json:"dropped"`          // no room for one more window, and older than all that are open; 0 with one source, under options that pass Check
	Forced     uint64 `json:"forced,omitempty"` // windows that were closed before all sources had passed them, to make room (Options.OpenMax)
	Open       int    `json:"open"`             // windows of the partition that are open now
	// How many times, in what is known of all documents and told with every
	// definition, a term made room for another in what bursts are compared with,
	// and how many stories were closed for others.
	TermsDisplaced   uint64 `json:"terms_displaced,omitempty"`
	StoriesDisplaced uint64 `json:"stories_displaced,omitempty"`
}

// Sum is where documents went, together: equal to In, or some are lost.
func (c Counts) Sum() uint64 { return c.Windowed + c.Late + c.Untimed + c.Future + c.Dropped }

// Add adds what another partition has counted of the same definition.
func (c *Counts) Add(other Counts) {
	c.In += other.In
	c.Windowed += other.Windowed
	c.Late += other.Late
	c.Listed += other.Listed
	c.Pooled += other.Pooled
	c.Untimed += other.Untimed
	c.Future += other.Future
	c.Dropped += other.Dropped
	c.Forced += other.Forced
	c.Open += other.Open
	c.TermsDisplaced += other.TermsDisplaced
	c.StoriesDisplaced += other.StoriesDisplaced
}

// Counts returns the counts by definition, in the order of Options.Windows.
func (s *State) Counts() []Counts {
	counts := make([]Counts, len(s.tracks))
	for i := range s.tracks {
		counts[i] = s.tracks[i].counts
		counts[i].Open = s.tracks[i].owned()
		if s.partition == 0 {
			counts[i].TermsDisplaced, counts[i].StoriesDisplaced = s.reader.displaced()
		}
	}
	return counts
}
