package topics

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// naiveCompleteness remembers all that it was told, and looks through all of it
// each time it is asked.
type naiveCompleteness struct {
	outOfOrder time.Duration
	events     []event
}

func (n *naiveCompleteness) Document(source string, at int64) {
	n.events = append(n.events, event{doc: Document{Source: source, Time: at}})
}

func (n *naiveCompleteness) Idle(source string) {
	n.events = append(n.events, event{doc: Document{Source: source, Time: NoTime}, idle: true})
}

func (n *naiveCompleteness) End(source string) bool {
	n.events = append(n.events, event{doc: Document{Source: source, Time: NoTime}, end: true})
	return len(activity(n.events)) == 0
}

func (n *naiveCompleteness) Before() int64 {
	before := horizons(Options{OutOfOrder: n.outOfOrder}, n.events)[len(n.events)].watermark
	if before == nil || !before.IsInt64() {
		return NoTime
	}
	return before.Int64()
}

// Whatever sources send, whichever are idle or end, and wherever it is saved and
// loaded:
//   - a Watermark says what follows from looking through everything;
//   - it never goes back;
//   - equal ones are saved as equal bytes.
func TestWatermarkIsWhatAllActiveSourcesHaveReached(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		allowed := time.Duration(rapid.SampledFrom([]int64{0, 1, 5, math.MaxInt64}).Draw(t, "out of order"))
		w, naive := NewWatermark(allowed), &naiveCompleteness{outOfOrder: allowed}
		last := NoTime
		for i := range rapid.IntRange(0, 60).Draw(t, "events") {
			source := rapid.SampledFrom([]string{"a", "b", "c", ""}).Draw(t, "source")
			var one, other bool
			switch rapid.IntRange(0, 9).Draw(t, "kind") {
			case 0:
				w.Idle(source)
				naive.Idle(source)
			case 1:
				one, other = w.End(source), naive.End(source)
			default:
				at := rapid.OneOf(rapid.Int64Range(-20, 20), rapid.SampledFrom([]int64{NoTime, NoTime + 1, math.MaxInt64})).Draw(t, "time")
				w.Document(source, at)
				naive.Document(source, at)
			}
			if one != other || w.Before() != naive.Before() || w.Before() < last {
				t.Fatalf("event %d: %d and %v, looking through everything %d and %v, before %d", i, w.Before(), one, naive.Before(), other, last)
			}
			last = w.Before()
			b, err := w.AppendBinary(nil)
			loaded := NewWatermark(allowed)
			if err != nil || loaded.UnmarshalBinary(b) != nil {
				t.Fatalf("not saved and loaded: %v", err)
			}
			if again, _ := loaded.AppendBinary(nil); !bytes.Equal(b, again) {
				t.Fatalf("saved %x, loaded and saved again %x", b, again)
			}
			if rapid.IntRange(0, 4).Draw(t, "go on with the loaded one") == 0 {
				w = loaded
			}
		}
	})
}

