package pipeline

import (
	"slices"
	"time"

	"tidings"
	"tidings/features"
	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/model/drift"
	"tidings/pipeline/topics"
)

// Limits of a unit.
const (
	UnitDocumentsMax = 256       // where a unit under load ends
	UnitBytesMax     = 512 << 10 // of log messages; one message may be larger
	MessageLinesMax  = 256       // lines of one log message; those beyond are refused
	MessageTextMax   = 5 << 18   // bytes of one log message; lines beyond are refused
)

// Kind says what stands at a position.
type Kind uint8

// The kinds of entries.
const (
	DocumentEntry Kind = iota + 1
	DeadLetter         // a document that tokenize refused
	RejectEntry        // a row that was refused before it came into the log
	EndEntry           // a source has ended
	LostEntry          // at-most-once: a document of which a part is missing
	LabelEntry         // a label that came later than its document
	PromoteEntry       // a version takes over
	IdleEntry          // nothing comes from a source at the moment
	BarrierEntry       // all partitions save their state behind it; ID is its number
)

// noTime is the event time of a document that has none.
const noTime = topics.NoTime

// Entry is what stands at one position, and what the stages so far said of it.
type Entry struct {
	Position tidings.Position
	Kind     Kind
	ID       string
	Source   string
	Truth    string // the label the document came with, or the late label
	Reason   tidings.Reason
	Detail   string
	Time     int64 // event time, Unix nanoseconds, or noTime
	Logged   int64 // when the log stored it, Unix nanoseconds
	MadeUp   bool  // Time is, and may be later than Logged by any time

	terms, termsEnd uint32 // tokenize: the entry's part of Unit.Terms
	words, wordsEnd uint32 // likewise of Unit.Words

	By     string           // of a late label: who gave it; Time says when
	Target tidings.Position // of it: where its document stands, once that is known
	Fate   Fate             // classify: what became of it

	Label       string // classify: predicted
	Probability float64
	Scores      []tidings.Score
	Version     uint64
	Committed   int64 // when the prediction was stored, Unix nanoseconds; known to readers only

	Alarms      []drift.Alarm // classify: of change, found here
	DriftDigest uint64        // at an EndEntry: what the detectors remember there; 0 without any
	Promotion   *Promotion    // at a PromoteEntry: what takes over

	DFDigest, ModelDigest, Updates, Chain uint64 // at an EndEntry: the state there
	Dropped                               Dropped
}

// Clock is the log's time that the entry's event time is compared with: when the
// log stored it, Unix nanoseconds, 0 where event times are made up.
func (e *Entry) Clock() int64 {
	if e.MadeUp {
		return 0
	}
	return e.Logged
}

// Dropped counts what the state had no room for, up to an EndEntry.
type Dropped struct {
	Terms  uint64 // occurrences of terms beyond what df can hold, or terms that it forgot to make room
	Cells  uint64 // updates of cells beyond what the model may have
	Labels uint64 // labels not learnt, with their documents or later, being one too many
}

// Prediction is the entry of a document, as the domain sees it.
func (e *Entry) Prediction() tidings.Prediction {
	p := tidings.Prediction{
		Position: e.Position, ID: e.ID, Source: e.Source, Label: e.Label, Probability: e.Probability,
		Scores: e.Scores, Truth: e.Truth, Version: e.Version,
	}
	if e.Time != noTime {
		p.Time = time.Unix(0, e.Time).UTC()
	}
	return p
}

// message is one record of the log.
type message struct {
	sequence uint64
	kind     string
	source   string
	data     []byte
	stored   int64 // Unix nanoseconds
	madeUp   bool  // event times are

	refused error         // of a promotion: why it takes no effect
	version *ModelVersion // of a promotion: what takes over, if it was loaded
}

