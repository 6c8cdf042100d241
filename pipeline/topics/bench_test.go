package topics

import (
	"fmt"
	"testing"
	"time"
)

func steadyOptions(tb testing.TB) Options {
	return Options{Windows: []Definition{parse(tb, "tumbling:24h"), parse(tb, "tumbling:7d"), parse(tb, "count:1000000000"), parse(tb, "sliding:7d/1d"), parse(tb, "session:3h")}, OutOfOrder: 48 * time.Hour}
}

// steady fills a state with all labels of the windows that stay open, of every
// kind.
func steady(tb testing.TB) (*State, []Document) {
	s := New(steadyOptions(tb), 0, 1)
	docs := make([]Document, 1000)
	for i := range docs {
		docs[i] = Document{Time: int64(3*day) - int64(i%30)*int64(time.Hour), Label: fmt.Sprintf("label %d", i%10)}
		s.Observe(docs[i], nil)
	}
	return s, docs
}

func TestObserveAllocatesNothingInSteadyState(t *testing.T) {
	s, docs := steady(t)
	i := 0
	if n := testing.AllocsPerRun(1000, func() {
		s.Observe(docs[i%len(docs)], nil)
		i++
	}); n != 0 {
		t.Errorf("%v allocations a document", n)
	}
}

func BenchmarkObserve(b *testing.B) {
	s, docs := steady(b)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s.Observe(docs[i], nil)
		if i++; i == len(docs) {
			i = 0
		}
	}
}

// Sessions are as far apart as they can be while all of them stay open, and all
// end at once.
func BenchmarkCloseSessions(b *testing.B) {
	const sessions = 1000
	o := Options{Windows: []Definition{parse(b, "session:1m")}, OutOfOrder: 990 * 2 * time.Minute, OpenMax: 5000}
	if err := o.Check(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		s, closed := New(o, 0, 1), 0
		for i := range int64(sessions) {
			for range 5 {
				s.Observe(Document{Time: i * int64(2*time.Minute), Label: "x"}, nil)
			}
		}
		b.StartTimer()
		s.EndOfSource("", func(Window) { closed++ })
		if closed < 980 {
			b.Fatalf("%d sessions were closed at once", closed)
		}
	}
}

// As BenchmarkObserve, with windows of 30 sources and hysteresis.
func BenchmarkObserveByKey(b *testing.B) {
	for _, by := range []By{BySource, ByLabel} {
		b.Run(by.String(), func(b *testing.B) {
			o := steadyOptions(b)
			o.By, o.PopularUntil = by, .08
			s := New(o, 0, 1)
			docs := make([]Document, 1000)
			for i := range docs {
				docs[i] = Document{Time: int64(3*day) - int64(i%30)*int64(time.Hour), Label: fmt.Sprintf("label %d", i%10), Source: fmt.Sprintf("source %d", i%30)}
			}
			for range 30 {
				for i := range docs {
					s.Observe(docs[i], nil)
				}
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				s.Observe(docs[i], nil)
				if i++; i == len(docs) {
					i = 0
				}
			}
		})
	}
}
