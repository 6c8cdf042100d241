package topics

import (
	"errors"
	"fmt"
	"time"
)

// What the zero values of Options stand for.
const (
	PopularDefault    = 0.10
	OpenMaxDefault    = 1_000
	LabelsMaxDefault  = 1_000
	SessionMaxDefault = 30 * day
	FutureMaxDefault  = 24 * time.Hour
)

// Limits of Options.
const (
	WindowsMax     = 16
	OpenMaxLimit   = 100_000
	LabelsMaxLimit = 100_000
)

// Options say which windows are kept. They are part of a pipeline's stored
// plan: saved state can only be loaded under the options it was saved with.
// The zero value keeps windows of 24h and takes no document out of order.
type Options struct {
	// Windows are the definitions, each one counted by itself; at most
	// WindowsMax. None given: tumbling:24h.
	Windows []Definition `json:"windows"`
	// OutOfOrder is how far behind the highest event time a document may come
	// and still find its window open.
	OutOfOrder time.Duration `json:"out_of_order_ns"`
	// Lateness is how long, in event time, a window that is over still takes
	// documents. It is emitted when it is over, as provisional, and finally when
	// the lateness is over too.
	Lateness time.Duration `json:"lateness_ns,omitempty"`
	// EmitDocuments and EmitTime ask for provisional results of open windows that
	// have changed: each time so many documents were observed, and each time the
	// watermark has come so much further. 0: none.
	EmitDocuments uint64        `json:"emit_documents,omitempty"`
	EmitTime      time.Duration `json:"emit_time_ns,omitempty"`
	// KeepOpen leaves windows open where a source ends; without it they are
	// closed and emitted there.
	KeepOpen bool `json:"keep_open,omitempty"`
	// SessionMax is how long a session can be: sessions are cut at its multiples
	// from 1970 on, wherever they began, so that the order in which documents
	// come makes no difference. 0: SessionMaxDefault.
	SessionMax time.Duration `json:"session_max_ns,omitempty"`
	// FutureMax is how far ahead of the time at which the log stored a document
	// its event time may be. One beyond is in no window of event time and moves
	// no watermark: it would close all windows up to there. 0: FutureMaxDefault;
	// AnyFuture: no event time is too far ahead.
	FutureMax time.Duration `json:"future_max_ns,omitempty"`
	// Popular is the share above which a label is popular, in (0, 1];
	// 0: PopularDefault.
	Popular float64 `json:"popular"`
	// PopularUntil is the share below which a label that was popular in the window
	// before, of the same key, is popular no longer; 0: at Popular, whatever was
	// before. The window before is the one a step earlier, if it had documents; of
	// count windows the key's last one; of sessions the key's last one, if it lay
	// in the same stretch between two cuts or in the one before. Provisional results
	// take the window before as it stands then.
	PopularUntil float64 `json:"popular_until,omitempty"`
	// By keeps windows of their own for each source or label, closed by the one
	// watermark of all.
	By By `json:"by,omitempty"`
	// KeysMax is how many keys of a definition have windows at a time; documents of
	// further ones count under the key Other. 0: KeysMaxDefault.
	KeysMax int `json:"keys_max,omitempty"`
	// OpenMax is the number of windows of one definition and key that may be open
	// at once; 0: OpenMaxDefault. Of all keys together there are OpenMaxLimit.
	// Check refuses options under which one source could need more, so that none
	// of its documents is ever dropped for it.
	OpenMax int `json:"open_max"`
	// LabelsMax is the number of labels that one window tells apart, beyond
	// which they count as Other; 0: LabelsMaxDefault.
	LabelsMax int `json:"labels_max"`
	// Bursts and Stories are how many bursting terms and how many stories a window
	// tells, at most BurstsTopMax and StoriesTopMax; 0: none.
	Bursts  int `json:"bursts,omitempty"`
	Stories int `json:"stories,omitempty"`
}

// WithDefaults returns the options with every zero value replaced by what it
// stands for.
func (o Options) WithDefaults() Options {
	if len(o.Windows) == 0 {
		o.Windows = []Definition{{kind: tumbling, length: day, step: day}}
	}
	if o.Popular == 0 {
		o.Popular = PopularDefault
	}
	if o.OpenMax == 0 {
		o.OpenMax = OpenMaxDefault
	}
	if o.LabelsMax == 0 {
		o.LabelsMax = LabelsMaxDefault
	}
	return o
}

// Check reports all that is wrong with the options, joined, or nil.
func (o Options) Check() error {
	o = o.WithDefaults()
	problems := []error{o.checkNumbers()}
	if len(o.Windows) > WindowsMax {
		problems = append(problems, fmt.Errorf("%d windows are defined, the limit is %d", len(o.Windows), WindowsMax))
	}
	for i, d := range o.Windows {
		problems = append(problems, o.checkWindow(d))
		for _, earlier := range o.Windows[:i] {
			if d == earlier {
				problems = append(problems, fmt.Errorf("window %s is defined twice; leave one out", d))
				break
			}
		}
	}
	return errors.Join(problems...)
}

