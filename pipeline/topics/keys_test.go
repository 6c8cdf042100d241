package topics

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// all runs documents through all partitions and returns what is told, in the
// order of a single partition's, and the counts.
func all(tb testing.TB, o Options, partitions int, docs []Document) (told []string, sum Counts, late []Late) {
	tb.Helper()
	if err := o.Check(); err != nil {
		tb.Fatal(err)
	}
	at := make([][]string, len(docs)+1)
	for p := range partitions {
		s := New(o, p, partitions)
		i := 0
		emit := func(w Window) {
			if s.options.Owner(w, partitions) != p {
				tb.Errorf("partition %d of %d tells of %s, %q %d", p, partitions, w.Definition, w.Key, w.Number)
			}
			var shares []string
			for _, share := range w.Shares {
				mark := ""
				if share.Popular {
					mark = "*"
				}
				shares = append(shares, fmt.Sprintf("%s%s:%d", share.Label, mark, share.Documents))
			}
			at[i] = append(at[i], fmt.Sprintf("%s %d: %s", w.Key, w.Number, strings.Join(shares, " ")))
		}
		for ; i < len(docs); i++ {
			s.Observe(docs[i], emit)
		}
		for _, source := range referenceKeys(Options{By: BySource}, eventsOf(docs)) {
			s.EndOfSource(source, emit)
		}
		sum.Add(s.Counts()[0])
		late = s.TakeLate(late)
	}
	for _, of := range at {
		if partitions > 1 {
			slices.Sort(of)
		}
		told = append(told, of...)
	}
	return told, sum, late
}

func eventsOf(docs []Document) (events []event) {
	for _, d := range docs {
		events = append(events, event{doc: d})
	}
	return events
}

func hours(t int64) int64 { return t * int64(time.Hour) }

// Each source has windows of its own, and all of them close by one watermark.
func TestWindowsBySource(t *testing.T) {
	o := Options{Windows: []Definition{parse(t, "tumbling:2h")}, By: BySource, Popular: .5}
	docs := []Document{
		{Time: hours(10), Source: "b", Label: "x"}, {Time: hours(11), Source: "a", Label: "x"},
		{Time: hours(11), Source: "b", Label: "y"}, {Time: hours(13), Source: "b", Label: "y"},
		{Time: hours(13), Source: "a"}, {Time: hours(10), Source: "b"},
	}
	for _, partitions := range []int{1, 2, 4, 8} {
		got, sum, _ := all(t, o, partitions, docs)
		slices.Sort(got)
		want := []string{"a 5: x*:1", "a 6: :1", "b 5: x:1 y:1", "b 6: y*:1"}
		if diff := cmp.Diff(want, got); diff != "" || sum.Late != 1 || sum.Windowed != 5 {
			t.Errorf("%d partitions, counts %+v, windows (- want, + got):\n%s", partitions, sum, diff)
		}
	}
}

// Keys beyond the limit count together, until a key is gone; what is told of
// late documents has their own key.
func TestMoreKeysThanThereMayBe(t *testing.T) {
	o := Options{Windows: []Definition{parse(t, "tumbling:1h")}, By: ByLabel, KeysMax: 2}
	docs := []Document{
		{Time: 0, Label: "a"}, {Time: 0, Label: "b"}, {Time: 0, Label: "c"}, {Time: 0, Label: "d"}, {Time: 0, Label: "a"},
		{Time: hours(1), Label: "d"}, {Time: hours(1), Label: strings.Repeat("long", 100)}, {Time: 5, Label: "e"},
	}
	for _, partitions := range []int{1, 2, 4, 8} {
		got, sum, late := all(t, o, partitions, docs)
		slices.Sort(got)
		want := []string{"(other) 0: c*:1 d*:1", "(other) 1: (other):1", "a 0: a*:2", "b 0: b*:1", "d 1: d*:1"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d partitions, windows (- want, + got):\n%s", partitions, diff)
		}
		if want := (Counts{In: 8, Windowed: 7, Pooled: 3, Late: 1, Listed: 1}); sum != want {
			t.Errorf("%d partitions, counts %+v, want %+v", partitions, sum, want)
		}
		if len(late) != 1 || late[0].Key != "e" || late[0].Number != 0 {
			t.Errorf("%d partitions, late: %+v", partitions, late)
		}
	}
}

