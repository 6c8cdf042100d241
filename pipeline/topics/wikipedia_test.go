package topics

import (
	"testing"
	"tidings/datasets/datasetstest"
	"time"
)

// On the Wikipedia stream, by the labels people gave, health is what the
// pandemic made of it: popular in no week of 2019, and in 39 of the 42 that begin
// from 12 March 2020 to the end of that year. Sorted by day, nothing is late.
func TestHealthBecomesPopularWithThePandemic(t *testing.T) {
	s := New(Options{Windows: []Definition{parse(t, "tumbling:7d")}}, 0, 1)
	weeks, popular := map[string]int{}, map[string]int{}
	emit := func(w Window) {
		span := w.Start.Format("2006")
		if span == "2020" && w.Start.Before(time.Date(2020, 3, 12, 0, 0, 0, 0, time.UTC)) {
			span = "early 2020"
		}
		weeks[span]++
		for _, share := range w.Shares {
			if share.Label == "Health and environment" && share.Popular {
				popular[span]++
			}
		}
	}
	documents(t, func(d Document) { s.Observe(d, emit) })
	s.EndOfSource("", emit)
	t.Logf("weeks %v, with health popular %v", weeks, popular)
	if c := s.Counts()[0]; c.Windowed != 59_914 || c.Late != 0 || c.Untimed != 0 || c.Open != 0 {
		t.Errorf("counts %+v", c)
	}
	if weeks["2019"] != 52 || popular["2019"] != 0 {
		t.Errorf("2019: popular in %d of %d weeks", popular["2019"], weeks["2019"])
	}
	if weeks["2020"] != 42 || popular["2020"] != 39 {
		t.Errorf("2020: popular in %d of %d weeks", popular["2020"], weeks["2020"])
	}
}

func documents(t *testing.T, each func(Document)) {
	t.Helper()
	type line struct {
		Time  time.Time
		Label string
	}
	for _, l := range datasetstest.Read[line](t, "wikipedia-current-events.jsonl.gz", 0) {
		each(Document{Time: Nanoseconds(l.Time), Label: l.Label})
	}
}
