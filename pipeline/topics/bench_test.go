package topics

import (
	"fmt"
	"testing"
	"time"
)

// steady fills a state with all labels of the windows that stay open.
func steady(tb testing.TB) (*State, []Document) {
	s := New(Options{Windows: []Definition{parse(tb, "tumbling:24h"), parse(tb, "tumbling:7d"), parse(tb, "count:1000000000")}, OutOfOrder: 48 * time.Hour}, 0, 1)
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
