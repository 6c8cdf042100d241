package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"tidings"
	"tidings/model/drift"
)

// watch is what looks for change beside a learner: every replica has the same
// detectors at the same positions, so an alarm is known wherever its position is
// owned. They meet what the learner meets, in its order: the words of each
// document, then, before the label is learnt, whether the prediction was wrong.
type watch struct {
	options drift.Options
	set     *drift.Set
	terms   []uint64 // of the document that was met last
}

func newWatch(o drift.Options) (*watch, error) {
	set, err := drift.New(o)
	return &watch{options: o, set: set}, err
}

// document shows the words of the next document to the detectors. Whatever its
// entry said of alarms before is forgotten.
func (w *watch) document(u *Unit, e *Entry) {
	e.Alarms = nil
	if w.set.Len() == 0 {
		return
	}
	w.terms = w.terms[:0]
	for _, t := range u.TermsOf(e) {
		w.terms = append(w.terms, u.Dict.Hash(t.Ref))
	}
	e.Alarms = append(e.Alarms, w.set.Document(w.terms)...)
}

// outcome tells the detectors whether a label that is known now, and not learnt
// yet, was predicted. The entry is that of the label: of the document that it
// came with, or of its own where it came later.
func (w *watch) outcome(e *Entry, predicted string) {
	e.Alarms = append(e.Alarms, w.set.Outcome(predicted != e.Truth)...)
}

// digest hashes what the detectors remember; 0 where there are none.
func (w *watch) digest() uint64 {
	if w.set.Len() == 0 {
		return 0
	}
	return w.set.Digest()
}

// save writes what the detectors remember.
func (w *watch) save(to io.Writer) error { return w.set.Save(to) }

// load reads what save wrote. Where there is nothing, an older program wrote the
// snapshot, and the detectors begin with what comes behind it.
func (w *watch) load(from io.Reader) error {
	first := make([]byte, 1)
	var set *drift.Set
	_, err := io.ReadFull(from, first)
	if errors.Is(err, io.EOF) {
		set, err = drift.New(w.options)
	} else if err == nil {
		set, err = drift.Load(io.MultiReader(bytes.NewReader(first), from), w.options)
	}
	if err == nil {
		w.set = set
	}
	return err
}

func (w *watch) clone() *watch { return &watch{options: w.options, set: w.set.Clone()} }

// Alarm is what a detector said at a position.
type Alarm struct {
	Position tidings.Position
	Time     time.Time // event time of what stands there, zero when unknown
	drift.Alarm
}

// Baseline says whether the alarm is one of those that come each so many
// documents, whatever they say.
func (a Alarm) Baseline() bool { return a.Detector == drift.Every }

// String is the alarm as people read it.
func (a Alarm) String() string {
	if a.Time.IsZero() {
		return fmt.Sprintf("drift: %s, at %v", a.Detector, a.Position)
	}
	return fmt.Sprintf("drift: %s, at %v, %s", a.Detector, a.Position, a.Time.Format(time.DateOnly))
}

// AllAlarms are those of an entry, as the domain sees them.
func (e *Entry) AllAlarms() (all []Alarm) {
	for _, a := range e.Alarms {
		alarm := Alarm{Position: e.Position, Alarm: a}
		if e.Time != noTime {
			alarm.Time = time.Unix(0, e.Time).UTC()
		}
		all = append(all, alarm)
	}
	return all
}

// AllAlarms are the alarms of the unit, in log order.
func (u *Unit) AllAlarms() (all []Alarm) {
	for i := range u.Entries {
		all = append(all, u.Entries[i].AllAlarms()...)
	}
	return all
}

// AlarmLine is an alarm as outside readers see it: one JSON line.
type AlarmLine struct {
	Position  string    `json:"position"` // of the document at which it was found
	Time      time.Time `json:"time,omitzero"`
	Detector  string    `json:"detector"`
	Statistic float64   `json:"statistic"`
	Threshold float64   `json:"threshold"`
}

// NewAlarmLine converts an alarm.
func NewAlarmLine(a Alarm) AlarmLine {
	return AlarmLine{Position: a.Position.String(), Time: a.Time, Detector: a.Detector, Statistic: a.Statistic, Threshold: a.Threshold}
}
