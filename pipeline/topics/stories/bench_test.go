package stories

import (
	"syscall"
	"testing"
	"time"

	"tidings"
	"tidings/features"
)

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Documents of a year and a half, tokenized beforehand in units as large as a
// pipeline's, over and over: time goes on, and the state is full before the clock
// starts.
func BenchmarkObserve(b *testing.B) {
	tokenizer := features.NewTokenizer(features.Options{})
	var dict *features.Dictionary
	var all []Document
	articles(b, "2015-07-01", "2017-01-01", func(a article) {
		if len(all)%256 == 0 {
			dict = new(features.Dictionary)
		}
		terms, err := tokenizer.Append(nil, dict, []byte(a.Title), []byte(a.Text))
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, Document{Position: tidings.Position{Sequence: uint64(len(all) + 1)}, Time: a.Time.UnixNano(), Label: a.Label, Dict: dict, Terms: terms})
	})
	s := New(Options{})
	round := time.Duration(all[len(all)-1].Time - all[0].Time)
	observe := func(i int) {
		d := all[i%len(all)]
		d.Time += int64(round) * int64(i/len(all))
		s.Observe(d)
	}
	for i := range 2 * len(all) {
		observe(i)
	}
	b.ReportAllocs()
	began := cpuTime()
	for i := 2 * len(all); b.Loop(); i++ {
		observe(i)
	}
	b.ReportMetric(float64((cpuTime()-began).Nanoseconds())/float64(b.N), "cpu-ns/op") // the machine may have others
	b.ReportMetric(float64(s.Open()), "stories")
}
