package bursts

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tidings/features"
)

type article struct {
	Time        time.Time
	Title, Text string
}

// articles calls each for every one of a data set, found beside the project.
func articles(tb testing.TB, file string, each func(article)) {
	tb.Helper()
	path := filepath.Join("..", "..", "..", "..", "shared", "datasets", file)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("MISSING DATA: %s; CI must have it", path)
		}
		tb.Skipf("MISSING DATA, NOT TESTED: %s", path)
	}
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	for lines := json.NewDecoder(unzipped); ; {
		var a article
		if err := lines.Decode(&a); err == io.EOF {
			return
		} else if err != nil {
			tb.Fatal(err)
		}
		each(a)
	}
}

// frame is as many documents as go through a pipeline together.
type frame struct {
	dict   features.Dictionary
	terms  []features.TermCount
	order  []uint32
	orders []int
}

const frameDocuments = 256

// frames are documents tokenized beforehand, as they come to the stage.
func frames(tb testing.TB, file string, from, to string) (all []*frame) {
	tokenizer := features.NewTokenizer(features.Options{})
	articles(tb, file, func(a article) {
		if day := a.Time.Format(time.DateOnly); day < from || day >= to {
			return
		}
		if len(all) == 0 || len(all[len(all)-1].orders) == frameDocuments {
			all = append(all, new(frame))
		}
		f := all[len(all)-1]
		var err error
		if f.terms, f.order, err = tokenizer.AppendOrdered(f.terms, f.order, &f.dict, []byte(a.Title), []byte(a.Text)); err != nil {
			tb.Fatal(err)
		}
		f.orders = append(f.orders, len(f.order))
	})
	return all
}

// each calls f for every document of the frame.
func (f *frame) each(do func(order []uint32)) {
	word := 0
	for i := range f.orders {
		do(f.order[word:f.orders[i]])
		word = f.orders[i]
	}
}

// cpuTime is what the process has used: the machine may have others.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Documents of five years in windows of 1,000, each told.
func BenchmarkObserve(b *testing.B) {
	all := frames(b, "wikipedia-current-events.jsonl.gz", "2014-01-01", "2019-01-01")
	background := NewBackground()
	var t Terms
	w := new(Window)
	b.ReportAllocs()
	n, items := 0, 0
	began := cpuTime()
	for i := 0; b.Loop(); {
		f := all[i%len(all)]
		f.each(func(order []uint32) {
			background.Read(&t, &f.dict, order)
			w.Add(&t)
			items += len(t.items)
			if n++; n%1000 == 0 {
				w.Top(1000, 10)
				w.Reset()
			}
		})
		i++
	}
	b.ReportMetric(float64((cpuTime()-began).Nanoseconds())/float64(n), "cpu-ns/document")
	b.ReportMetric(float64(items)/float64(n), "items/document")
	b.ReportMetric(float64(background.evicted)/float64(n), "evicted/document")
}