func TestWatermarkPoolsSourcesThatAreTooMany(t *testing.T) {
	w := NewWatermark(0)
	for i := range SourcesMax {
		w.Document(fmt.Sprint("source ", i), 100)
	}
	before := func(what string, want int64) {
		t.Helper()
		if got := w.Before(); got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	before("as many as are told apart", 100)
	w.Document("one more", 110)
	w.Document("another", 105)
	w.Document("another", 99) // the pool has reached 110
	for i := range SourcesMax {
		w.Document(fmt.Sprint("source ", i), 120)
	}
	before("the pool is what is behind", 110)
	w.End("source 7")
	w.Document("source 7", 130)
	if len(w.sources) != SourcesMax-1 {
		t.Errorf("%d sources are told apart while the pool is active", len(w.sources))
	}
	before("who comes anew joins the pool", 120)
	w.Document("source 3", 140)
	w.Idle("another")
	w.Document(strings.Repeat("long", SourceBytesMax), 119)
	if len(w.sources) != SourcesMax-1 {
		t.Errorf("a name of %d bytes is told apart", 4*SourceBytesMax)
	}
	for i := range SourcesMax {
		if last := i != 7 && w.End(fmt.Sprint("source ", i)); last {
			t.Fatalf("the end of source %d is the last though the pool is active", i)
		}
	}
	if !w.End("whoever it is") {
		t.Error("all have ended, and some are said to be active")
	}
	before("all have ended", 140)
	if b, _ := w.AppendBinary(nil); len(b) > 64 {
		t.Errorf("%d bytes are left of sources that ended", len(b))
	}
}

func TestWatermarkAllocatesNothingAndFindsItsSourcesFast(t *testing.T) {
	w := NewWatermark(0)
	names := make([]string, SourcesMax)
	for i := range names {
		names[i] = fmt.Sprint("source ", i)
		w.Document(names[i], 0)
	}
	at := int64(0)
	if n := testing.AllocsPerRun(10, func() {
		at++
		for _, name := range names {
			w.Document(name, at)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkWatermark(b *testing.B) {
	for _, sources := range []int{1, 10, SourcesMax} {
		b.Run(fmt.Sprintf("sources=%d", sources), func(b *testing.B) {
			w := NewWatermark(0)
			names := make([]string, sources)
			for i := range names {
				names[i] = fmt.Sprint("source ", i)
			}
			b.ReportAllocs()
			at := int64(0)
			for b.Loop() {
				w.Document(names[at%int64(sources)], at)
				at++
			}
		})
	}
}

func FuzzWatermarkUnmarshal(f *testing.F) {
	w := NewWatermark(0)
	w.Document("a", 5)
	w.Document(strings.Repeat("x", SourceBytesMax+1), 7)
	b, _ := w.AppendBinary(nil)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		w := NewWatermark(time.Hour)
		if w.UnmarshalBinary(b) != nil {
			return
		}
		b, _ = w.AppendBinary(nil)
		again := NewWatermark(time.Hour)
		if err := again.UnmarshalBinary(b); err != nil || len(w.sources) > SourcesMax {
			t.Fatalf("%d sources, %v", len(w.sources), err)
		}
		before := w.Before()
		w.Document("a", 3)
		w.Idle("b")
		w.End("a")
		if w.Before() < before {
			t.Fatalf("from %d back to %d", before, w.Before())
		}
	})
}

// Two sources, the second three hours behind: the first one's windows wait for
// it until it is idle, and close all the same where one of both ends.
func TestWindowsWaitForTheSourceThatIsBehind(t *testing.T) {
	at := func(source string, hour int) event {
		return event{doc: Document{Source: source, Time: int64(hour) * int64(time.Hour), Label: "x"}}
	}
	idle := func(source string) event { return event{doc: Document{Source: source}, idle: true} }
	end := func(source string) event { return event{doc: Document{Source: source}, end: true} }
	tests := map[string]struct {
		events   []event
		keepOpen bool
		want     []string
		late     uint64
	}{
		"behind":          {events: []event{at("a", 5), at("b", 2), at("a", 6), at("b", 3)}, late: 2}, // a was alone at 5
		"together":        {events: []event{at("b", 2), at("a", 5), at("a", 6), at("b", 3)}, want: []string{"3: 2"}},
		"idle":            {events: []event{at("b", 2), at("a", 5), at("a", 6), idle("b")}, want: []string{"3: 2", "3: 5"}},
		"sends again":     {events: []event{at("b", 2), at("a", 5), at("a", 7), idle("b"), at("b", 3), at("a", 9), at("b", 8)}, want: []string{"3: 2", "3: 5", "6: 7"}, late: 1},
		"all idle":        {events: []event{at("b", 2), at("a", 5), idle("a"), idle("b")}, want: []string{"3: 2"}},
		"ends":            {events: []event{at("b", 2), at("a", 5), at("a", 6), end("b")}, want: []string{"3: 2", "3: 5"}},
		"the other ends":  {events: []event{at("b", 2), at("a", 5), at("a", 6), end("a")}},
		"both end":        {events: []event{at("b", 2), at("a", 5), end("a"), end("b")}, want: []string{"3: 2", "3: 5"}},
		"kept open":       {events: []event{at("b", 2), at("a", 5), end("a"), end("b")}, keepOpen: true, want: []string{"3: 2"}},
		"idle, then end":  {events: []event{at("b", 2), at("a", 5), idle("b"), end("a")}, want: []string{"2: 2", "3: 5"}},
		"a stranger ends": {events: []event{at("a", 5), end("b")}},
		"a stranger idle": {events: []event{at("a", 5), idle("b")}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := New(Options{Windows: []Definition{parse(t, "tumbling:1h")}, KeepOpen: test.keepOpen}, 0, 1)
			var got []string
			for i, e := range test.events {
				emit := func(w Window) { got = append(got, fmt.Sprintf("%d: %d", i, w.Number)) }
				switch {
				case e.idle:
					s.Idle(e.doc.Source, emit)
				case e.end:
					s.EndOfSource(e.doc.Source, emit)
				default:
					s.Observe(e.doc, emit)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("windows by event (- want, + got):\n%s", diff)
			}
			if c := s.Counts()[0]; c.Late != test.late {
				t.Errorf("%d late, want %d", c.Late, test.late)
			}
		})
	}
}

// A document too far ahead of the log's time is counted, and closes nothing.
func TestADocumentFromTheFutureClosesNothing(t *testing.T) {
	const now = int64(52 * 365 * day)
	tests := map[string]struct {
		max    time.Duration
		time   int64
		logged int64
		future uint64
	}{
		"a day ahead":             {time: now + int64(day), logged: now},
		"a nanosecond more":       {time: now + int64(day) + 1, logged: now, future: 1},
		"the end of time":         {time: math.MaxInt64, logged: now, future: 1},
		"as far as can be":        {time: math.MaxInt64, logged: math.MinInt64, future: 1},
		"time zero":               {time: 0, logged: now},
		"long ago":                {time: NoTime + 1, logged: now},
		"no time":                 {time: NoTime, logged: now},
		"nobody knows when":       {time: math.MaxInt64},
		"an hour, as was allowed": {max: time.Hour, time: now + int64(time.Hour), logged: now},
		"more than an hour":       {max: time.Hour, time: now + 2*int64(time.Hour), logged: now, future: 1},
		"nothing is too far":      {max: AnyFuture, time: math.MaxInt64, logged: now},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, partitions := range []int{1, 2, 4, 8} {
				var closed int
				var hours, documents Counts
				for p := range partitions {
					s := New(Options{Windows: []Definition{parse(t, "tumbling:1h"), parse(t, "count:2")}, FutureMax: test.max}, p, partitions)
					emit := func(w Window) {
						if w.Definition == "tumbling:1h" {
							closed++
						}
					}
					s.Observe(Document{Time: now, Logged: now, Label: "x"}, emit)
					s.Observe(Document{Time: test.time, Logged: test.logged, Label: "x"}, emit)
					c := s.Counts()
					hours.Add(c[0])
					documents.Add(c[1])
				}
				if hours.Future != test.future || hours.In != 2 || hours.Sum() != 2 || test.future > 0 && closed > 0 {
					t.Errorf("%d partitions: %+v, %d closed", partitions, hours, closed)
				}
				if documents.Windowed != 2 {
					t.Errorf("%d partitions: %d documents are in windows of documents", partitions, documents.Windowed)
				}
			}
		})
	}
}

// A source that stands still holds up others until too many windows are open.
// From then on the oldest close, and what it sends after all is late.
func TestTooManyOpenWindowsDoNotWaitForTheLastSource(t *testing.T) {
	for _, definition := range []string{"tumbling:1h", "sliding:2h/1h", "session:30m"} {
		o := Options{Windows: []Definition{parse(t, definition)}, OpenMax: 10}
		var digests []uint64
		for _, partitions := range []int{1, 2, 4, 8} {
			var sum Counts
			var digest uint64
			numbers := map[int64]int{}
			for p := range partitions {
				s := New(o, p, partitions)
				emit := func(w Window) { numbers[w.Number]++; digest += w.Digest() }
				s.Observe(Document{Source: "still", Label: "x"}, emit)
				for hour := range int64(100) {
					s.Observe(Document{Source: "lively", Time: hour * int64(time.Hour), Label: "x"}, emit)
					if n := s.tracks[0].open; n > o.OpenMax {
						t.Fatalf("%s: %d windows are open", definition, n)
					}
				}
				s.Observe(Document{Source: "still", Time: 50 * int64(time.Hour), Label: "x"}, emit)
				sum.Add(s.Counts()[0])
				digest += s.Digest()
			}
			for number, times := range numbers {
				if times != 1 {
					t.Errorf("%s: window %d was told %d times", definition, number, times)
				}
			}
			if sum.In != 102 || sum.Sum() != 102 || sum.Late != 1 || sum.Dropped != 0 || sum.Forced == 0 || int(sum.Forced) != len(numbers) {
				t.Errorf("%s at %d partitions: %+v, %d windows", definition, partitions, sum, len(numbers))
			}
			digests = append(digests, digest)
		}
		for _, d := range digests {
			if d != digests[0] {
				t.Errorf("%s: digests at 1, 2, 4 and 8 partitions: %x", definition, digests)
			}
		}
	}
}

// A state that was saved before there were watermarks by source goes on: what
// was over stays over.
func TestLoadReadsWhatHadNoWatermarkBySource(t *testing.T) {
	o := Options{Windows: []Definition{parse(t, "tumbling:1h"), parse(t, "count:5"), parse(t, "session:2h"), parse(t, "sliding:3h/2h")}, OutOfOrder: 3 * time.Hour, EmitDocuments: 4}
	b, err := base64.StdEncoding.DecodeString(savedInVersion2)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Load(bytes.NewReader(b), o, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	same, _ := sample(t)
	after := func(s *State) (windows []Window, counts []Counts) {
		emit := func(w Window) { windows = append(windows, w) }
		for i := range int64(20) {
			s.Observe(Document{Source: "a", Time: i % 9 * int64(time.Hour), Label: "x"}, emit)
		}
		s.EndOfSource("a", emit)
		return windows, s.Counts()
	}
	same.complete.Idle("") // the source of old
	got, gotCounts := after(s)
	want, wantCounts := after(same)
	for i := range gotCounts {
		gotCounts[i].Listed, wantCounts[i].Listed = 0, 0
	}
	if diff := cmp.Diff(want, got) + cmp.Diff(wantCounts, gotCounts); diff != "" {
		t.Errorf("- what went on, + what was loaded:\n%s", diff)
	}
}

// savedInVersion2 is what sample's state was saved as.
const savedInVersion2 = "" +
	"VERXTgJTAQAAAAAAAM8BeyJvcHRpb25zIjp7IndpbmRvd3MiOlsidHVtYmxpbmc6MWgiLCJjb3VudDo1Iiwic2Vzc2lvbjoyaCIs" +
	"InNsaWRpbmc6M2gvMmgiXSwib3V0X29mX29yZGVyX25zIjoxMDgwMDAwMDAwMDAwMCwiZW1pdF9kb2N1bWVudHMiOjQsInBvcHVs" +
	"YXIiOjAuMSwib3Blbl9tYXgiOjEwMDAsImxhYmVsc19tYXgiOjEwMDB9LCJwYXJ0aXRpb24iOjEsInBhcnRpdGlvbnMiOjJ9FICA" +
	"nsWk6QkGAgAABAQGAAQDAwMDAWEBAWIBAWMBCAAFAwAAAAoABgICAgIBYwEBYQEMAAcCAAAACgAAAAYAAAAAAICAxYvG0QEBAICA" +
	"nsWk6QkBDwAAAAgAAAAAAwIAAwkECQMBYwMBYQMBYgMEAAUHAAAABgAHAgICAgFhAQFiAV4i/BM="
