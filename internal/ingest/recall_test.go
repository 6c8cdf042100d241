package ingest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tidings"
	"tidings/datasets"
	"tidings/internal/broker/brokertest"
	"tidings/internal/ingest"
)

// Properties, of a source that repeats itself and is run again and again, as
// feeds are:
//   - a document enters once, whatever the run;
//   - a repeated id is passed over and counted, and is neither in the log nor
//     told;
//   - all rows are counted.
func TestASourceThatRepeats(t *testing.T) {
	b := brokertest.Embed(t)
	random := brokertest.Random(t)
	o := ingest.Options{Pipeline: "repeats", Source: "feed", Repeats: true, Clock: clock{now: noon}}
	o.Notice = func(text string) {
		if strings.Contains(text, "came before") {
			t.Errorf("told %q", text)
		}
	}
	var want []string
	known := map[string]bool{}
	for run := range 5 {
		rows := mixed(random, 60+20*run)
		for i := range rows {
			if rows[i].Document.ID != "" {
				rows[i].Document.ID = fmt.Sprintf("%d", random.IntN(200))
			}
		}
		fresh, repeated := freshEntries(rows, known)
		counts, err := ingest.Run(brokertest.Context(t), b, &source{rows: rows}, o)
		if err != nil {
			t.Fatal(err)
		}
		if counts.Repeated != repeated || counts.Rows != uint64(len(rows)) ||
			counts.Repeated+counts.Documents+counts.Rejected != counts.Rows {
			t.Errorf("run %d: %d rows, %d of them repeated, are counted as %+v", run, len(rows), repeated, counts)
		}
		want = append(append(want, fresh...), end)
	}
	same(t, logged(t, b, o), want)
}

// freshEntries are what the log gets of the rows of a source that repeats.
func freshEntries(rows []datasets.Row, known map[string]bool) (fresh []string, repeated uint64) {
	for _, r := range rows {
		entry := entries([]datasets.Row{r})
		if id := r.Document.ID; strings.HasPrefix(entry[0], "article") {
			if known[id] {
				repeated++
				continue
			}
			known[id] = true
		}
		fresh = append(fresh, entry...)
	}
	return fresh, repeated
}

// Properties, of a pipe that is read again after more documents than ids are
// remembered, beside another source that fills the log:
//   - the last IDsRemembered documents are passed over, those before them
//     enter again.
func TestAsManyIDsAreRecalledAsAreRemembered(t *testing.T) {
	b := brokertest.Embed(t)
	const beyond = 1000
	rows := make([]datasets.Row, ingest.IDsRemembered+beyond)
	for i := range rows {
		rows[i] = document(i)
	}
	o := ingest.Options{Pipeline: "many", Source: "pipe", Clock: clock{now: noon}}
	run := func(name string, rows []datasets.Row) ingest.Counts {
		t.Helper()
		o := o
		o.Source = name
		for i := range rows {
			rows[i].Number = uint64(i) + 1
		}
		counts, err := ingest.Run(brokertest.Context(t), b, &source{rows: rows}, o)
		if err != nil {
			t.Fatal(err)
		}
		return counts
	}
	third := len(rows) / 3
	run("pipe", rows[:third])
	run("other", slices.Clone(rows[:5000]))
	run("pipe", rows[third:])
	run("other", slices.Clone(rows[5000:10000]))
	// Whole messages are read back, so a few more may be known.
	newest := run("pipe", slices.Clone(rows[beyond:]))
	if want := (ingest.Counts{Rows: ingest.IDsRemembered, Skipped: ingest.IDsRemembered}); newest != want {
		t.Errorf("the newest are counted as %+v, want %+v", newest, want)
	}
	oldest := run("pipe", slices.Clone(rows[:beyond]))
	if oldest.Documents == 0 || oldest.Documents+oldest.Skipped != beyond {
		t.Errorf("the oldest %d are counted as %+v", beyond, oldest)
	}
}

// Properties, of a row under an id that an earlier run stored:
//   - the same document is passed over; another one is refused and told, and
//     its neighbours enter.
func TestAnotherDocumentUnderARecalledID(t *testing.T) {
	for name, change := range map[string]func(*tidings.Document){
		"the same":      func(*tidings.Document) {},
		"another text":  func(d *tidings.Document) { d.Text += "!" },
		"another label": func(d *tidings.Document) { d.Label = "z" },
		"another time":  func(d *tidings.Document) { d.Time = noon },
	} {
		t.Run(name, func(t *testing.T) {
			b := brokertest.Embed(t)
			o := ingest.Options{Pipeline: "again", Source: "pipe", Clock: clock{now: noon}}
			again := document(0)
			change(&again.Document)
			var last ingest.Counts
			for _, rows := range [][]datasets.Row{{document(0)}, {document(1), again, document(2)}} {
				var err error
				if last, err = ingest.Run(brokertest.Context(t), b, &source{rows: rows}, o); err != nil {
					t.Fatal(err)
				}
			}
			want := ingest.Counts{Rows: 3, Documents: 2, Rejected: 1}
			if name == "the same" {
				want = ingest.Counts{Rows: 3, Documents: 2, Skipped: 1}
			}
			if last != want {
				t.Errorf("counted as %+v, want %+v", last, want)
			}
		})
	}
}
