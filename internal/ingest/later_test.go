package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
	"tidings/internal/jsonl"
	"tidings/pipeline"
)

// timed are n rows an hour apart, each with a label but every fifth; some are
// refused.
func timed(n int) []datasets.Row {
	rows := make([]datasets.Row, n)
	for i := range rows {
		rows[i] = document(i)
		rows[i].Document.Time = noon.Add(time.Duration(i-n) * time.Hour)
		switch {
		case i%5 == 4:
			rows[i].Document.Label = ""
		case i%11 == 7:
			rows[i].Document.Text = ""
		case i%13 == 6:
			rows[i].Document.Labels = []string{rows[i].Document.Label, "more"}
		}
	}
	return rows
}

// story is what a log holds of a source, in order: "d7" a document that came
// without its label, "d7=a" one that came with it, "a>d7" a label, "end".
func story(tb testing.TB, b *broker.Broker, o ingest.Options) (out []string) {
	tb.Helper()
	var d jsonl.Decoder
	for _, r := range brokertest.Records(tb, b, o.Pipeline.LogStream().Name) {
		for line := range bytes.SplitSeq(r.Data, []byte{'\n'}) {
			switch r.Subject {
			case o.Pipeline.LogSubject(pipeline.ControlRecord, o.Source):
				out = append(out, end)
			case o.Pipeline.LogSubject(pipeline.ArticleRecord, o.Source):
				f, err := d.Decode(line)
				if err != nil {
					tb.Fatal(err)
				}
				text := string(f.ID)
				if len(f.Label) > 0 {
					text += "=" + string(f.Label)
				}
				out = append(out, text)
			case o.Pipeline.LogSubject(pipeline.LabelRecord, o.Source):
				l, err := d.DecodeLabel(line)
				if err != nil {
					tb.Fatal(err)
				}
				out = append(out, l.Label+">"+l.ID)
			}
		}
	}
	return out
}

// Properties, of a source whose labels come later, and that is stopped behind
// every record and run again until it is through:
//   - the log holds what it holds when nothing stops it: no label is lost, none
//     comes twice;
//   - no document has its label; each label of a document that entered comes,
//     in order, not before it is due and by a quarter later at most;
//   - the end stands behind all labels.
func TestLabelsThatComeLaterSurviveStops(t *testing.T) {
	rows := timed(120)
	for name, d := range map[string]ingest.Delay{
		"16 documents":    {Documents: 16},
		"all documents":   {Documents: 500},
		"1 document":      {Documents: 1},
		"a time":          {Time: 12 * time.Hour},
		"a share":         {Documents: 16, Fraction: .5, Seed: 3},
		"a share at once": {Fraction: .5, Seed: 3},
	} {
		t.Run(name, func(t *testing.T) {
			o := ingest.Options{Source: "s" + d.Name(), Resumable: true, Delay: d, Clock: clock{now: noon}}
			var want []string
			for stopAt := 0; ; stopAt += 1 + stopAt {
				b := brokertest.Open(t, broker.Options{})
				o.Pipeline = "p"
				stops := runStopping(t, b, rows, o, stopAt)
				got := story(t, b, o)
				if stopAt == 0 {
					want = got
					checkStory(t, rows, d, want)
				}
				if !slices.Equal(got, want) {
					t.Fatalf("stopped behind every %d records:\n got %v\nwant %v", stopAt, got, want)
				}
				if stopAt > 0 && stops == 0 || stopAt > 40 {
					break
				}
			}
		})
	}
}

// runStopping runs a source and stops it behind every so many records; 0: never.
func runStopping(t *testing.T, b *broker.Broker, rows []datasets.Row, o ingest.Options, every int) (stops int) {
	t.Helper()
	for {
		ctx, cancel := context.WithCancel(t.Context())
		records := 0
		o.Rows = func(ingest.Counts) {
			if records++; records == every {
				cancel()
			}
		}
		_, err := ingest.Run(ctx, b, &source{rows: rows}, o)
		cancel()
		if err == nil {
			return stops
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		stops++
	}
}

func checkStory(t *testing.T, rows []datasets.Row, d ingest.Delay, story []string) {
	t.Helper()
	place := map[string]bool{} // ids of documents that have come
	documents, labels, last, with, row := 0, 0, -1, 0, 0
	total := 0
	for _, text := range story {
		if text != end && !strings.Contains(text, ">") {
			total++
		}
	}
	for i, text := range story {
		label, id, isLabel := strings.Cut(text, ">")
		switch {
		case text == end:
			if i != len(story)-1 {
				t.Errorf("the end is not the last: %v", story)
			}
		case isLabel:
			labels++
			n, _ := strconv.Atoi(id[1:])
			if came := place[id]; !came || n <= last || rows[n].Document.Label != label {
				t.Errorf("label %s: its document had come: %t, the label before was of row %d", text, came, last)
			}
			last = n
			behind := row - n
			if d.Documents > 0 && documents < total && (behind < int(d.Documents)-2 || behind > int(d.Documents)*5/4+3) {
				t.Errorf("label %s came %d rows later", text, behind)
			}
		default:
			id, label, has := strings.Cut(text, "=")
			documents++
			row, _ = strconv.Atoi(id[1:])
			place[id] = true
			if has {
				with++
				n, _ := strconv.Atoi(id[1:])
				if d.Documents > 0 || d.Time > 0 || rows[n].Document.Label != label {
					t.Errorf("document %s has a label", text)
				}
			}
		}
	}
	all := 0
	for _, r := range rows {
		if r.Document.Text != "" && r.Document.Label != "" {
			all++
		}
	}
	share := float64(labels+with) / float64(all)
	if d.Fraction == 0 && labels != all || d.Fraction > 0 && (share < .3 || share > .7) {
		t.Errorf("%d labels came later and %d at once, of %d", labels, with, all)
	}
}

// Properties: which documents have a label depends on their ids and the seed,
// and about so many have.
func TestAShareOfLabelsIsChosenByID(t *testing.T) {
	chosen := func(seed uint64) (ids []string) {
		l := ingest.NewLater(ingest.Delay{Fraction: .1, Seed: seed})
		for i := range 5000 {
			d := tidings.Document{ID: fmt.Sprint("d", i), Label: "a"}
			if l.Take(uint64(i), &d); d.Label != "" {
				ids = append(ids, d.ID)
			}
		}
		return ids
	}
	one, again, other := chosen(1), chosen(1), chosen(2)
	if !slices.Equal(one, again) || slices.Equal(one, other) || len(one) < 400 || len(one) > 600 {
		t.Errorf("%d, %d and %d of 5000 documents", len(one), len(again), len(other))
	}
}
