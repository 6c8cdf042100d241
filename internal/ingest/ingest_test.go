package ingest_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tidings"
	"tidings/datasets"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/internal/ingest"
	"tidings/pipeline"
)

// source delivers rows out of memory.
type source struct {
	rows []datasets.Row
	next int
	end  error           // what comes after the last row; nil is io.EOF
	at   func(index int) // called before a row is delivered
}

func (s *source) Next() (datasets.Row, error) {
	if s.next == len(s.rows) {
		return datasets.Row{}, cmp.Or(s.end, io.EOF)
	}
	if s.at != nil {
		s.at(s.next)
	}
	s.next++
	return s.rows[s.next-1], nil
}

func (s *source) Close() error { return nil }

// clock stands still; sleep is called instead of sleeping.
type clock struct {
	now   time.Time
	sleep func(ctx context.Context, d time.Duration) error
}

func (c clock) Now() time.Time { return c.now }

func (c clock) Sleep(ctx context.Context, d time.Duration) error {
	if c.sleep == nil {
		return errors.New("nothing here has to be waited for")
	}
	return c.sleep(ctx, d)
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// document is the i-th row, numbered from 0, and good.
func document(i int) datasets.Row {
	return datasets.Row{
		Number: uint64(i) + 1, File: "rows.jsonl", Line: uint64(i) + 10,
		Document: tidings.Document{ID: fmt.Sprintf("d%d", i), Text: fmt.Sprintf("text %d", i), Label: "ab"[i%2 : i%2+1]},
	}
}

// mixed are n rows, some of which cannot enter; ids that were refused for
// another reason come again.
func mixed(random *rand.Rand, n int) []datasets.Row {
	rows := make([]datasets.Row, n)
	for i := range rows {
		r := document(i)
		if i > 0 && random.IntN(8) == 0 {
			r.Document.ID = rows[random.IntN(i)].Document.ID
		}
		switch random.IntN(12) {
		case 0:
			r.Err = &datasets.RowError{File: r.File, Line: r.Line, Err: tidings.Refuse(tidings.ReasonNotJSON, "no JSON")}
			r.Document = tidings.Document{}
		case 1:
			r.Document.Text = " "
		case 2:
			r.Document.Time = noon.Add(ingest.FutureMax + time.Duration(1+random.IntN(1e9)))
		case 3:
			r.Document.Time = noon.Add(ingest.FutureMax - time.Duration(random.IntN(1e9)))
		}
		rows[i] = r
	}
	return rows
}

// entries are what the log has to hold of the rows, one a row, without the end
// record. It is for fewer rows than ids are remembered.
func entries(rows []datasets.Row) []string {
	seen := map[string]bool{}
	var out []string
	for _, r := range rows {
		reason := tidings.Reason("")
		switch d := r.Document; {
		case r.Err != nil:
			reason = tidings.ReasonNotJSON
		case d.ID == "":
			reason = tidings.ReasonNoID
		case strings.TrimSpace(d.Text) == "":
			reason = tidings.ReasonNoText
		case d.Time.After(noon.Add(ingest.FutureMax)):
			reason = tidings.ReasonFutureTime
		case seen[d.ID]:
			reason = tidings.ReasonDuplicateID
		}
		if reason != "" {
			out = append(out, fmt.Sprintf("reject %q %s rows.jsonl:%d", r.Document.ID, reason, r.Line))
			continue
		}
		seen[r.Document.ID] = true
		out = append(out, fmt.Sprintf("article %q %s", r.Document.ID, r.Document.Text))
	}
	return out
}

const end = "end"

// logged are the entries of one source in the log, in order. Each record has
// to carry the cursor that they add up to, and the row's place.
func logged(tb testing.TB, b *broker.Broker, o ingest.Options) (out []string) {
	tb.Helper()
	rows := 0
	for _, r := range brokertest.Records(tb, b, o.Pipeline.LogStream().Name) {
		switch r.Subject {
		case o.Pipeline.LogSubject(pipeline.ArticleRecord, o.Source):
			for line := range bytes.SplitSeq(r.Data, []byte{'\n'}) {
				var d struct{ ID, Text string }
				if err := json.Unmarshal(line, &d); err != nil {
					tb.Fatalf("record %d: %v in %q", r.Sequence, err, line)
				}
				out = append(out, fmt.Sprintf("article %q %s", d.ID, d.Text))
				rows++
			}
		case o.Pipeline.LogSubject(pipeline.RejectRecord, o.Source):
			var reject pipeline.Reject
			if err := json.Unmarshal(r.Data, &reject); err != nil {
				tb.Fatalf("record %d: %v", r.Sequence, err)
			}
			place, _, _ := strings.Cut(reject.Detail, ": ")
			out = append(out, fmt.Sprintf("reject %q %s %s", reject.ID, reject.Reason, place))
			rows++
		case o.Pipeline.LogSubject(pipeline.ControlRecord, o.Source):
			out = append(out, end)
		default:
			continue // another source's
		}
		if cursor := r.Header.Get("Tidings-Cursor"); o.Resumable && cursor != strconv.Itoa(rows) {
			tb.Fatalf("record %d says that %s rows are stored, %d are", r.Sequence, cursor, rows)
		}
	}
	return out
}

func same(tb testing.TB, got, want []string) {
	tb.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			tb.Fatalf("from entry %d on the log of %d has %q, want of %d %q", i, len(got), got[min(i, len(got)):min(i+3, len(got))], len(want), want[min(i, len(want)):min(i+3, len(want))])
		}
	}
}

