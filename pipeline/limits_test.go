package pipeline

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"tidings"
	"tidings/features"
	"tidings/internal/broker"
)

// Properties, of log messages that no ingest of this program writes, up to the
// largest that the broker takes:
//   - a unit's record stays far below the largest there may be, so that it can
//     be committed: bad input never stops the stream;
//   - the entries are few, and those within the limits are documents;
//   - what is beyond is one dead letter that says how much it is.
func TestHostileMessagesFitIntoARecord(t *testing.T) {
	const largest = broker.RecordBytesMax - 4096
	document := func(i int) string { return fmt.Sprintf(`{"id":"d%d","text":"t"}`, i) }
	var good strings.Builder
	for i := range MessageLinesMax + 1000 {
		good.WriteString(document(i) + "\n")
	}
	long := strings.Repeat("\x01", 400)
	tests := map[string]struct {
		data      string
		kind      string // ""; an article
		documents int
		dead      int
		rejects   int
		ends      int
		labels    int
		idle      int
		says      string // in the last dead letter
	}{
		"short lines":        {data: strings.Repeat("x\n", largest/2), documents: 0, dead: MessageLinesMax + 1, says: fmt.Sprintf("%d lines", largest/2-MessageLinesMax)},
		"empty lines":        {data: strings.Repeat("\n", largest), documents: 0, dead: 1, says: "without a line"},
		"too many documents": {data: good.String(), documents: MessageLinesMax, dead: 1, says: "1000 lines"},
		"just enough":        {data: strings.TrimSuffix(strings.Join(strings.SplitAfterN(good.String(), "\n", MessageLinesMax+1)[:MessageLinesMax], ""), "\n"), documents: MessageLinesMax, dead: 0, says: ""},
		"one huge line":      {data: strings.Repeat("x", largest), documents: 0, dead: 1, says: "not_json"},
		"a huge second line": {data: document(1) + "\n" + strings.Repeat("x", largest-100) + "\n" + document(2), documents: 1, dead: 1, says: "2 lines"},
		"ugly lines":         {data: strings.Repeat(long+"\n", 3000), documents: 0, dead: MessageLinesMax + 1, says: fmt.Sprintf("%d lines", 3000-MessageLinesMax)},
		"huge ids":           {data: strings.Repeat(`{"id":"`+strings.Repeat("i", 4000)+`","text":"t"}`+"\n", 250), documents: 0, dead: 250, says: "id_too_long"},
		"a huge time":        {data: `{"id":"a","time":"` + strings.Repeat("9", largest-100) + `","text":"t"}`, dead: 1, says: "bad_time"},
		"a huge label":       {data: `{"id":"a","label":"` + strings.Repeat("l", largest-100) + `","text":"t"}`, dead: 1, says: "label_too_long"},
		"a huge name":        {data: `{"` + strings.Repeat("n", largest-100) + `":1,"labels":7}`, dead: 1, says: "not_json"},
		"a huge reject":      {kind: RejectRecord, data: `{"id":"` + strings.Repeat("é", 1<<20) + `","reason":"` + strings.Repeat("r", 1<<20) + `","detail":"` + strings.Repeat("é", 2<<20) + `"}`, rejects: 1},
		"no reject":          {kind: RejectRecord, data: strings.Repeat("x", largest), rejects: 1, says: "not JSON"},
		"a huge end":         {kind: ControlRecord, data: strings.Repeat("x", largest), ends: 1},
		"short labels":       {kind: LabelRecord, data: strings.Repeat("x\n", largest/2), dead: MessageLinesMax + 1, says: fmt.Sprintf("%d lines", largest/2-MessageLinesMax)},
		"labels":             {kind: LabelRecord, data: strings.Repeat(`{"id":"`+strings.Repeat("i", 1000)+`","label":"`+strings.Repeat("l", 256)+`","by":"`+strings.Repeat("b", 256)+`","time":"2020-01-01"}`+"\n", 256), labels: 256},
		"a huge late label":  {kind: LabelRecord, data: `{"id":"a","label":"` + strings.Repeat("l", largest-100) + `"}`, dead: 1, says: "label_too_long"},
		"a huge by":          {kind: LabelRecord, data: `{"id":"a","label":"l","by":"` + strings.Repeat("l", largest-100) + `"}`, dead: 1, says: "by_too_long"},
		"idle":               {kind: ControlRecord, data: IdleMark, idle: 1},
		"an end":             {kind: ControlRecord, data: EndMark, ends: 1},
		"a strange control":  {kind: ControlRecord, data: `{"kind":"` + strings.Repeat("x", largest-100) + `"}`, dead: 1, says: "unknown kind"},
		"an unknown kind":    {kind: "other", data: strings.Repeat("x", largest), dead: 1, says: "unknown kind"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var u Unit
			u.AddLog(broker.Record{Sequence: 5, Subject: "p.log." + cmp.Or(test.kind, ArticleRecord) + ".s", Data: []byte(test.data)})
			if err := NewTokenize(features.Options{}, func(uint64) bool { return true }).Step(&u); err != nil {
				t.Fatal(err)
			}
			kinds := map[Kind]int{}
			for i, e := range u.Entries {
				kinds[e.Kind]++
				if e.Position != (tidings.Position{Sequence: 5, Line: uint32(i)}) {
					t.Fatalf("entry %d stands at %v", i, e.Position)
				}
				if !utf8.ValidString(e.ID + string(e.Reason) + e.Detail) {
					t.Errorf("entry %d is cut inside a character", i)
				}
			}
			want := map[Kind]int{DocumentEntry: test.documents, DeadLetter: test.dead, RejectEntry: test.rejects, EndEntry: test.ends, LabelEntry: test.labels, IdleEntry: test.idle}
			maps.DeleteFunc(want, func(_ Kind, n int) bool { return n == 0 })
			if !maps.Equal(kinds, want) {
				t.Fatalf("entries by kind: %v, want %v", kinds, want)
			}
			if test.says != "" {
				e := u.Entries[len(u.Entries)-1]
				if !strings.Contains(string(e.Reason)+" "+e.Detail, test.says) {
					t.Errorf("the last dead letter is %s: %s", e.Reason, e.Detail)
				}
			}
			u.room(1)
			for _, section := range []byte{tokensSection, predictionsSection} {
				var c codec
				data, err := c.encode(&u, []byte{section}, 0, func(uint64) bool { return true })
				if err != nil || len(data) > broker.RecordBytesMax/4 {
					t.Errorf("a record of %d bytes (%v)", len(data), err)
				}
				again := Unit{From: 5, To: 5}
				if err := c.decode(&again, bytes.Clone(data), 0); err != nil || len(again.Entries) != len(u.Entries) {
					t.Errorf("%d of %d entries are read again (%v)", len(again.Entries), len(u.Entries), err)
				}
			}
		})
	}
}