// A label that was popular in the window before stays so above the lower share;
// a window without documents between them, or another key, breaks the chain.
func TestALabelStaysPopularAboveTheLowerShare(t *testing.T) {
	doc := func(hour int64, source, labels string) (docs []Document) {
		for _, l := range labels {
			docs = append(docs, Document{Time: hours(hour), Source: source, Label: string(l)})
		}
		return docs
	}
	tests := map[string]struct {
		window string
		by     By
		docs   [][]Document
		want   []string
	}{
		"tumbling": {"tumbling:1h", ByAll, [][]Document{doc(0, "", "aaab"), doc(1, "", "aabb"), doc(2, "", "abbb"), doc(3, "", "aabb"), doc(5, "", "aabb")},
			[]string{" 0: a*:3 b:1", " 1: a*:2 b:2", " 2: b*:3 a:1", " 3: a:2 b*:2", " 5: a:2 b:2"}},
		"by source": {"tumbling:1h", BySource, [][]Document{doc(0, "x", "aaab"), doc(0, "y", "ab"), doc(1, "x", "ab"), doc(1, "y", "ab")},
			[]string{"x 0: a*:3 b:1", "x 1: a*:1 b:1", "y 0: a:1 b:1", "y 1: a:1 b:1"}},
		"sliding": {"sliding:2h/1h", ByAll, [][]Document{doc(0, "", "aaab"), doc(2, "", "ab")},
			[]string{" -1: a*:3 b:1", " 0: a*:3 b:1", " 1: a*:1 b:1", " 2: a*:1 b:1"}},
		"sessions": {"session:30m", ByAll, [][]Document{doc(0, "", "aaab"), doc(1, "", "ab"), doc(24*29, "", "ab"), doc(24*90, "", "ab")},
			[]string{" 0: a*:3 b:1", " 3600000000000: a*:1 b:1", " 2505600000000000: a*:1 b:1", " 7776000000000000: a:1 b:1"}},
		"count": {"count:4", BySource, [][]Document{doc(0, "x", "aaab"), doc(0, "y", "aabb"), doc(0, "x", "aabb"), doc(0, "y", "ab")},
			[]string{"x 0: a*:3 b:1", "x 2: a*:2 b:2", "y 1: a:2 b:2", "y 3: a:1 b:1"}},
	}
	for name, tt := range tests {
		for _, partitions := range []int{1, 2, 4, 8} {
			o := Options{Windows: []Definition{parse(t, tt.window)}, By: tt.by, Popular: .6, PopularUntil: .5}
			docs := slices.Concat(tt.docs...)
			got, _, _ := all(t, o, partitions, docs)
			slices.Sort(got)
			slices.Sort(tt.want)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s, %d partitions (- want, + got):\n%s", name, partitions, diff)
			}
		}
	}
}

// A key's count window that is not full does not stay open for ever: it is closed
// when SilentWindows times its size of other documents came.
func TestACountWindowOfASilentKeyIsClosed(t *testing.T) {
	o := Options{Windows: []Definition{parse(t, "count:2")}, By: BySource}
	docs := []Document{{Source: "rare", Label: "x"}}
	for range 2 * SilentWindows {
		docs = append(docs, Document{Source: "often"})
	}
	s := New(o, 0, 1)
	var got []string
	for i, d := range docs {
		s.Observe(d, func(w Window) {
			if w.Key == "rare" {
				got = append(got, fmt.Sprintf("after %d: %d to %d, %d documents", i, w.First, w.Last, w.Documents))
			}
		})
	}
	for range 2 {
		s.Observe(docs[0], func(w Window) {
			if w.Key == "rare" {
				got = append(got, fmt.Sprintf("number %d: %d to %d", w.Number, w.First, w.Last))
			}
		})
	}
	// It was window 0; those of the other source are 1 to 100.
	want := []string{"after 200: 1 to 1, 1 documents", "number 101: 202 to 203"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("windows (- want, + got):\n%s", diff)
	}
}

// Count windows by key, over more documents than a silent key is waited for, are
// the reference's, at any number of partitions and after a restart.
func TestCountWindowsByKeyAreTheReferences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{
			Windows: []Definition{parse(t, fmt.Sprintf("count:%d", rapid.IntRange(1, 3).Draw(t, "documents")))},
			By:      BySource, Popular: .6, PopularUntil: rapid.SampledFrom([]float64{0, .4}).Draw(t, "until"),
		}
		events := make([]event, rapid.IntRange(0, 800).Draw(t, "events"))
		rare := rapid.IntRange(2, 400).Draw(t, "one in so many is of a rare source")
		seed := rapid.Uint64().Draw(t, "seed")
		for i := range events {
			h := mix(seed + uint64(i))
			events[i].doc = Document{Time: NoTime, Source: "often", Label: string(rune('a' + h>>40%2))}
			if h%uint64(rare) == 0 {
				events[i].doc.Source = string(rune('A' + h>>20%3))
			}
			events[i].end = h>>8%500 == 0
		}
		want, _, counts := reference(o, events)
		for _, partitions := range []int{1, 4} {
			got, gotCounts, _ := run(t, o, events, partitions)
			if diff := cmp.Diff(byNumber(want), byNumber(got), cmp.AllowUnexported(emitted{})); diff != "" {
				t.Fatalf("%d partitions, windows (- reference, + got):\n%s", partitions, diff)
			}
			if diff := cmp.Diff(counts, gotCounts); diff != "" {
				t.Fatalf("%d partitions, counts (- reference, + got):\n%s", partitions, diff)
			}
		}
	})
}