// Properties, of a run that is cancelled again and again at any moment, by the
// source or as rows are stored, with messages of any size:
//   - the log holds each row once, in order: good ones as articles, the others
//     as rejects with reason and place, and one end record behind them all;
//   - it is the log of a run that nobody cancelled;
//   - each record's cursor is the number of rows up to it;
//   - a run on a source that has ended adds nothing.
func TestACancelledRunGoesOnWhereItLeftOff(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Embed(t)
	random := brokertest.Random(t)
	midway := 0
	for trial := range 14 {
		rows := mixed(random, random.IntN(1300))
		o := ingest.Options{
			Pipeline: pipeline.Name(fmt.Sprintf("trial%d", trial)), Source: "rows", Resumable: true,
			Pack: []int{0, 1, 2, 7, 100}[random.IntN(5)], Clock: clock{now: noon},
		}
		for range random.IntN(6) {
			if stored := cancelled(t, b, rows, o, random); stored > 0 && stored < uint64(len(rows)) {
				midway++
			}
		}
		for range 2 {
			counts, err := ingest.Run(brokertest.Context(t), b, &source{rows: rows}, o)
			if err != nil || counts.Rows != uint64(len(rows)) || counts.Skipped+counts.Documents+counts.Rejected != counts.Rows {
				t.Fatalf("%d rows were counted as %+v (%v)", len(rows), counts, err)
			}
			same(t, logged(t, b, o), append(entries(rows), end))
		}
	}
	if midway < 4 {
		t.Errorf("only %d runs were cancelled midway: the test proves little", midway)
	}
	t.Logf("%d runs were cancelled midway", midway)
}

// cancelled runs until it is cancelled at a random point, and returns how many
// rows are then stored that were not before.
func cancelled(t *testing.T, b *broker.Broker, rows []datasets.Row, o ingest.Options, random *rand.Rand) uint64 {
	t.Helper()
	ctx, cancel := context.WithCancel(brokertest.Context(t))
	defer cancel()
	s := &source{rows: rows}
	if at := random.IntN(len(rows) + 1); random.IntN(2) == 0 {
		s.at = func(i int) {
			if i == at {
				cancel()
			}
		}
	} else {
		puts, pause := random.IntN(1+2*len(rows)/max(o.Pack, 1)), random.IntN(200)
		o.Rows = func(ingest.Counts) {
			if puts--; puts == 0 {
				go func() { // it hits the middle of the next record
					for range pause {
						runtime.Gosched()
					}
					cancel()
				}()
			}
		}
	}
	counts, err := ingest.Run(ctx, b, s, o)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatalf("the cancelled run ended with %v", err)
	}
	return counts.Documents + counts.Rejected
}

// Properties, of a source that cannot be read to its end:
//   - Run says so with a SourceError that wraps the reader's;
//   - what came before is stored, and no end record;
//   - when it is whole again, the run goes on, and ends it once.
func TestABrokenSourceIsKeptUpToTheBreak(t *testing.T) {
	b := brokertest.Embed(t)
	rows := mixed(brokertest.Random(t), 300)
	o := ingest.Options{Pipeline: "broken", Source: "rows", Resumable: true, Clock: clock{now: noon}}
	broken := errors.New("unexpected end of the compressed file")
	_, err := ingest.Run(brokertest.Context(t), b, &source{rows: rows[:200], end: broken}, o)
	if sourceError := (*ingest.SourceError)(nil); !errors.As(err, &sourceError) || !errors.Is(err, broken) {
		t.Errorf("the run ended with %v", err)
	}
	same(t, logged(t, b, o), entries(rows[:200]))
	if _, err := ingest.Run(brokertest.Context(t), b, &source{rows: rows}, o); err != nil {
		t.Fatal(err)
	}
	same(t, logged(t, b, o), append(entries(rows), end))
}