func (o Options) checkNumbers() error {
	var problems []error
	if o.OutOfOrder < 0 || o.OutOfOrder > LengthMax {
		problems = append(problems, fmt.Errorf("out of order by %s is not possible; give a time from 0 to %s", lengthString(o.OutOfOrder), lengthString(LengthMax)))
	}
	if o.Lateness < 0 || o.Lateness > LengthMax {
		problems = append(problems, fmt.Errorf("a lateness of %s is not possible; give a time from 0 to %s", lengthString(o.Lateness), lengthString(LengthMax)))
	}
	if o.EmitTime != 0 && checkLength(o.EmitTime) != nil {
		problems = append(problems, fmt.Errorf("provisional results every %s are not possible: %w", lengthString(o.EmitTime), checkLength(o.EmitTime)))
	}
	if o.FutureMax < 0 && o.FutureMax != AnyFuture || o.FutureMax > LengthMax {
		problems = append(problems, fmt.Errorf("%s ahead of the log is not possible; give a time from 0 to %s", lengthString(o.FutureMax), lengthString(LengthMax)))
	}
	if err := checkLength(o.sessionMax()); err != nil {
		problems = append(problems, fmt.Errorf("a longest session of %s is not possible: %w", lengthString(o.SessionMax), err))
	}
	if !(o.Popular > 0 && o.Popular <= 1) {
		problems = append(problems, fmt.Errorf("a popular share of %v is not possible; give a share above 0 and up to 1, such as %v", o.Popular, PopularDefault))
	}
	if u := o.PopularUntil; u != 0 && !(u > 0 && u <= o.Popular) {
		problems = append(problems, fmt.Errorf("popular until a share of %v is not possible; give a share above 0 and up to %v, from which on a label is popular", u, o.Popular))
	}
	if o.By != ByAll && o.By != BySource && o.By != ByLabel {
		_, err := ParseBy(string(o.By))
		problems = append(problems, err)
	}
	if o.KeysMax < 0 || o.KeysMax > KeysMaxLimit {
		problems = append(problems, fmt.Errorf("keys_max %d is not possible; give 1 to %d keys", o.KeysMax, KeysMaxLimit))
	}
	if o.By == ByAll && o.KeysMax > 0 {
		problems = append(problems, fmt.Errorf("keys_max %d is for windows by key; keep windows by source or label, or leave it out", o.KeysMax))
	}
	if o.OpenMax < 0 || o.OpenMax > OpenMaxLimit {
		problems = append(problems, fmt.Errorf("open_max %d is not possible; give 1 to %d windows", o.OpenMax, OpenMaxLimit))
	}
	if o.LabelsMax < 0 || o.LabelsMax > LabelsMaxLimit {
		problems = append(problems, fmt.Errorf("labels_max %d is not possible; give 1 to %d labels", o.LabelsMax, LabelsMaxLimit))
	}
	if o.Bursts < 0 || o.Bursts > BurstsTopMax {
		problems = append(problems, fmt.Errorf("%d bursts of a window are not possible; give 0 to %d", o.Bursts, BurstsTopMax))
	}
	if o.Stories < 0 || o.Stories > StoriesTopMax {
		problems = append(problems, fmt.Errorf("%d stories of a window are not possible; give 0 to %d", o.Stories, StoriesTopMax))
	}
	return errors.Join(problems...)
}

func (o Options) checkWindow(d Definition) error {
	switch {
	case d == (Definition{}):
		return errNoDefinition
	case d.kind == count || o.OutOfOrder < 0 || o.Lateness < 0 || o.sessionMax() <= 0:
		return nil
	case d.kind == session && d.length > o.sessionMax():
		return fmt.Errorf("window %s: a session is cut after %s, which is less than its gap; allow longer sessions", d, lengthString(o.sessionMax()))
	}
	behind := o.OutOfOrder + o.Lateness
	if needed := d.openNeeded(behind, o.sessionMax()); needed > int64(o.OpenMax) {
		return fmt.Errorf("window %s with documents out of order or late by up to %s keeps up to %d windows open, the limit is %d: documents would be dropped; allow less disorder, take longer windows or raise open_max",
			d, lengthString(behind), needed, o.OpenMax)
	} else if o.By != ByAll && o.KeysMax <= KeysMaxLimit && needed > int64(OpenMaxLimit/(o.keysMax()+1)) {
		return fmt.Errorf("window %s by %s with documents out of order or late by up to %s keeps up to %d windows of each of %d keys and of the others open, the limit is %d of all: documents would be dropped; allow less disorder, fewer keys or take longer windows",
			d, o.By, lengthString(behind), needed, o.keysMax(), OpenMaxLimit)
	}
	return nil
}

// AnyFuture is the Options.FutureMax that lets every event time pass.
const AnyFuture time.Duration = -1

// future says whether a document's event time is too far ahead.
func (o Options) future(d Document) bool {
	ahead := o.FutureMax
	switch {
	case ahead == AnyFuture || d.Logged == 0 || d.Time == NoTime || d.Time <= d.Logged:
		return false
	case ahead == 0:
		ahead = FutureMaxDefault
	}
	return uint64(d.Time)-uint64(d.Logged) > uint64(ahead)
}

func (o Options) keysMax() int {
	if o.KeysMax <= 0 {
		return KeysMaxDefault
	}
	return o.KeysMax
}

func (o Options) sessionMax() time.Duration {
	if o.SessionMax == 0 {
		return SessionMaxDefault
	}
	return o.SessionMax
}

// openNeeded is how many windows can be open at once: those that the stretch
// of time up to the highest event time, as long as documents can be behind, can
// touch. Sessions are at least a gap apart, or lie on either side of a cut.
func (d Definition) openNeeded(behind, sessionMax time.Duration) int64 {
	if d.kind == session {
		return 2 + int64(behind/d.length) + 1 + int64((behind+d.length)/sessionMax) + 1
	}
	return ceilDiv(behind+d.length, d.step)
}

func ceilDiv(a, b time.Duration) int64 { return int64((a-1)/b) + 1 }
