package topics

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidings"
)

// Each partition tells of the late documents whose window it owns, once.
func TestALateDocumentIsToldWithTheWindowThatItMissed(t *testing.T) {
	o := Options{Windows: []Definition{parse(t, "tumbling:1h"), parse(t, "session:1h"), parse(t, "count:2")}}
	docs := []Document{
		{Time: int64(5 * time.Hour), Label: "a", Position: tidings.Position{Sequence: 1}, ID: "new"},
		{Time: int64(3*time.Hour + time.Minute), Label: "b", Source: "feed", Position: tidings.Position{Sequence: 2, Line: 7}, ID: "old"},
		{Time: NoTime, Label: "b", Position: tidings.Position{Sequence: 3}, ID: "untimed"},
	}
	late := func(definition string, number int64) Late {
		return Late{Definition: definition, Number: number, Position: Place{tidings.Position{Sequence: 2, Line: 7}}, ID: "old", Source: "feed", Label: "b",
			Time: time.Date(1970, 1, 1, 3, 1, 0, 0, time.UTC), BehindMS: (119 * time.Minute).Milliseconds()}
	}
	want := []Late{late("tumbling:1h", 3), late("session:1h", int64(3*time.Hour+time.Minute))}
	for _, partitions := range []int{1, 2, 4} {
		var got [2][]Late
		var sum Counts
		for p := range partitions {
			s := New(o, p, partitions)
			for _, d := range docs {
				s.Observe(d, nil)
			}
			for _, l := range s.TakeLate(nil) {
				if l.Definition == "tumbling:1h" {
					got[0] = append(got[0], l)
				} else {
					got[1] = append(got[1], l)
				}
			}
			if again := s.TakeLate(nil); len(again) > 0 {
				t.Errorf("told twice: %v", again)
			}
			sum.Add(s.Counts()[0])
		}
		if diff := cmp.Diff(want, append(got[0], got[1]...)); diff != "" {
			t.Errorf("%d partitions (- want, + got):\n%s", partitions, diff)
		}
		if sum.Late != 1 || sum.Listed != 1 {
			t.Errorf("%d partitions: counts %+v", partitions, sum)
		}
	}
}

// Properties: among as many documents as a unit has, no more is told than
// LateBytesMax; which documents are told of does not depend on partitions, nor on a
// restart; the others are counted; the next documents have room again.
func TestWhatIsToldOfLateDocumentsIsBounded(t *testing.T) {
	o := Options{Windows: []Definition{parse(t, "tumbling:1h")}}
	told := func(partitions int) (all map[string]uint64, sum Counts) {
		all = map[string]uint64{}
		for p := range partitions {
			s := New(o, p, partitions)
			s.Observe(Document{Time: int64(day)}, nil)
			for i := range int64(2 * lateBlock) {
				if i == 100 {
					all = union(all, s.TakeLate(nil))
					again, err := Load(strings.NewReader(string(saved(t, s))), o, p, partitions)
					if err != nil {
						t.Fatal(err)
					}
					s = again
				}
				s.Observe(Document{Time: i * int64(time.Minute), ID: strings.Repeat("x", tidings.IDBytesMax-5) + fmt.Sprint(i)}, nil)
			}
			all = union(all, s.TakeLate(nil))
			sum.Add(s.Counts()[0])
		}
		return all, sum
	}
	want, sum := told(1)
	if sum.Late != 2*lateBlock || sum.Listed != uint64(len(want)) || sum.Listed >= sum.Late || sum.Listed < 2*(LateBytesMax/1300) {
		t.Errorf("%d told of, counts %+v", len(want), sum)
	}
	for _, partitions := range []int{2, 4, 8} {
		got, of := told(partitions)
		if diff := cmp.Diff(want, got); diff != "" || of != sum {
			t.Errorf("%d partitions, counts %+v (- at one, + got):\n%s", partitions, of, diff)
		}
	}
}

func union(all map[string]uint64, late []Late) map[string]uint64 {
	for _, l := range late {
		all[l.ID] = l.Digest()
	}
	return all
}

func TestDigestsTellLateDocumentsApart(t *testing.T) {
	base := func() Late {
		return Late{Definition: "count:3", Key: "k", Number: 1, Position: Place{tidings.Position{Sequence: 1, Line: 2}}, ID: "a", Source: "s", Label: "l", Time: time.Unix(5, 5), BehindMS: 4}
	}
	tests := map[string]func(*Late){
		"definition": func(l *Late) { l.Definition = "count:4" },
		"key":        func(l *Late) { l.Key = "" },
		"number":     func(l *Late) { l.Number = 2 },
		"position":   func(l *Late) { l.Position.Line = 3 },
		"id":         func(l *Late) { l.ID = "b" },
		"source":     func(l *Late) { l.Source, l.Label = "l", "s" },
		"time":       func(l *Late) { l.Time = time.Unix(5, 6) },
		"behind":     func(l *Late) { l.BehindMS = 5 },
	}
	for name, change := range tests {
		l := base()
		change(&l)
		if l.Digest() == base().Digest() {
			t.Errorf("%s: the digest is the same", name)
		}
	}
}

func TestHowFarBehindIsToldBetweenTheEndsOfTime(t *testing.T) {
	tests := []struct{ at, watermark, want int64 }{
		{0, 0, 0}, {5, 4, 0}, {0, int64(time.Millisecond), 1}, {NoTime + 1, 1<<63 - 1, 1<<63/500_000 - 0},
	}
	for _, tt := range tests {
		if got := behind(tt.at, tt.watermark); got != tt.want && tt.want < 1000 || got < 0 {
			t.Errorf("behind(%d, %d) = %d, want %d", tt.at, tt.watermark, got, tt.want)
		}
	}
}