// Unit is a stretch of the log on its way through the stages. Each stage reads
// the columns that those before it filled and fills its own. A unit is owned
// by one goroutine at a time and used again when its work is committed.
type Unit struct {
	From, To uint64 // log sequences covered, both inclusive
	// Of a unit before the cursor, which an input brought again: which record
	// did, and the only tokenize partition whose entries it holds, from 1.
	Trigger   string
	Part      int
	Documents uint64 // lines of the log, as far as the reader knows; for fault plans
	After     uint64 // of results: the log sequence behind which they begin
	Barrier   bool   // a barrier stands at its end

	// Where records are met as they arrive (Plan.Races):
	met     guarantees.Met // of a unit that was met so: what it is
	count   uint64         // how many log messages its partition had met before, over all lanes
	counts  uint64         // how many it met with this unit
	aligned bool           // tokenize: all lanes have to come to this unit before one is met
	passing bool           // tokenize: it is a barrier, for which no lane waits

	bytes  int    // of the records that it was read from, as a whole
	places places // where the inputs are read from behind the unit, if the state is to be saved there; else nil

	messages []message // from the log

	Entries []Entry              // tokenize: by position
	Dict    features.Dictionary  // tokenize: the terms of all entries
	Terms   []features.TermCount // tokenize: of one entry after the other
	Words   []uint32             // likewise the order of their words, where bursts are asked for (features.Tokenizer.AppendOrdered)
	DF      [][]uint32           // df, by partition: a value for each of Terms that it owns, in order
	ends    [][]endDigest        // df, by partition: its digest at each EndEntry
	values  [][]valueEnd         // df, by partition: where the values of each log message end
	lost    []bool               // df, by partition: its values are lost
	Windows [][]topics.Window    // topics, by partition: those that the unit closed
	Counts  [][]topics.Counts    // topics, by partition: what became of the documents so far
	Late    [][]topics.Late      // topics, by partition: documents of the unit that came too late
	ahead   [][]topics.Late      // of a record that was read, by partition: those behind the unit that Counts count
	Learnt  Learnt               // classify: what it made of its model
	Traced  bool                 // of a record that was read: Learnt is known
	scores  []tidings.Score      // what Entry.Scores point into
}

// AddLog puts the next record of the log into the unit.
func (u *Unit) AddLog(r broker.Record) {
	if u.From == 0 {
		u.From = r.Sequence
	}
	u.To = r.Sequence
	kind, source := logTokens(r.Subject)
	u.messages = append(u.messages, message{
		sequence: r.Sequence, kind: kind, source: source, data: r.Data, stored: r.Time.UnixNano(), madeUp: r.Header.Get(HeaderTimes) == TimesMadeUp,
	})
}

// Reset empties the unit and keeps its memory.
func (u *Unit) Reset() {
	u.From, u.To, u.Trigger, u.Part, u.Documents, u.After = 0, 0, "", 0, 0, 0
	u.met, u.count, u.counts, u.aligned, u.passing = guarantees.Met{}, 0, 0, false, false
	u.places, u.bytes, u.Barrier = nil, 0, false
	clear(u.messages)
	u.messages = u.messages[:0]
	clear(u.Entries)
	u.Entries = u.Entries[:0]
	u.Dict.Reset()
	u.Terms, u.Words = u.Terms[:0], u.Words[:0]
	for i := range u.DF {
		u.DF[i] = u.DF[i][:0]
		u.ends[i] = u.ends[i][:0]
		u.values[i] = u.values[i][:0]
		u.lost[i] = false
		u.Windows[i] = u.Windows[i][:0]
		u.Counts[i] = u.Counts[i][:0]
		u.Late[i] = u.Late[i][:0]
		u.ahead[i] = nil
	}
	u.Learnt = Learnt{Missing: u.Learnt.Missing[:0], Skipped: u.Learnt.Skipped[:0]}
	u.Traced = false
	clear(u.scores)
	u.scores = u.scores[:0]
}

// room makes the columns divided by partition at least n wide.
func (u *Unit) room(n int) {
	for len(u.DF) < n {
		u.DF = append(u.DF, nil)
		u.ends = append(u.ends, nil)
		u.values = append(u.values, nil)
		u.lost = append(u.lost, false)
		u.Windows = append(u.Windows, nil)
		u.Counts = append(u.Counts, nil)
		u.Late = append(u.Late, nil)
		u.ahead = append(u.ahead, nil)
	}
}

