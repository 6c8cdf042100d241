package pipeline

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"

	"tidings"
	"tidings/features"
	"tidings/model"
)

// Classify joins a document's terms with their df, predicts, then learns if
// there is a label. Each partition learns every labelled document in log
// order; predictions are divided by position. So a worker with several
// partitions holds one model.
type Classify struct {
	model      model.Model
	vectorizer *features.Vectorizer
	owns       func(sequence uint64) bool
	route      router
	accepted   uint64 // documents so far: N of TF-IDF
	chain      uint64 // ledger: hash of all (position, label) learnt
	unlearnt   uint64 // labels beyond the model's limit

	vector        tidings.Vector
	df            []uint32
	next          []int // by df partition: the next value of its column
	scores        []float64
	probabilities []float64
}

// NewClassify makes the stage with an empty model; owns tells which log
// messages it predicts; dfPartitions is how many columns of df it joins.
func NewClassify(m model.Model, o features.Options, dfPartitions int, owns func(sequence uint64) bool) *Classify {
	return &Classify{
		model: m, vectorizer: features.NewVectorizer(o), owns: owns,
		route: newRouter(dfPartitions), next: make([]int, dfPartitions),
	}
}

// Step fills the predictions of the entries it owns and learns the labels of
// all.
func (s *Classify) Step(u *Unit) error {
	s.route.terms(&u.Dict)
	clear(s.next)
	before := s.version()
	u.Learnt.Skipped = u.Learnt.Skipped[:0]
	for i := range u.Entries {
		e := &u.Entries[i]
		switch e.Kind {
		case DocumentEntry:
			whole, err := s.join(u, e)
			if err != nil {
				return err
			}
			if !whole {
				e.Kind = LostEntry
				u.Learnt.Skipped = append(u.Learnt.Skipped, e.Position)
				continue
			}
			s.accepted++
			if err := s.document(u, e); err != nil {
				return err
			}
		case EndEntry:
			df := u.dfEnd(e.Position)
			e.DFDigest = df.digest
			e.Dropped = Dropped{Terms: df.dropped, Cells: s.model.Dropped(), Labels: s.unlearnt}
			e.ModelDigest, e.Updates, e.Chain = s.model.Digest(), s.model.Updates(), s.chain
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

func (s *Classify) document(u *Unit, e *Entry) error {
	mine := s.owns(e.Position.Sequence)
	if !mine && e.Truth == "" {
		return nil
	}
	s.vectorizer.Vector(&s.vector, &u.Dict, u.TermsOf(e), s.df, s.accepted)
	s.scores = s.model.Predict(s.vector, s.scores)
	if mine {
		s.predict(u, e)
	}
	if e.Truth == "" {
		return nil
	}
	switch err := s.model.Learn(s.vector, e.Truth, s.scores); {
	case errors.Is(err, model.ErrTooManyLabels):
		s.unlearnt++
		u.Learnt.Skipped = append(u.Learnt.Skipped, e.Position)
	case err != nil:
		return fmt.Errorf("classify: the document at %v cannot be learnt: %w", e.Position, err)
	default:
		s.chain = chainHash(s.chain, e.Position, e.Truth)
	}
	return nil
}

// predict writes what the model says of a document, from s.scores.
func (s *Classify) predict(u *Unit, e *Entry) {
	e.Version = s.model.Updates()
	labels := s.model.Labels()
	best := model.Best(labels, s.scores)
	if best < 0 {
		return
	}
	s.probabilities = s.model.Probabilities(s.scores, s.probabilities)
	e.Label, e.Probability = labels[best], s.probabilities[best]
	u.scores, e.Scores = appendBest(u.scores, labels, s.scores, s.probabilities)
}

// appendBest appends the ScoresMax best labels, best first, ties by name.
func appendBest(dst []tidings.Score, labels []string, scores, probabilities []float64) (all, best []tidings.Score) {
	var top [tidings.ScoresMax]int
	n := 0
	for i := range labels {
		j := n
		for j > 0 && (scores[i] > scores[top[j-1]] || scores[i] == scores[top[j-1]] && labels[i] < labels[top[j-1]]) {
			j--
		}
		if j == len(top) {
			continue
		}
		n = min(n+1, len(top))
		copy(top[j+1:n], top[j:n-1])
		top[j] = i
	}
	first := len(dst)
	for _, i := range top[:n] {
		dst = append(dst, tidings.Score{Label: labels[i], Probability: probabilities[i]})
	}
	return dst, dst[first:len(dst):len(dst)]
}

func chainHash(chain uint64, p tidings.Position, label string) uint64 {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, 64), chain)
	b = binary.LittleEndian.AppendUint64(b, p.Sequence)
	b = binary.LittleEndian.AppendUint32(b, p.Line)
	return xxhash.Sum64(append(b, label...))
}
