package ingest

import (
	"bytes"
	"testing"
	"time"

	"tidings/internal/jsonl"
)

type noonClock struct{ machineClock }

func (noonClock) Now() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// Properties, of any bytes that a client sends:
//   - there is an answer for each line that is not blank, in order, or one for
//     all of it;
//   - each document waits to be stored, or is refused with a reason, a detail
//     and its place;
//   - what waits is a line that the pipeline takes;
//   - where nobody hears the answers, each refusal waits to be stored as well.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		`{"id":"a","text":"b"}`, "{\"id\":\"a\",\"text\":\"b\"}\n\n{\"id\":\"a\"}\r\nwhat\n", "", "\n", " \n\x00", "[]", "{", "null",
		`{"id":1,"time":"2026-11-23","title":"x"}`, "\xff\xfe{\x00", `{"id":"\ud800","text":"\u0000"}`,
	} {
		f.Add([]byte(seed), false, true)
		f.Add([]byte(seed), true, false)
	}
	f.Fuzz(func(t *testing.T, data []byte, single, asks bool) {
		l := &Live{o: LiveOptions{Clock: noonClock{}, Notice: func(string) {}}}
		r, waiting := l.read(data, form{name: "p.in", single: single, linesMax: 8, asks: asks}, nil)
		lines := 0
		for row := range bytes.SplitSeq(data, []byte{'\n'}) {
			if len(bytes.TrimSpace(row)) > 0 {
				lines++
			}
		}
		if n := len(r.answers); n != lines && n != 1 || n == 0 {
			t.Fatalf("%d answers to %d lines of %q", n, lines, data)
		}
		refused, documents, rejects := 0, 0, 0
		for i := range r.answers {
			if a := r.answers[i]; a.Status == Refused {
				refused++
				if a.Reason == "" || !bytes.HasPrefix([]byte(a.Detail), []byte("p.in")) {
					t.Errorf("refused without a reason or a place: %+v", a)
				}
			}
		}
		var decoder jsonl.Decoder
		for _, a := range waiting {
			if a.reject {
				rejects++
				continue
			}
			documents++
			fields, err := decoder.Decode(a.line)
			if err == nil {
				err = fields.Check()
			}
			if err != nil || bytes.IndexByte(a.line, '\n') >= 0 || idHash(string(fields.ID)) != a.id {
				t.Errorf("the line %q of %q waits: %v", a.line, data, err)
			}
		}
		if refused+documents != len(r.answers) || r.open != len(waiting) || rejects > 0 && asks || !asks && rejects != refused {
			t.Errorf("%d answers, %d refused, %d documents and %d rejects wait", len(r.answers), refused, documents, rejects)
		}
		if len(appendAnswers(nil, r.answers)) == 0 {
			t.Error("the answers are empty")
		}
	})
}