// Properties:
//   - a source that has fewer rows than are stored of it, as with --limit,
//     does not move the cursor back: the rows are not stored again when they
//     come again;
//   - one that has grown goes on behind its end, and ends again.
func TestASourceThatShrinksAndGrows(t *testing.T) {
	b := brokertest.Embed(t)
	rows := mixed(brokertest.Random(t), 300)
	o := ingest.Options{Pipeline: "shrunk", Source: "rows", Resumable: true, Clock: clock{now: noon}}
	run := func(n int, end error) {
		t.Helper()
		if _, err := ingest.Run(brokertest.Context(t), b, &source{rows: rows[:n], end: end}, o); !errors.Is(err, end) {
			t.Fatal(err)
		}
	}
	run(100, errors.New("broken"))
	run(40, nil)
	run(0, nil)
	run(100, nil)
	same(t, logged(t, b, o), append(entries(rows[:100]), end))
	run(300, nil)
	same(t, logged(t, b, o), slices.Concat(entries(rows)[:100], []string{end}, entries(rows)[100:], []string{end}))
}

// Properties:
//   - a source that has no rows to count from, such as a pipe, is read from its
//     first row each time, and a document that an earlier run stored is passed
//     over; another document under its id is refused, as it was then;
//   - one whose last record has no cursor is refused, and nothing is written.
func TestResumingNeedsACursor(t *testing.T) {
	b := brokertest.Embed(t)
	rows := mixed(brokertest.Random(t), 50)
	o := ingest.Options{Pipeline: "pipe", Source: "stdin", Clock: clock{now: noon}}
	once := append(entries(rows), end)
	refused := slices.DeleteFunc(slices.Clone(once), func(s string) bool { return strings.HasPrefix(s, "article") })
	want := ingest.Counts{Rows: 50, Rejected: uint64(len(refused) - 1), Skipped: uint64(len(once) - len(refused))}
	for range 2 {
		counts, err := ingest.Run(brokertest.Context(t), b, &source{rows: rows}, o)
		if err != nil {
			t.Fatal(err)
		}
		if counts.Documents == 0 && counts != want {
			t.Errorf("counted as %+v, want %+v", counts, want)
		}
	}
	same(t, logged(t, b, o), slices.Concat(once, refused))

	o = ingest.Options{Pipeline: "pipe", Source: "foreign", Resumable: true, Clock: clock{now: noon}}
	all := o.Pipeline.LogSubject("*", o.Source)
	if _, err := b.Put(t.Context(), o.Pipeline.LogStream().Name, o.Pipeline.LogSubject(pipeline.ArticleRecord, o.Source), all, 0, nil, []byte(`{"id":"x","text":"y"}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.Run(brokertest.Context(t), b, &source{rows: rows}, o); err == nil || !strings.Contains(err.Error(), "no cursor") {
		t.Errorf("a source that another program wrote: %v", err)
	}
	if last, err := b.Last(t.Context(), o.Pipeline.LogStream().Name, all); err != nil || last.Header.Get("Tidings-Cursor") != "" {
		t.Errorf("its last record is another's: %v (%v)", last.Header, err)
	}
}

// Properties, of each reason for which a row may not enter:
//   - it is in the log as a reject with the reason, the id, and file and line;
//     it counts as rejected and a person is told;
//   - the row behind it enters.
func TestTheDoor(t *testing.T) {
	b := brokertest.Embed(t)
	change := func(f func(*datasets.Row)) datasets.Row {
		r := document(1)
		f(&r)
		return r
	}
	tests := map[string]struct {
		row     datasets.Row
		anyTime bool
		reason  tidings.Reason // "": it enters
		id      string
	}{
		"good":                 {row: document(1)},
		"unreadable":           {row: datasets.Row{Number: 2, Err: &datasets.RowError{File: "rows.jsonl", Line: 11, Err: tidings.Refuse(tidings.ReasonNotJSON, "no JSON")}}, reason: tidings.ReasonNotJSON},
		"unreadable somehow":   {row: datasets.Row{Number: 2, Err: errors.New("rows.jsonl:11: what is this?")}, reason: tidings.ReasonRow},
		"no id":                {row: change(func(r *datasets.Row) { r.Document.ID = "" }), reason: tidings.ReasonNoID},
		"no text":              {row: change(func(r *datasets.Row) { r.Document.Text = "" }), reason: tidings.ReasonNoText, id: "d1"},
		"a duplicate":          {row: change(func(r *datasets.Row) { r.Document.ID = "d0" }), reason: tidings.ReasonDuplicateID, id: "d0"},
		"an id that is huge":   {row: change(func(r *datasets.Row) { r.Document.ID = strings.Repeat("x", tidings.IDBytesMax+1) }), reason: tidings.ReasonIDTooLong},
		"in the past":          {row: change(func(r *datasets.Row) { r.Document.Time = noon.AddDate(-2000, 0, 0) })},
		"at the limit":         {row: change(func(r *datasets.Row) { r.Document.Time = noon.Add(ingest.FutureMax) })},
		"in the future":        {row: change(func(r *datasets.Row) { r.Document.Time = noon.Add(ingest.FutureMax + 1) }), reason: tidings.ReasonFutureTime, id: "d1"},
		"at a time made up":    {row: change(func(r *datasets.Row) { r.Document.Time = noon.AddDate(50, 0, 0) }), anyTime: true},
		"AnyTime lets nothing": {row: change(func(r *datasets.Row) { r.Document.Text = "" }), anyTime: true, reason: tidings.ReasonNoText, id: "d1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var notices []string
			o := ingest.Options{
				Pipeline: "door", Source: strings.ReplaceAll(name, " ", "_"), Resumable: true, AnyTime: test.anyTime, Clock: clock{now: noon},
				Notice: func(text string) { notices = append(notices, text) },
			}
			counts, err := ingest.Run(brokertest.Context(t), b, &source{rows: []datasets.Row{document(0), test.row, document(2)}}, o)
			if err != nil {
				t.Fatal(err)
			}
			want := []string{`article "d0" text 0`, `article "d1" text 1`, `article "d2" text 2`, end}
			wantCounts := ingest.Counts{Rows: 3, Documents: 3}
			if test.reason != "" {
				want[1] = fmt.Sprintf("reject %q %s rows.jsonl:11", test.id, test.reason)
				wantCounts = ingest.Counts{Rows: 3, Documents: 2, Rejected: 1}
			}
			same(t, logged(t, b, o), want)
			if counts != wantCounts {
				t.Errorf("counted as %+v, want %+v", counts, wantCounts)
			}
			if told := slices.ContainsFunc(notices, func(n string) bool { return strings.Contains(n, "rows.jsonl:11") }); told != (test.reason != "") {
				t.Errorf("told %q", notices)
			}
		})
	}
}

// Properties:
//   - of many refused rows a person is told of a few, and that there are more;
//   - of a source without rows too; both end the source in the log.
func TestAPersonIsNotFloodedWithNotices(t *testing.T) {
	b := brokertest.Embed(t)
	var bad []datasets.Row
	for i := range 1000 {
		bad = append(bad, document(i))
		bad[i].Document.Text = ""
	}
	for name, test := range map[string]struct {
		rows []datasets.Row
		told int
		last string
	}{"refused": {bad, 11, "more rows are refused"}, "empty": {nil, 1, "no rows"}} {
		var notices []string
		o := ingest.Options{Pipeline: "notices", Source: name, Clock: clock{now: noon}, Notice: func(text string) { notices = append(notices, text) }}
		if _, err := ingest.Run(brokertest.Context(t), b, &source{rows: test.rows}, o); err != nil && !errors.As(err, new(*ingest.RefusedError)) {
			t.Fatal(err)
		}
		if len(notices) != test.told || !strings.Contains(notices[len(notices)-1], test.last) {
			t.Errorf("%s: told %q", name, notices)
		}
		same(t, logged(t, b, o), append(entries(test.rows), end))
	}
}

// Properties, of rows that come slowly:
//   - a row is in the log before the next one comes, though messages could
//     hold more.
func TestLiveRowsAreSentAtOnce(t *testing.T) {
	for name, o := range map[string]ingest.Options{"live": {Live: true}, "at a rate": {Rate: 1e6}, "at a speed": {Speed: 1}} {
		t.Run(name, func(t *testing.T) {
			b := brokertest.Embed(t)
			ctx := brokertest.Context(t)
			o.Pipeline, o.Source, o.Resumable, o.Clock = "live", "rows", true, clock{now: noon}
			if err := b.CreateStream(ctx, o.Pipeline.LogStream()); err != nil {
				t.Fatal(err)
			}
			stream, err := b.Read(ctx, o.Pipeline.LogStream().Name, 1, broker.ReaderOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Close()
			rows := mixed(brokertest.Random(t), 50)
			for i := range rows {
				rows[i].Document.Time = time.Time{}
			}
			s := &source{rows: rows, at: func(i int) {
				if i == 0 {
					return
				}
				if _, err := stream.Next(ctx); err != nil { // waits for row i-1
					t.Errorf("row %d is not in the log while the next is waited for: %v", i, err)
				}
			}}
			if _, err := ingest.Run(ctx, b, s, o); err != nil {
				t.Fatal(err)
			}
			same(t, logged(t, b, o), append(entries(rows), end))
		})
	}
}