// undo empties the columns that a worker's stages with state fill, so that they
// can step again.
func (u *Unit) undo(stage string) {
	for i := range u.DF {
		if stage == "" || stage == DFStage {
			u.DF[i], u.ends[i], u.values[i] = u.DF[i][:0], u.ends[i][:0], u.values[i][:0]
		}
		if stage == "" || stage == TopicsStage {
			u.Windows[i], u.Late[i] = u.Windows[i][:0], u.Late[i][:0]
		}
	}
}

// add puts the unit that follows behind this one. Both keep to themselves.
func (u *Unit) add(v *Unit) {
	u.To = v.To
	u.room(len(v.DF))
	for i := range v.Entries {
		e := v.Entries[i]
		terms := v.TermsOf(&e)
		e.words, e.wordsEnd = 0, 0 // nobody who joins reads them
		e.terms = uint32(len(u.Terms))
		for _, t := range terms {
			t.Ref = u.Dict.Add(v.Dict.Text(t.Ref))
			u.Terms = append(u.Terms, t)
		}
		e.termsEnd = uint32(len(u.Terms))
		u.Entries = append(u.Entries, e)
	}
	for p := range v.DF {
		u.DF[p] = append(u.DF[p], v.DF[p]...)
		u.ends[p] = append(u.ends[p], v.ends[p]...)
		u.lost[p] = u.lost[p] || v.lost[p]
	}
}

// keep leaves only the entries of log messages that owns lets through, with
// their values of n df partitions.
func (u *Unit) keep(n int, owns func(sequence uint64) bool) {
	route := newRouter(n)
	route.terms(&u.Dict)
	entries, terms := u.Entries[:0], u.Terms[:0]
	next, kept := make([]int, n), make([][]uint32, n)
	for _, e := range u.Entries {
		mine := owns(e.Position.Sequence)
		of := u.TermsOf(&e)
		e.terms = uint32(len(terms))
		for _, t := range of {
			p := route.at[t.Ref].partition
			if next[p] < len(u.DF[p]) {
				if mine {
					kept[p] = append(kept[p], u.DF[p][next[p]])
				}
				next[p]++
			}
			if mine {
				terms = append(terms, t)
			}
		}
		e.termsEnd = uint32(len(terms))
		if mine {
			entries = append(entries, e)
		}
	}
	clear(u.Entries[len(entries):])
	u.Entries, u.Terms = entries, terms
	for p := range n {
		u.DF[p] = kept[p]
		u.ends[p] = slices.DeleteFunc(u.ends[p], func(end endDigest) bool { return !owns(end.position.Sequence) })
	}
}

// documents counts the documents of the unit, for fault plans.
func (u *Unit) documents() (n uint64) {
	if u.Documents > 0 {
		return u.Documents
	}
	return uint64(len(u.Entries))
}

// span is the unit as guarantees knows it.
func (u *Unit) span() guarantees.Unit {
	if u.met.Lane > 0 {
		return guarantees.Unit{From: u.count + 1, To: u.count + u.counts, Met: u.met}
	}
	return guarantees.Unit{From: u.From, To: u.To, Trigger: u.Trigger, Part: u.Part}
}

// endDigest is the digest of one df partition where a source ends.
type endDigest struct {
	position tidings.Position
	digest   uint64
	dropped  uint64
}

// dfEnd sums what the df partitions said at a position.
func (u *Unit) dfEnd(p tidings.Position) (sum endDigest) {
	for _, ends := range u.ends {
		for _, end := range ends {
			if end.position == p {
				sum.digest += end.digest
				sum.dropped += end.dropped
			}
		}
	}
	return sum
}

// TermsOf is the entry's part of Terms.
func (u *Unit) TermsOf(e *Entry) []features.TermCount {
	return u.Terms[e.terms:e.termsEnd]
}

// WordsOf is the entry's part of Words.
func (u *Unit) WordsOf(e *Entry) []uint32 {
	return u.Words[e.words:e.wordsEnd]
}

// A Stage is a pure state machine. Step reads a unit's columns and fills its
// own; what it does depends on its state and the unit alone: not on the
// network, a clock, chance, or how the log was cut into units.
type Stage interface {
	Step(u *Unit) error
}
