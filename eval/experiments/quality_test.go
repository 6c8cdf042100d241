package experiments_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
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
	"tidings/eval/experiments"
	"tidings/features"
	"tidings/model"
)

var (
	update = flag.Bool("update", false, "write the measured quality into testdata")
	whole  = flag.Bool("whole", false, "measure quality on whole data sets")
)

// graded are the data sets, and how many documents are taken of each where they
// are not taken whole. One that is sorted by label is shuffled.
var graded = []struct {
	name      string
	documents int
	shuffled  bool
}{
	{"wikipedia-current-events", 4000, false},
	{"reuters-r8-train", 2500, false},
	{"ag-news-test", 3000, false},
	{"20newsgroups-train", 1200, true},
}

// linesOf reads a data set beside the project.
func linesOf(t *testing.T, name string) (lines [][]byte) {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "datasets", name+".jsonl.gz"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("a data set is missing, and CI must not go without it: %v", err)
		}
		t.Skipf("SKIPPED, A DATA SET IS MISSING: %v; put the data sets beside the project to run this", err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(unzipped)
	scanner.Buffer(nil, 1<<24)
	for scanner.Scan() {
		lines = append(lines, bytes.Clone(scanner.Bytes()))
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
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

// The quality of every model on every data set is what testdata says, each document
// predicted before it is learnt: a change of quality is a change of that file. With
// -update it is written; with -whole all documents are taken, which takes minutes
// (make quality).
func TestQualityIsWhatTheGoldenFileSays(t *testing.T) {
	path := filepath.Join("testdata", "quality.txt")
	if *whole {
		path = filepath.Join("testdata", "quality-whole.txt")
	}
	rows := make([][]string, len(graded))
	corpora := make([]*experiments.Corpus, len(graded))
	for i, d := range graded {
		lines := linesOf(t, d.name)
		if d.shuffled {
			random := rand.New(rand.NewPCG(1, 0))
			random.Shuffle(len(lines), func(a, b int) { lines[a], lines[b] = lines[b], lines[a] })
		}
		if !*whole {
			lines = lines[:d.documents]
		}
		var err error
		if corpora[i], err = experiments.Load(timeless(lines), features.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	var running sync.WaitGroup
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
