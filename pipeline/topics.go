package pipeline

import (
	"tidings"
	"tidings/pipeline/topics"
)

// Topics counts predicted labels per window. It is divided by window: each
// partition sees every document and counts the windows it owns. What documents
// say is read once for all partitions of a worker.
type Topics struct {
	options topics.Options
	states  []*topics.State // by partition; nil: another worker's
	at      []uint64        // by partition: up to which log sequence its state was restored
	reader  *topics.Reader
	read    uint64 // up to which log sequence the reader was restored: the lowest of at
	loaded  bool
}

// NewTopics makes the stage for the given partitions out of n.
func NewTopics(o topics.Options, n int, partitions []int) *Topics {
	s := &Topics{options: o, states: make([]*topics.State, n), at: make([]uint64, n), reader: topics.NewReader(o)}
	for _, p := range partitions {
		s.states[p] = topics.New(o, p, n)
		s.states[p].Share(s.reader)
	}
	return s
}

// take makes a partition's state one that was restored up to a log sequence. Its
// reader is that of all partitions if none was restored further back.
func (s *Topics) take(partition int, state *topics.State, reader *topics.Reader, at uint64) {
	s.states[partition], s.at[partition] = state, at
	if !s.loaded || at < s.read {
		s.reader, s.read, s.loaded = reader, at, true
	}
	for _, state := range s.states {
		if state != nil {
			state.Share(s.reader)
		}
	}
}

// Step fills the owned columns of Windows and Counts.
func (s *Topics) Step(u *Unit) error {
	u.room(len(s.states))
	var at tidings.Position
	emits := make([]func(topics.Window), len(s.states)) // nil: nothing is to be done
	for p, state := range s.states {
		if state != nil && u.To > s.at[p] {
			emits[p] = func(w topics.Window) {
				w.At.Position = at
				u.Windows[p] = append(u.Windows[p], w)
			}
		}
	}
	for i := range u.Entries {
		e := &u.Entries[i]
		at = e.Position
		var d topics.Document
		if e.Kind == DocumentEntry {
			if d = u.TopicsDocument(e); u.To > s.read {
				s.reader.Read(&d)
			}
		}
		for p, emit := range emits {
			switch {
			case emit == nil:
			case e.Kind == DocumentEntry:
				s.states[p].Observe(d, emit)
			case e.Kind == IdleEntry:
				s.states[p].Idle(e.Source, emit)
			case e.Kind == EndEntry:
				s.states[p].EndOfSource(e.Source, emit)
			}
		}
	}
	for p, emit := range emits {
		if emit != nil {
			u.Counts[p] = append(u.Counts[p][:0], s.states[p].Counts()...)
			u.Late[p] = s.states[p].TakeLate(u.Late[p])
		}
	}
	return nil
}

// TopicsDocument is what windows need to know of a document of the unit.
func (u *Unit) TopicsDocument(e *Entry) topics.Document {
	return topics.Document{
		Time: e.Time, Label: e.Label, Source: e.Source, Logged: e.Clock(), Position: e.Position, ID: e.ID,
		Dict: &u.Dict, Terms: u.TermsOf(e), Words: u.WordsOf(e),
	}
}
