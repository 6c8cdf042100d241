package pipeline

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/cespare/xxhash/v2"

	"tidings"
	"tidings/features"
	"tidings/model"
)

// Learner is the core of classify, behind the join: it turns a document's terms
// and their df into a vector, predicts, then learns. The stage and the oracle
// call it alike, so what changes in learning changes here, once.
//
// It is a function of the entries that it meets, in the order of the log. All
// that it remembers is in save, so that a snapshot holds it.
type Learner struct {
	model      model.Model
	vectorizer *features.Vectorizer
	documents  features.Documents // so far: N of TF-IDF
	chain      uint64             // ledger: hash of all (position, label) learnt
	fixed      bool               // nothing is learnt: the model stays as it begins
	promoted   tidings.Position   // where the last version took over; only at-least-once asks, which saves nothing
	unlearnt   uint64             // labels beyond the model's limit
	watch      *watch             // of change

	wait LabelWait
	ring *Ring // the last documents, for labels that come later; nil: none are kept

	vector        tidings.Vector // of the document that was met last
	late          tidings.Vector // of one whose label came later
	scores        []float64
	probabilities []float64
}

// NewLearner starts from nothing.
func NewLearner(p Plan) (*Learner, error) {
	m, err := model.New(p.Model, p.Options)
	if err != nil {
		return nil, err
	}
	w, err := newWatch(p.Drift)
	if err != nil {
		return nil, err
	}
	return &Learner{model: m, vectorizer: features.NewVectorizer(p.Features), watch: w, fixed: p.Fixed, documents: features.NewDocuments(p.Features), wait: p.LabelWait, ring: NewRing(p.LabelWait)}, nil
}

// Meet takes the next document, with the df of its terms in term order, and
// fills its prediction if that is wanted. Learn, for the same document, comes
// next.
func (l *Learner) Meet(u *Unit, e *Entry, df []uint32, predict bool) {
	n := l.count(e)
	l.watch.document(u, e)
	if !predict && e.Truth == "" && l.ring == nil {
		return
	}
	terms := u.TermsOf(e)
	l.vectorizer.Vector(&l.vector, &u.Dict, terms, df, n)
	l.ring.Add(e, len(terms), &l.vector)
	if !predict && e.Truth == "" {
		return
	}
	l.scores = l.model.Predict(l.vector, l.scores)
	if predict {
		l.predict(u, e)
	}
	if e.Truth != "" {
		l.watch.outcome(e, l.likeliest())
	}
}

// likeliest is the label that l.scores speak for, "" where none is known.
func (l *Learner) likeliest() string {
	labels := l.model.Labels()
	if best := model.Best(labels, l.scores); best >= 0 {
		return labels[best]
	}
	return ""
}

// count counts a document, if anything is learnt, and returns N with it.
func (l *Learner) count(e *Entry) uint64 {
	if l.fixed {
		return l.documents.Next()
	}
	l.documents.Add(e.Time)
	return l.documents.N()
}

// predict writes what the model says of a document, from l.scores.
func (l *Learner) predict(u *Unit, e *Entry) {
	e.Version = l.model.Updates()
	labels := l.model.Labels()
	best := model.Best(labels, l.scores)
	if best < 0 {
		return
	}
	l.probabilities = l.model.Probabilities(l.scores, l.probabilities)
	e.Label, e.Probability = labels[best], l.probabilities[best]
	u.scores, e.Scores = appendBest(u.scores, labels, l.scores, l.probabilities)
}

// Learn learns the document that was met last, if it has a label and there is
// room for it.
func (l *Learner) Learn(e *Entry) (learnt bool, err error) {
	if e.Truth == "" || l.fixed {
		return false, nil
	}
	if learnt, err = l.teach(e, l.vector); learnt {
		l.ring.LearntLast(e.Truth)
	}
	return learnt, err
}

// teach learns an entry's label from a vector, of which l.scores are the scores.
func (l *Learner) teach(e *Entry, v tidings.Vector) (learnt bool, err error) {
	switch err := l.model.Learn(v, e.Truth, l.scores); {
	case errors.Is(err, model.ErrTooManyLabels):
		l.unlearnt++
		return false, nil
	case err != nil:
		return false, fmt.Errorf("the label at %v cannot be learnt: %w", e.Position, err)
	}
	l.chain = chainHash(l.chain, e.Position, e.Truth)
	return true, nil
}

// End fills in what there is to say of the model where a source ends; df sums
// the df partitions there.
func (l *Learner) End(e *Entry, dfDigest, dfDropped uint64) {
	e.DFDigest = dfDigest
	e.Dropped = Dropped{Terms: dfDropped, Cells: l.model.Dropped(), Labels: l.unlearnt}
	e.ModelDigest, e.Updates, e.Chain = l.model.Digest(), l.model.Updates(), l.chain
	e.DriftDigest = l.watch.digest()
}

// Model is the model that learns. Asking it changes nothing; nobody else may
// teach it.
func (l *Learner) Model() model.Model { return l.model }

// Accepted is how many documents were met.
func (l *Learner) Accepted() uint64 { return l.documents.Count() }

// Documents are those that were met, as df counts them.
func (l *Learner) Documents() features.Documents { return l.documents }

// Version is what the model is at now.
func (l *Learner) Version() Version { return Version{l.model.Updates(), l.chain} }

// copy copies what the learner remembers.
func (l *Learner) copy() *Learner {
	return &Learner{fixed: l.fixed, documents: l.documents, chain: l.chain, unlearnt: l.unlearnt, wait: l.wait, ring: l.ring.clone(), model: l.model.Clone(), watch: l.watch.clone()}
}

// learnerMagic begins what save writes. Programs of before began with the number
// of documents, which is less.
const learnerMagic = uint64(0xff)<<56 | 2

// save writes what the learner remembers: three numbers, the documents that wait
// for labels, the model, and the detectors of change.
func (l *Learner) save(w io.Writer) error {
	b := binary.LittleEndian.AppendUint64(nil, learnerMagic)
	b = binary.LittleEndian.AppendUint64(b, l.documents.Count())
	b = binary.LittleEndian.AppendUint64(b, l.chain)
	b = binary.LittleEndian.AppendUint64(b, l.unlearnt)
	b = l.documents.Append(b)
	if _, err := w.Write(b); err != nil {
		return err
	}
	if err := l.ring.save(w); err != nil {
		return err
	}
	if err := l.model.Save(w); err != nil {
		return err
	}
	return l.watch.save(w)
}

func (l *Learner) load(r io.Reader) (err error) {
	var b [24]byte
	if _, err := io.ReadFull(r, b[:8]); err != nil {
		return err
	}
	keeps := binary.LittleEndian.Uint64(b[:]) == learnerMagic
	rest := b[:]
	if !keeps { // labels that come later for its documents are of unknown ones
		rest = b[8:]
	}
	if _, err := io.ReadFull(r, rest); err != nil {
		return err
	}
	if err := l.documents.Resume(r, binary.LittleEndian.Uint64(b[:])); err != nil {
		return err
	}
	l.chain = binary.LittleEndian.Uint64(b[8:])
	l.unlearnt = binary.LittleEndian.Uint64(b[16:])
	l.ring = NewRing(l.wait)
	if keeps {
		if l.ring, err = loadRing(r, l.wait); err != nil {
			return err
		}
	}
	if l.model, err = model.Load(r); err != nil {
		return err
	}
	return l.watch.load(r)
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
