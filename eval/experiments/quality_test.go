package experiments_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tidings"
	"tidings/datasets/datasetstest"
	"tidings/eval/experiments"
	"tidings/features"
	"tidings/model"
)

var update = flag.Bool("update", false, "write the measured quality into testdata")

// graded are the data sets. One that is sorted by label is shuffled.
var graded = []struct {
	name     string
	shuffled bool
}{
	{"wikipedia-current-events", false},
	{"reuters-r8-train", false},
	{"ag-news-test", false},
	{"20newsgroups-train", true},
}

// timeless are documents from their lines, without their times.
func timeless(lines [][]byte) iter.Seq2[tidings.Document, error] {
	return func(yield func(tidings.Document, error) bool) {
		for _, line := range lines {
			var x struct{ ID, Label, Title, Text string }
			err := json.Unmarshal(line, &x)
			if !yield(tidings.Document{ID: x.ID, Label: x.Label, Title: x.Title, Text: x.Text}, err) {
				return
			}
		}
	}
}

// The quality of every model on every data set, each document predicted before it is
// learnt, and of stories where documents say which event they are about, is what
// testdata says: a change of quality is a change of that file. With
// -update it is written (make quality).
func TestQualityIsWhatTheGoldenFileSays(t *testing.T) {
	path := filepath.Join("testdata", "quality.txt")
	var stories string
	var running sync.WaitGroup
	rows := make([][]string, len(graded))
	corpora := make([]*experiments.Corpus, len(graded))
	for i, d := range graded {
		lines := datasetstest.Lines(t, d.name+".jsonl.gz", 0)
		if d.name == storied {
			running.Go(func() { stories = gradeStories(t, lines) })
		}
		if d.shuffled {
			random := rand.New(rand.NewPCG(1, 0))
			random.Shuffle(len(lines), func(a, b int) { lines[a], lines[b] = lines[b], lines[a] })
		}
		var err error
		if corpora[i], err = experiments.Load(timeless(lines), features.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	for i, d := range graded {
		running.Go(func() {
			for _, name := range model.Names() {
				q, err := experiments.Grade(corpora[i], name)
				if err != nil {
					t.Error(err)
				}
				rows[i] = append(rows[i], fmt.Sprintf("%-26s %6d %-8s %8.4f %8.4f %8.4f\n", d.name, corpora[i].Documents(), name, q.Accuracy, q.MacroF1, q.CalibrationError))
			}
		})
	}
	running.Wait()
	got := fmt.Sprintf("%-26s %6s %-8s %8s %8s %8s\n", "data set", "docs", "model", "accuracy", "macro-F1", "ECE")
	for _, of := range rows {
		got += strings.Join(of, "")
	}
	got += stories
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with -update", err)
	}
	before, now := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	if len(before) != len(now) {
		t.Fatalf("%s has %d lines, %d were measured; write it with -update", path, len(before), len(now))
	}
	for i := range now {
		if before[i] != now[i] {
			t.Errorf("%s is\n%s\nit was\n%s\nif that is meant, write it with -update", path, now[i], before[i])
		}
	}
}
