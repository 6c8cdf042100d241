package ingest

import (
	"encoding/json"
	"time"

	"tidings"
)

// Status says what became of a document that came in live.
type Status string

// What can become of it.
const (
	Accepted    Status = "accepted"    // it is in the log, at Position
	Refused     Status = "refused"     // it cannot enter, now or later; Reason and Detail say why
	Busy        Status = "busy"        // it did not enter: send it again
	Unavailable Status = "unavailable" // it is not known to have entered: send it again, it enters once
)

// Answer is what the client hears of one document: a JSON line.
type Answer struct {
	Line      int            `json:"line,omitempty"` // of the request, from 1, where it has several
	ID        string         `json:"id,omitempty"`
	Status    Status         `json:"status"`
	Position  string         `json:"position,omitempty"`  // "sequence/line" in the log: the document's identity
	Duplicate bool           `json:"duplicate,omitempty"` // it had entered before, at Position
	Reason    tidings.Reason `json:"reason,omitempty"`
	Detail    string         `json:"detail,omitempty"`
	RetryMS   int64          `json:"retry_after_ms,omitempty"` // when to send it again
}

// When a client may send again.
const (
	busyRetry        = time.Second
	unavailableRetry = 2 * time.Second
)

func (a *Answer) accept(p tidings.Position, duplicate bool) {
	a.Status, a.Position, a.Duplicate = Accepted, p.String(), duplicate
}

func (a *Answer) refuse(reason tidings.Reason, detail string) {
	a.Status, a.Reason, a.Detail = Refused, reason, detail
}

func (a *Answer) busy(detail string) {
	a.Status, a.Detail, a.RetryMS = Busy, detail, busyRetry.Milliseconds()
}

func (a *Answer) unavailable(detail string) {
	a.Status, a.Detail, a.RetryMS = Unavailable, detail, unavailableRetry.Milliseconds()
}

// appendAnswers appends them as JSON lines.
func appendAnswers(dst []byte, answers []Answer) []byte {
	for i := range answers {
		line, err := json.Marshal(&answers[i])
		if err != nil { // strings and numbers always can be
			line = []byte(`{"status":"unavailable"}`)
		}
		dst = append(append(dst, line...), '\n')
	}
	return dst
}
