package bursts

import (
	"syscall"
	"testing"
	"time"

	"tidings/datasets/datasetstest"
	"tidings/features"
)

type article struct {
	Time        time.Time
	Title, Text string
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
	for _, a := range datasetstest.Read[article](tb, file, 0) {
		if day := a.Time.Format(time.DateOnly); day < from || day >= to {
			continue
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
	}
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
