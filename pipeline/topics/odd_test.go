package topics

import (
	"math"
	"testing"
	"time"
)

// Whatever a stream brings, at 1, 2, 4 and 8 partitions:
//   - every document is accounted for;
//   - no window is told empty, and none twice;
//   - no session is longer than may be, and sessions do not pile up.
func TestOddStreamsHarmNoWindow(t *testing.T) {
	hour := int64(time.Hour)
	at := func(times ...int64) (docs []Document) {
		for _, when := range times {
			docs = append(docs, Document{Time: when, Label: "x"})
		}
		return docs
	}
	var endless []Document
	for i := range int64(24 * 100) {
		endless = append(endless, Document{Time: i * hour, Label: "x"})
	}
	tests := map[string]struct {
		docs    []Document
		windows map[string]int // told, by definition
	}{
		"nothing":           {windows: map[string]int{}},
		"time zero":         {docs: at(0, 0, hour), windows: map[string]int{"tumbling:1h": 2, "sliding:2h/1h": 3, "session:2h": 1}},
		"the first of time": {docs: at(NoTime+1, 0), windows: map[string]int{"tumbling:1h": 2, "sliding:2h/1h": 4, "session:2h": 2}},
		"the end of time":   {docs: at(0, math.MaxInt64), windows: map[string]int{"tumbling:1h": 2, "sliding:2h/1h": 4, "session:2h": 2}},
		// Hours in which nothing came are no windows, however many they are.
		"years of nothing":   {docs: at(0, 24*365*10*hour), windows: map[string]int{"tumbling:1h": 2, "sliding:2h/1h": 4, "session:2h": 2}},
		"an endless session": {docs: endless, windows: map[string]int{"tumbling:1h": 2400, "sliding:2h/1h": 2401, "session:2h": 10}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, partitions := range []int{1, 2, 4, 8} {
				o := Options{Windows: []Definition{parse(t, "tumbling:1h"), parse(t, "sliding:2h/1h"), parse(t, "session:2h")}, SessionMax: 10 * day}
				told, twice := map[string]int{}, map[string]map[int64]bool{}
				sums := make([]Counts, len(o.Windows))
				for p := range partitions {
					s := New(o, p, partitions)
					emit := func(w Window) {
						told[w.Definition]++
						if twice[w.Definition] == nil {
							twice[w.Definition] = map[int64]bool{}
						}
						if w.Documents == 0 || twice[w.Definition][w.Number] {
							t.Errorf("%d partitions: %s %d is told with %d documents, before: %v", partitions, w.Definition, w.Number, w.Documents, twice[w.Definition][w.Number])
						}
						twice[w.Definition][w.Number] = true
						if w.Definition == "session:2h" && w.End.Sub(w.Start) > o.SessionMax+2*time.Hour {
							t.Errorf("%d partitions: a session lasts %s", partitions, w.End.Sub(w.Start))
						}
					}
					for _, d := range test.docs {
						s.Observe(d, emit)
						if open := s.tracks[2].open; open > 3 {
							t.Fatalf("%d sessions are open", open)
						}
					}
					s.EndOfSource("", emit)
					for i, c := range s.Counts() {
						sums[i].Add(c)
					}
				}
				for i, c := range sums {
					d := o.Windows[i].String()
					if told[d] != test.windows[d] || c.In != uint64(len(test.docs)) || c.Sum() != c.In || c.Dropped > 0 {
						t.Errorf("%d partitions, %s: %d windows, want %d; %+v", partitions, d, told[d], test.windows[d], c)
					}
				}
			}
		})
	}
}
