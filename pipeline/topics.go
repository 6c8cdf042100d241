package pipeline

import (
	"tidings"
	"tidings/pipeline/topics"
)

// Topics counts predicted labels per window. It is divided by window: each
// partition sees every document and counts the windows it owns.
type Topics struct {
	options topics.Options
	states  []*topics.State // by partition; nil: another worker's
	at      []uint64        // by partition: up to which log sequence its state was restored
}

// NewTopics makes the stage for the given partitions out of n.
func NewTopics(o topics.Options, n int, partitions []int) *Topics {
	s := &Topics{options: o, states: make([]*topics.State, n), at: make([]uint64, n)}
	for _, p := range partitions {
		s.states[p] = topics.New(o, p, n)
	}
	return s
}

// Step fills the owned columns of Windows and Counts.
func (s *Topics) Step(u *Unit) error {
	u.room(len(s.states))
	for p, state := range s.states {
		if state == nil || u.To <= s.at[p] {
			continue
		}
		var at tidings.Position
		emit := func(w topics.Window) {
			w.At.Position = at
			u.Windows[p] = append(u.Windows[p], w)
		}
		for i := range u.Entries {
			at = u.Entries[i].Position
			switch e := &u.Entries[i]; e.Kind {
			case DocumentEntry:
				state.Observe(topicsDocument(e), emit)
			case IdleEntry:
				state.Idle(e.Source, emit)
			case EndEntry:
				state.EndOfSource(e.Source, emit)
			}
		}
		u.Counts[p] = append(u.Counts[p][:0], state.Counts()...)
		u.Late[p] = state.TakeLate(u.Late[p])
	}
	return nil
}

// topicsDocument is what windows need to know of a document.
func topicsDocument(e *Entry) topics.Document {
	return topics.Document{Time: e.Time, Label: e.Label, Source: e.Source, Position: e.Position, ID: e.ID}
}
