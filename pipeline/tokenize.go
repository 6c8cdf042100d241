package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"tidings"
	"tidings/features"
	"tidings/internal/jsonl"
)

// Tokenize turns log messages to entries with term counts. It has no state.
// It is the only stage that refuses a document, so that those behind it agree
// on which documents there are; what it refuses becomes a dead letter.
type Tokenize struct {
	tokenizer *features.Tokenizer
	decoder   jsonl.Decoder
	owns      func(sequence uint64) bool

	// Ordered makes it fill Words, too.
	Ordered bool
}

// NewTokenize makes the stage for those log messages that owns lets through.
func NewTokenize(o features.Options, owns func(sequence uint64) bool) *Tokenize {
	return &Tokenize{tokenizer: features.NewTokenizer(o), owns: owns}
}

// Step fills Entries, Dict and Terms from the unit's messages.
func (s *Tokenize) Step(u *Unit) error {
	for i := range u.messages {
		m := &u.messages[i]
		if !s.owns(m.sequence) {
			continue
		}
		switch m.kind {
		case ArticleRecord:
			s.lines(u, m, DocumentEntry, s.article)
		case LabelRecord:
			s.lines(u, m, LabelEntry, s.label)
		case RejectRecord:
			u.Entries = append(u.Entries, rejectEntry(m))
		case ControlRecord:
			u.Entries = append(u.Entries, controlEntry(m))
		default:
			u.Entries = append(u.Entries, Entry{Position: tidings.Position{Sequence: m.sequence}, Source: m.source, Time: noTime, Logged: m.stored})
			refuse(&u.Entries[len(u.Entries)-1], m.data, tidings.Refuse(ReasonUnknownRecord, fmt.Sprintf("a log record of the unknown kind %q", m.kind)))
		}
	}
	return nil
}

// lines makes an entry of a kind of each line of a message.
func (s *Tokenize) lines(u *Unit, m *message, kind Kind, parse func(u *Unit, e *Entry, row []byte) error) {
	line, read := uint32(0), 0
	for rest := m.data; len(rest) > 0; {
		var row []byte
		left := rest
		row, rest, _ = bytes.Cut(rest, []byte{'\n'})
		if len(row) == 0 {
			continue
		}
		read += len(row)
		u.Entries = append(u.Entries, Entry{
			Position: tidings.Position{Sequence: m.sequence, Line: line},
			Kind:     kind, Source: m.source, Time: noTime, Logged: m.stored,
		})
		e := &u.Entries[len(u.Entries)-1]
		e.terms = uint32(len(u.Terms))
		if line >= MessageLinesMax || read > MessageTextMax && line > 0 {
			// One entry for all that is left: what a message can make of a
			// record is bounded too.
			e.termsEnd = e.terms
			refuse(e, left, tidings.Refuse(ReasonMessageTooBig, fmt.Sprintf("a log message carries at most %d lines and %d bytes; the %d lines beyond are left out",
				MessageLinesMax, MessageTextMax, 1+bytes.Count(bytes.TrimRight(left, "\n"), []byte{'\n'}))))
			return
		}
		err := parse(u, e, row)
		e.termsEnd = uint32(len(u.Terms))
		if err != nil {
			refuse(e, row, err)
		}
		e.MadeUp = m.madeUp && e.Time != noTime
		line++
	}
	if line == 0 {
		u.Entries = append(u.Entries, Entry{Position: tidings.Position{Sequence: m.sequence}, Source: m.source, Time: noTime, Logged: m.stored})
		refuse(&u.Entries[len(u.Entries)-1], nil, tidings.Refuse(tidings.ReasonNotJSON, "a record without a line"))
	}
}

func (s *Tokenize) article(u *Unit, e *Entry, row []byte) error {
	f, err := s.decoder.Decode(row)
	if err != nil {
		return err
	}
	e.ID = string(f.ID)
	if err := f.Check(); err != nil {
		return err
	}
	t, err := jsonl.ParseTime(f.Time)
	if err != nil {
		return err
	}
	if !t.IsZero() {
		e.Time = t.UnixNano()
	}
	if len(f.Label) > 0 {
		e.Truth = string(f.Label)
	}
	if !s.Ordered {
		u.Terms, err = s.tokenizer.Append(u.Terms, &u.Dict, f.Title, f.Text)
		return err
	}
	e.words = uint32(len(u.Words))
	u.Terms, u.Words, err = s.tokenizer.AppendOrdered(u.Terms, u.Words, &u.Dict, f.Title, f.Text)
	e.wordsEnd = uint32(len(u.Words))
	return err
}

// label reads a late label. Which document it is about is found out behind.
func (s *Tokenize) label(_ *Unit, e *Entry, row []byte) error {
	l, err := s.decoder.DecodeLabel(row)
	e.ID = l.ID
	if err != nil {
		return err
	}
	e.Truth, e.By, e.Target = l.Label, l.By, l.Position
	if !l.Time.IsZero() {
		e.Time = l.Time.UnixNano()
	}
	return nil
}

// Why the log's records are refused, beside the reasons of a document.
const (
	ReasonMessageTooBig tidings.Reason = "message_too_big" // the lines beyond a log message's limits
	ReasonUnknownRecord tidings.Reason = "unknown_record"
)

// deadHeadBytes is how much of a refused line a dead letter shows.
const deadHeadBytes = 96

// refuse makes a dead letter of an entry: why, and enough of the line to find
// it again.
func refuse(e *Entry, row []byte, err error) {
	e.Kind, e.Time, e.Truth, e.By, e.Target = DeadLetter, noTime, "", "", tidings.Position{}
	e.Reason = tidings.ReasonNotJSON
	var d *tidings.DocumentError
	if errors.As(err, &d) {
		e.Reason = d.Reason
	}
	e.ID = clip(e.ID, tidings.IDBytesMax)
	head := row[:min(len(row), deadHeadBytes)]
	e.Detail = fmt.Sprintf("%v; %d bytes that begin %q, xxhash64 %016x", err, len(row), head, xxhash.Sum64(row))
}

// Reject is the log's record of a row that was refused at the door.
type Reject struct {
	ID     string         `json:"id,omitempty"`
	Reason tidings.Reason `json:"reason"`
	Detail string         `json:"detail"` // which file and line, and what is wrong with it
}

func rejectEntry(m *message) Entry {
	var r Reject
	e := Entry{Position: tidings.Position{Sequence: m.sequence}, Kind: RejectEntry, Source: m.source, Time: noTime, Logged: m.stored}
	if err := json.Unmarshal(m.data, &r); err != nil {
		r = Reject{Reason: tidings.ReasonNotJSON, Detail: "a reject record that is not JSON"}
	}
	e.ID, e.Detail = clip(r.ID, tidings.IDBytesMax), clip(r.Detail, rejectDetailBytes)
	e.Reason = tidings.Reason(clip(string(r.Reason), rejectReasonBytes))
	return e
}

// How much of a reject record is kept: another program may have written it.
const (
	rejectDetailBytes = 4 << 10
	rejectReasonBytes = 64
)

// clip cuts a string that is too long, between characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