// With fewer keys than there are, whatever comes: partitions agree, restarts
// change nothing, documents are conserved, and there are no more keys than may be.
func TestPooledKeysAreTheSameAtAnyNumberOfPartitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawOptions(t)
		if o.By == ByAll {
			o.By = ByLabel
		}
		o.KeysMax = rapid.IntRange(1, 3).Draw(t, "keys max")
		events := drawEvents(t)
		want, wantCounts, wantDigest := run(t, o, events, 1)
		for _, partitions := range []int{2, 8} {
			got, counts, digest := run(t, o, events, partitions)
			if diff := cmp.Diff(byNumber(finals(want)), byNumber(finals(got)), cmp.AllowUnexported(emitted{})); diff != "" {
				t.Fatalf("%d partitions, windows (- at one, + got):\n%s", partitions, diff)
			}
			if diff := cmp.Diff(wantCounts, counts); diff != "" || digest != wantDigest {
				t.Fatalf("%d partitions, digests %x and %x, counts (- at one, + got):\n%s", partitions, wantDigest, digest, diff)
			}
		}
	})
}

// Keys whose windows have closed leave nothing behind, however many there were.
func TestKeysThatFellSilentTakeNoRoom(t *testing.T) {
	for _, until := range []float64{0, .05} {
		o := Options{Windows: []Definition{parse(t, "tumbling:1h"), parse(t, "session:1h"), parse(t, "count:2"), parse(t, "sliding:3h/1h")}, By: ByLabel, PopularUntil: until, SessionMax: 2 * time.Hour}
		s := New(o, 0, 1)
		most := 0
		for i := range int64(5_000) {
			s.Observe(Document{Time: i * int64(time.Minute) * 2, Label: fmt.Sprint(i)}, nil)
			for k := range s.tracks {
				most = max(most, len(s.tracks[k].series))
			}
		}
		if most > 2*SilentWindows {
			t.Errorf("popular until %v: %d keys at once", until, most)
		}
		s.EndOfSource("", nil)
		s.Observe(Document{Time: int64(365 * day), Label: "x"}, nil)
		for range 2 * SilentWindows {
			s.Observe(Document{Time: int64(365 * day), Label: "x"}, nil)
		}
		for _, track := range s.tracks {
			if len(track.series) != 1 || len(track.keys) != 1 {
				t.Errorf("popular until %v, %s: %d keys are left", until, track.definition, len(track.series))
			}
		}
	}
}

func TestOptionsOfKeysThatAreRefused(t *testing.T) {
	hour := parse(t, "tumbling:1h")
	tests := map[string]struct {
		options Options
		want    string
	}{
		"by":             {Options{By: "author"}, `windows by "author" are not known; write all, source or label`},
		"keys without":   {Options{KeysMax: 5}, "keys_max 5 is for windows by key; keep windows by source or label, or leave it out"},
		"keys below 0":   {Options{By: ByLabel, KeysMax: -1}, "keys_max -1 is not possible; give 1 to 10000 keys"},
		"too many keys":  {Options{By: ByLabel, KeysMax: KeysMaxLimit + 1}, "keys_max 10001 is not possible; give 1 to 10000 keys"},
		"until too high": {Options{Popular: .2, PopularUntil: .3}, "popular until a share of 0.3 is not possible; give a share above 0 and up to 0.2, from which on a label is popular"},
		"until below 0":  {Options{PopularUntil: -.1}, "popular until a share of -0.1 is not possible"},
		"no room": {Options{Windows: []Definition{hour}, By: BySource, OutOfOrder: 200 * time.Hour},
			"window tumbling:1h by source with documents out of order or late by up to 200h keeps up to 201 windows of each of 1000 keys and of the others open, the limit is 100000 of all: documents would be dropped; allow less disorder, fewer keys or take longer windows"},
		"session":            {Options{Windows: []Definition{parse(t, "session:7d")}, SessionMax: day}, "window session:7d: a session is cut after 24h, which is less than its gap; allow longer sessions"},
		"no longest session": {Options{SessionMax: -1}, "a longest session of -1ns is not possible: a window must be larger than 0"},
	}
	for name, tt := range tests {
		if err := tt.options.Check(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", name, err, tt.want)
		}
	}
	o := Options{Windows: []Definition{hour}, By: BySource, OutOfOrder: 200 * time.Hour, KeysMax: 400}
	if err := o.Check(); err != nil {
		t.Errorf("fewer keys: %v", err)
	}
	for _, by := range []By{ByAll, BySource, ByLabel} {
		if got, err := ParseBy(by.String()); got != by || err != nil {
			t.Errorf("%q is read as %q, %v", by, got, err)
		}
	}
}
