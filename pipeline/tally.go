package pipeline

import (
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"

	"tidings"
	"tidings/eval/metric"
	"tidings/pipeline/topics"
)

// windowsKept is how many closed windows of each definition a tally remembers.
const windowsKept = 4

// recentDocuments is how many labelled documents the running accuracy looks
// back.
const recentDocuments = 1000

// Tally adds up what a pipeline has committed: it is a function of the
// committed records alone, so a run that was killed and went on ends with the
// tally of a run that was not.
type Tally struct {
	Documents   uint64
	Labelled    uint64
	Predictions uint64
	Duplicates  uint64 // positions that came twice
	Lost        uint64 // positions that never came
	DeadLetters uint64
	Rejected    uint64
	Late        LateCounts // labels that came later than their documents
	Promotions  uint64     // versions that took over
	Windows     uint64
	Updates     uint64
	After       uint64 // the log sequence behind which the account begins: what was before has been deleted
	To          uint64 // the last log sequence covered

	Confusion  metric.Confusion
	Confidence Confidence
	Recent     *metric.Windowed
	Latency    metric.Latency
	Reasons    map[tidings.Reason]uint64
	Last       map[string][]topics.Window // the last windows of each definition, oldest first
	Counts     []topics.Counts            // by definition, over all partitions
	Alarms     AlarmTally

	DFDigest, ModelDigest uint64 // at the last end of a source
	Chain                 uint64
	Dropped               Dropped
	WindowsDigest         uint64 // sum of the windows' digests, provisional results among them, in any order

	digest *xxhash.Digest
	last   tidings.Position
	counts [][]topics.Counts

	unscored unscored
}

// NewTally starts from nothing.
func NewTally() *Tally {
	return &Tally{
		Recent: metric.NewWindowed(recentDocuments), Confidence: NewConfidence(), digest: xxhash.New(),
		Reasons: map[tidings.Reason]uint64{}, Last: map[string][]topics.Window{},
	}
}

// Begin makes the account begin behind a log sequence: nothing before it is
// missed.
func (t *Tally) Begin(after uint64) {
	t.After, t.To = after, after
	t.last = tidings.Position{Sequence: after, Line: ^uint32(0)}
}

// Add takes the next stretch of results.
func (t *Tally) Add(u *Unit) {
	if t.To == 0 && u.After > 0 {
		t.Begin(u.After)
	}
	for i := range u.Entries {
		t.entry(&u.Entries[i])
	}
	if u.To > t.To {
		t.Lost += missing(t.last.Sequence, u.To+1)
		t.last = tidings.Position{Sequence: u.To, Line: ^uint32(0)}
		t.To = u.To
	}
	for _, w := range u.AllWindows() {
		t.window(w)
	}
	for p := range u.Counts {
		for len(t.counts) <= p {
			t.counts = append(t.counts, nil)
		}
		if len(u.Counts[p]) > 0 {
			t.counts[p] = append(t.counts[p][:0], u.Counts[p]...)
		}
	}
	t.sum()
}

func (t *Tally) entry(e *Entry) {
	if e.Position.Compare(t.last) <= 0 {
		t.Duplicates++
		return
	}
	if e.Position.Sequence != t.last.Sequence {
		t.Lost += missing(t.last.Sequence, e.Position.Sequence) + uint64(e.Position.Line)
	} else {
		t.Lost += uint64(e.Position.Line-t.last.Line) - 1
	}
	t.last = e.Position
	t.Alarms.add(e)
	switch e.Kind {
	case DocumentEntry:
		t.document(e)
	case LabelEntry:
		t.late(e)
	case LostEntry:
		t.Lost++
	case DeadLetter:
		t.DeadLetters++
		t.Reasons[e.Reason]++
	case RejectEntry:
		t.Rejected++
		t.Reasons[e.Reason]++
	case PromoteEntry:
		t.Promotions++
	case EndEntry:
		t.DFDigest, t.ModelDigest, t.Updates, t.Chain, t.Dropped = e.DFDigest, e.ModelDigest, e.Updates, e.Chain, e.Dropped
	}
}

// missing is how many log sequences lie between two.
func missing(last, next uint64) uint64 {
	if next <= last+1 {
		return 0
	}
	return next - last - 1
}

func (t *Tally) document(e *Entry) {
	t.Documents++
	t.Predictions++
	_, _ = t.digest.WriteString(e.ID)
	_, _ = t.digest.Write([]byte{0})
	_, _ = t.digest.WriteString(e.Label)
	_, _ = t.digest.Write([]byte{'\n'})
	t.Confidence.Add(e.Truth, e.Label, e.Probability)
	if e.Truth != "" {
		t.Labelled++
		t.Confusion.Add(e.Truth, e.Label)
		t.Recent.Add(e.Truth == e.Label)
	} else {
		t.unscored.add(e.Position, e.Label, e.Probability)
	}
	if e.Committed > 0 {
		t.Latency.Record(time.Duration(max(0, e.Committed-e.Logged)))
	}
}

// late counts a label that came later. With the first one of a document the
// prediction that was made when the document came is scored.
func (t *Tally) late(e *Entry) {
	t.Late.add(e.Fate)
	label, probability, found := t.unscored.take(e.Target)
	if !found {
		return
	}
	t.Labelled++
	t.Confusion.Add(e.Truth, label)
	t.Recent.Add(e.Truth == label)
	t.Confidence.AddLabel(e.Truth, label, probability)
}

func (t *Tally) window(w topics.Window) {
	t.WindowsDigest += w.Digest()
	if w.Provisional {
		return
	}
	t.Windows++
	kept := append(t.Last[w.Definition], w)
	if len(kept) > windowsKept {
		kept = kept[1:]
	}
	t.Last[w.Definition] = kept
}

// sum adds the partitions' window counts.
func (t *Tally) sum() {
	t.Counts = t.Counts[:0]
	for _, partition := range t.counts {
		for i, c := range partition {
			if i == len(t.Counts) {
				t.Counts = append(t.Counts, topics.Counts{Definition: c.Definition})
			}
			t.Counts[i].Add(c)
		}
	}
}

// PredictionsDigest hashes (position order, id, label).
func (t *Tally) PredictionsDigest() string { return Digest(t.digest.Sum64()) }

// Digest writes a digest as people and files see it.
func Digest(d uint64) string { return fmt.Sprintf("%016x", d) }
