package pipeline

import (
	"fmt"

	"tidings"
)

// Classify joins a document's terms with their df, predicts, then learns if
// there is a label. Each partition learns every labelled document in log
// order; predictions are divided by position. So a worker with several
// partitions holds one learner.
type Classify struct {
	learner *Learner
	owns    func(sequence uint64) bool
	route   router

	df   []uint32
	next []int // by df partition: the next value of its column
}

// NewClassify makes the stage around a learner; owns tells which log messages
// it predicts; dfPartitions is how many columns of df it joins.
func NewClassify(l *Learner, dfPartitions int, owns func(sequence uint64) bool) *Classify {
	return &Classify{learner: l, owns: owns, route: newRouter(dfPartitions), next: make([]int, dfPartitions)}
}

// Step fills the predictions of the entries it owns and learns the labels of
// all.
func (s *Classify) Step(u *Unit) error {
	s.route.terms(&u.Dict)
	clear(s.next)
	before := s.learner.Version()
	u.Learnt.Skipped = u.Learnt.Skipped[:0]
	for i := range u.Entries {
		e := &u.Entries[i]
		switch e.Kind {
		case DocumentEntry:
			if err := s.document(u, e); err != nil {
				return err
			}
		case LabelEntry:
			learnt, err := s.learner.Late(e)
			if err != nil {
				return fmt.Errorf("classify: %w", err)
			}
			if !learnt && !s.learner.fixed {
				skip(u, e.Position)
			}
		case PromoteEntry:
			s.learner.Promote(e)
		case EndEntry:
			df := u.dfEnd(e.Position)
			s.learner.End(e, df.digest, df.dropped)
		}
	}
	for p, n := range s.next {
		if n != len(u.DF[p]) {
			return fmt.Errorf("classify: df/%d has %d values for log messages %d..%d, the documents there have %d terms of its", p, len(u.DF[p]), u.From, u.To, n)
		}
	}
	s.account(u, before)
	return nil
}

// document joins, predicts and learns. A document of which a part is lost
// counts for nothing.
func (s *Classify) document(u *Unit, e *Entry) error {
	whole, err := s.join(u, e)
	if err != nil {
		return err
	}
	if !whole {
		e.Kind = LostEntry
		skip(u, e.Position)
		return nil
	}
	s.learner.Meet(u, e, s.df, s.owns(e.Position.Sequence))
	learnt, err := s.learner.Learn(e)
	if err != nil {
		return fmt.Errorf("classify: %w", err)
	}
	if !learnt && e.Truth != "" && !s.learner.fixed {
		skip(u, e.Position)
	}
	return nil
}

func skip(u *Unit, p tidings.Position) { u.Learnt.Skipped = append(u.Learnt.Skipped, p) }

// join collects the df values of an entry's terms in term order. A document is
// whole when none of them is lost.
func (s *Classify) join(u *Unit, e *Entry) (whole bool, err error) {
	s.df = s.df[:0]
	whole = true
	for _, t := range u.TermsOf(e) {
		p := s.route.at[t.Ref].partition
		n := s.next[p]
		if int(p) < len(u.DF) && u.lost[p] {
			whole = false
			continue
		}
		if int(p) >= len(u.DF) || n >= len(u.DF[p]) {
			return false, fmt.Errorf("classify: df/%d has no value for a term of the document at %v", p, e.Position)
		}
		s.df = append(s.df, u.DF[p][n])
		s.next[p] = n + 1
	}
	return whole, nil
}
