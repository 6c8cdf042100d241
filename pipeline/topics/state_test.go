package topics

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// At any number of partitions, saved and loaded at any place, whatever the
// disorder and the lateness, whatever sources there are and whichever of them are
// idle or end:
//   - the final windows are those of the reference, emitted after the same event;
//   - a provisional result is what the reference has open after that event, and
//     each result of a window tells how many came before;
//   - each partition emits by definition, then number, only what it owns;
//   - In = Windowed + Late + Untimed, and the sums over partitions are the
//     reference's;
//   - no document is dropped, and no more windows are open than allowed;
//   - the sum of the digests does not depend on the number of partitions.
func TestWindowsAreTheReferencesAtAnyNumberOfPartitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawOptions(t)
		events := drawEvents(t)
		if severalSources(events) {
			o.OpenMax = OpenMaxLimit // how far sources are apart has no bound
		}
		want, _, wantCounts := reference(o, events)
		open := map[int][]Window{}
		opened := func(after int) []Window {
			if _, known := open[after]; !known {
				_, open[after], _ = reference(o, events[:after+1])
			}
			return open[after]
		}
		var digest uint64
		for _, partitions := range []int{1, 2, 4, 8} {
			all, counts, sum := run(t, o, events, partitions)
			got := finals(all)
			checkProvisional(t, all, opened)
			if diff := cmp.Diff(byNumber(want), byNumber(got), cmp.AllowUnexported(emitted{})); diff != "" {
				t.Fatalf("%d partitions, windows (- reference, + got):\n%s\nevents %v", partitions, diff, events)
			}
			if partitions == 1 {
				digest = sum
				if diff := cmp.Diff(want, got, cmp.AllowUnexported(emitted{})); diff != "" {
					t.Fatalf("order of windows (- reference, + got):\n%s", diff)
				}
			}
			if diff := cmp.Diff(wantCounts, counts); diff != "" {
				t.Fatalf("%d partitions, counts (- reference, + got):\n%s", partitions, diff)
			}
			if sum != digest {
				t.Fatalf("digest %x at %d partitions, %x at 1", sum, partitions, digest)
			}
		}
	})
}

func severalSources(events []event) bool {
	return slices.ContainsFunc(events, func(e event) bool { return e.doc.Source != events[0].doc.Source })
}

// finals are the final windows, without what tells of results before them.
func finals(all []emitted) (out []emitted) {
	for _, e := range all {
		if !e.window.Provisional {
			e.window.Revision = 0
			out = append(out, e)
		}
	}
	return out
}

func checkProvisional(t *rapid.T, all []emitted, open func(after int) []Window) {
	results := map[string]uint64{}
	for _, e := range all {
		w := e.window
		name := fmt.Sprintf("%s %q %d", w.Definition, w.Key, w.Number)
		moves := strings.HasPrefix(w.Definition, "session") // its number is its start
		if !moves && w.Revision != results[name] {
			t.Fatalf("result %d of window %s says that %d came before", results[name], name, w.Revision)
		}
		results[name]++
		if !w.Provisional {
			continue
		}
		w.Provisional, w.Revision = false, 0
		if !slices.ContainsFunc(open(e.after), func(r Window) bool { return reflect.DeepEqual(r, w) }) {
			t.Fatalf("after event %d the provisional result %+v, open are %+v", e.after, w, open(e.after))
		}
	}
}

// byNumber brings windows of all partitions into one order.
func byNumber(windows []emitted) []emitted {
	windows = slices.Clone(windows)
	slices.SortFunc(windows, func(a, b emitted) int {
		return strings.Compare(fmt.Sprintf("%s %d %q %d", a.window.Definition, a.window.Number, a.window.Key, a.after), fmt.Sprintf("%s %d %q %d", b.window.Definition, b.window.Number, b.window.Key, b.after))
	})
	return windows
}

// run feeds all partitions, saves and loads each one somewhere on the way, and
// checks what must hold after every event.
func run(t *rapid.T, o Options, events []event, partitions int) (windows []emitted, counts []Counts, digest uint64) {
	defaults := o.WithDefaults()
	for p := range partitions {
		s := New(o, p, partitions)
		reload := rapid.IntRange(0, len(events)).Draw(t, "save and load before")
		for i, e := range events {
			if i == reload {
				s = saveAndLoad(t, s, o)
			}
			before := len(windows)
			emit := func(w Window) { windows = append(windows, emitted{after: i, window: w}) }
			switch {
			case e.end:
				s.EndOfSource(e.doc.Source, emit)
			case e.idle:
				s.Idle(e.doc.Source, emit)
			default:
				s.Observe(e.doc, emit)
			}
			checkOrder(t, s, windows[before:])
			for _, track := range s.tracks {
				for _, sr := range track.series {
					if len(sr.open) > defaults.OpenMax || o.By != ByAll && !sr.holds() {
						t.Fatalf("%d windows of %q open, the limit is %d", len(sr.open), sr.key, defaults.OpenMax)
					}
				}
			}
		}
		digest += s.Digest()
		for i, c := range s.Counts() {
			tight := severalSources(events) && defaults.OpenMax < OpenMaxLimit
			if c.In != c.Windowed+c.Late+c.Untimed+c.Future+c.Dropped || !tight && (c.Dropped != 0 || c.Forced != 0) {
				t.Fatalf("counts do not add up: %+v", c)
			}
			if p == 0 {
				counts = append(counts, c)
				continue
			}
			counts[i].Add(c)
		}
	}
	return windows, counts, digest
}

func checkOrder(t *rapid.T, s *State, windows []emitted) {
	place := func(w Window) int {
		return slices.IndexFunc(s.options.Windows, func(d Definition) bool { return d.String() == w.Definition })
	}
	for i, e := range windows {
		if s.options.Owner(e.window, s.partitions) != s.partition {
			t.Fatalf("partition %d emitted window %d", s.partition, e.window.Number)
		}
		if i == 0 || windows[i-1].window.Provisional != e.window.Provisional || e.window.Provisional {
			continue
		}
		a, b := windows[i-1].window, e.window
		if cmpInt64(int64(place(a)), int64(place(b)))*4+cmpInt64(a.Number, b.Number)*2+strings.Compare(a.Key, b.Key) >= 0 {
			t.Fatalf("emitted %s %d before %s %d", a.Definition, a.Number, b.Definition, b.Number)
		}
	}
}

func saveAndLoad(t *rapid.T, s *State, o Options) *State {
	var b bytes.Buffer
	if err := s.Save(&b); err != nil {
		t.Fatal(err)
	}
	saved := bytes.Clone(b.Bytes())
	b.WriteString("what follows")
	loaded, err := Load(&b, o, s.partition, s.partitions)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != "what follows" {
		t.Fatalf("Load left %q", b.String())
	}
	var again bytes.Buffer
	if err := loaded.Save(&again); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(saved, again.Bytes()) || loaded.Digest() != s.Digest() {
		t.Fatal("saved, loaded and saved again, the state differs")
	}
	return loaded
}

func drawOptions(t *rapid.T) Options {
	o := Options{
		OutOfOrder: time.Duration(rapid.Int64Range(0, 40).Draw(t, "out of order, hours")) * time.Hour,
		Popular:    rapid.SampledFrom([]float64{0, .25, .6, 1}).Draw(t, "popular"),
		LabelsMax:  rapid.SampledFrom([]int{0, 2}).Draw(t, "labels max"),
	}
	o.Lateness = time.Duration(rapid.SampledFrom([]int64{0, 0, 1, 30}).Draw(t, "lateness, hours")) * time.Hour
	o.By = rapid.SampledFrom([]By{ByAll, ByAll, BySource, ByLabel}).Draw(t, "by")
	o.PopularUntil = rapid.SampledFrom([]float64{0, 0, .3, 1}).Draw(t, "popular until, part of popular") * o.WithDefaults().Popular
	o.KeepOpen = rapid.Bool().Draw(t, "keep open")
	o.EmitDocuments = rapid.SampledFrom([]uint64{0, 0, 1, 7}).Draw(t, "emit every, documents")
	o.EmitTime = time.Duration(rapid.SampledFrom([]int64{0, 0, 1, 50}).Draw(t, "emit every, hours")) * time.Hour
	o.SessionMax = time.Duration(rapid.SampledFrom([]int64{0, 31, 100}).Draw(t, "longest session, hours")) * time.Hour
	hours := rapid.IntRange(1, 30)
	for _, length := range rapid.SliceOfNDistinct(hours, 0, 2, rapid.ID).Draw(t, "lengths, hours") {
		o.Windows = append(o.Windows, parse(t, fmt.Sprintf("tumbling:%dh", length)))
	}
	for _, gap := range rapid.SliceOfNDistinct(hours, 0, 2, rapid.ID).Draw(t, "gaps, hours") {
		o.Windows = append(o.Windows, parse(t, fmt.Sprintf("session:%dh", gap)))
	}
	if slices.ContainsFunc(o.Windows, func(d Definition) bool { return d.kind == session }) {
		o.LabelsMax = 0 // which labels are one too many depends on how sessions grew together
	}
	if length := rapid.IntRange(0, 30).Draw(t, "length of a sliding window, hours"); length > 1 {
		o.Windows = append(o.Windows, parse(t, fmt.Sprintf("sliding:%dh/%dh", length, rapid.IntRange(1, length-1).Draw(t, "step, hours"))))
	}
	if n := rapid.IntRange(0, 9).Draw(t, "documents of a count window"); n > 0 {
		o.Windows = append(o.Windows, parse(t, fmt.Sprintf("count:%d", n)))
	}
	for _, d := range o.WithDefaults().Windows { // as little room as Check allows
		if d.kind != count {
			o.OpenMax = max(o.OpenMax, int(d.openNeeded(o.OutOfOrder+o.Lateness, o.sessionMax())))
		}
	}
	if o.By != ByAll { // more than there are, few enough for all their windows
		o.KeysMax = 50
	}
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	return o
}

// drawEvents walks through time in both directions, mostly forwards, with
// jumps over many windows, from around the epoch or from the ends of time.
func drawEvents(t *rapid.T) []event {
	at := rapid.SampledFrom([]int64{0, int64(52 * 365 * day), NoTime + 1, math.MaxInt64 - int64(90*day)}).Draw(t, "start")
	step := rapid.OneOf(rapid.Int64Range(-50, 60), rapid.Int64Range(0, 2), rapid.Int64Range(0, 400))
	label := rapid.SampledFrom([]string{"", "politics", "sport", "health", "Other", Other, strings.Repeat("long", 70)})
	source := rapid.SampledFrom(rapid.SampledFrom([][]string{{""}, {"a", "b"}, {"a", "b", "c", "d"}}).Draw(t, "sources"))
	behind := rapid.Int64Range(0, 100).Draw(t, "by how much a source is behind the one before it, half hours")
	events := make([]event, rapid.IntRange(0, 60).Draw(t, "events"))
	for i := range events {
		events[i].doc = Document{Time: NoTime, Label: label.Draw(t, "label"), Source: source.Draw(t, "source")}
		switch rapid.IntRange(0, 19).Draw(t, "kind") {
		case 0:
			events[i].end = true
		case 1:
		case 2:
			events[i].idle = true
		default:
			at = addSaturating(at, step.Draw(t, "step, half hours")*int64(30*time.Minute))
			events[i].doc.Time = at
			if s := events[i].doc.Source; s > "a" {
				events[i].doc.Time = addSaturating(at, -behind*int64(s[0]-'a')*int64(30*time.Minute))
			}
		}
	}
	return events
}

func addSaturating(a, b int64) int64 {
	switch {
	case b > 0 && a > math.MaxInt64-b:
		return math.MaxInt64
	case b < 0 && a <= NoTime-b:
		return NoTime + 1
	}
	return a + b
}

func TestWindowsOfADay(t *testing.T) {
	s := New(Options{Windows: []Definition{parse(t, "tumbling:24h"), parse(t, "count:3")}, OutOfOrder: time.Hour, Popular: .5}, 0, 1)
	var got []Window
	emit := func(w Window) { got = append(got, w) }
	for _, d := range []struct{ time, label string }{
		{"1969-12-31T23:00:00Z", "sport"},
		{"1970-01-01T00:30:00Z", ""},
		{"1969-12-31T23:59:59Z", "politics"}, // the watermark is at 23:30
		{"1969-12-31T01:00:00Z", "sport"},
		{"1970-01-01T01:00:00Z", ""}, // the watermark is at midnight
		{"1969-12-31T23:59:59Z", "sport"},
		{"1970-01-03T01:00:00Z", "politics"},
	} {
		when, err := time.Parse(time.RFC3339, d.time)
		if err != nil {
			t.Fatal(err)
		}
		s.Observe(Document{Time: Nanoseconds(when), Label: d.label}, emit)
	}
	s.Observe(Document{Time: NoTime, Label: "health"}, emit)
	s.EndOfSource("", emit)
	date := func(d int) time.Time { return time.Date(1970, 1, d, 0, 0, 0, 0, time.UTC) }
	want := []Window{
		{Definition: "count:3", Number: 0, First: 1, Last: 3, Documents: 3, Shares: []Share{
			{"", 1, 1. / 3, false}, {"politics", 1, 1. / 3, false}, {"sport", 1, 1. / 3, false}}},
		{Definition: "tumbling:24h", Number: -1, Start: date(0), End: date(1), Documents: 3, Shares: []Share{
			{"sport", 2, 2. / 3, true}, {"politics", 1, 1. / 3, false}}},
		{Definition: "count:3", Number: 1, First: 4, Last: 6, Documents: 3, Shares: []Share{
			{"sport", 2, 2. / 3, true}, {"", 1, 1. / 3, false}}},
		{Definition: "tumbling:24h", Number: 0, Start: date(1), End: date(2), Documents: 2, Shares: []Share{
			{"", 2, 1, false}}},
		{Definition: "tumbling:24h", Number: 2, Start: date(3), End: date(4), Documents: 1, Shares: []Share{
			{"politics", 1, 1, true}}},
		{Definition: "count:3", Number: 2, First: 7, Last: 8, Documents: 2, Shares: []Share{
			{"health", 1, .5, false}, {"politics", 1, .5, false}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("windows (- want, + got):\n%s", diff)
	}
	counts := []Counts{{Definition: "tumbling:24h", In: 8, Windowed: 6, Late: 1, Listed: 1, Untimed: 1}, {Definition: "count:3", In: 8, Windowed: 8}}
	if diff := cmp.Diff(counts, s.Counts()); diff != "" {
		t.Errorf("counts (- want, + got):\n%s", diff)
	}
}

// After an end the windows up to the newest event time stay closed, and count
// windows begin anew.
func TestASourceGoesOnAfterItsEnd(t *testing.T) {
	s := New(Options{Windows: []Definition{parse(t, "tumbling:1h"), parse(t, "count:10")}, OutOfOrder: 24 * time.Hour}, 0, 1)
	var got []string
	emit := func(w Window) {
		got = append(got, fmt.Sprintf("%s/%d: %d", w.Definition, w.Number, w.Documents))
	}
	at := func(hours int64) Document { return Document{Time: hours * int64(time.Hour), Label: "x"} }
	s.EndOfSource("", emit) // nothing came yet
	s.Observe(at(5), emit)
	s.Observe(at(3), emit)
	s.EndOfSource("", emit)
	s.EndOfSource("", emit) // nothing came since
	s.Observe(at(4), emit)  // never had a document, closed all the same
	s.Observe(at(5), emit)
	s.Observe(at(6), emit)
	s.EndOfSource("", emit)
	want := []string{"tumbling:1h/3: 1", "tumbling:1h/5: 1", "count:10/0: 2", "tumbling:1h/6: 1", "count:10/1: 3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("windows (- want, + got):\n%s", diff)
	}
	if c := s.Counts()[0]; c.Late != 2 || c.Windowed != 3 || c.Open != 0 {
		t.Errorf("counts %+v", c)
	}
}

func TestOptionsThatDidNotPassCheckCloseWindowsTooEarlyCounted(t *testing.T) {
	o := Options{Windows: []Definition{parse(t, "tumbling:1h"), {}}, OutOfOrder: 10 * time.Hour, OpenMax: 2}
	for _, partitions := range []int{0, 1, 3} {
		var hour, zero Counts
		for p := range max(partitions, 1) {
			s := New(o, p, partitions)
			for _, hours := range []int64{1, 2, 3, 2, 0} {
				s.Observe(Document{Time: hours * int64(time.Hour)}, nil)
			}
			s.EndOfSource("", nil)
			c := s.Counts()
			hour.Add(c[0])
			zero.Add(c[1])
		}
		if want := (Counts{Definition: hour.Definition, In: 5, Windowed: 4, Late: 1, Listed: 1, Forced: 1}); hour != want {
			t.Errorf("%d partitions: %+v, want %+v", partitions, hour, want)
		}
		if want := (Counts{In: 5, Dropped: 5}); zero != want {
			t.Errorf("%d partitions, no definition: %+v, want %+v", partitions, zero, want)
		}
	}
}

func TestCheckReportsEverythingAtOnce(t *testing.T) {
	if err := (Options{}).Check(); err != nil {
		t.Errorf("the zero value: %v", err)
	}
	hour := parse(t, "tumbling:1h")
	tests := map[string]struct {
		options Options
		want    []string
	}{
		"numbers":        {Options{OutOfOrder: -1, Popular: 2, OpenMax: -1, LabelsMax: -1}, []string{"out of order", "popular", "open_max", "labels_max"}},
		"not a number":   {Options{Popular: math.NaN()}, []string{"popular"}},
		"too large":      {Options{OutOfOrder: LengthMax + 1, OpenMax: OpenMaxLimit + 1, LabelsMax: LabelsMaxLimit + 1}, []string{"out of order", "open_max", "labels_max"}},
		"twice, nothing": {Options{Windows: []Definition{hour, {}, parse(t, "tumbling:60m")}}, []string{"tumbling:1h is defined twice", "not defined"}},
		"too many":       {Options{Windows: make([]Definition, WindowsMax+1)}, []string{"17 windows are defined"}},
		"no room":        {Options{Windows: []Definition{hour}, OutOfOrder: 100*time.Hour + 1, OpenMax: 101}, []string{"up to 102 windows open, the limit is 101"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := tt.options.Check()
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v does not say %q", err, want)
				}
			}
		})
	}
	if err := (Options{Windows: []Definition{hour}, OutOfOrder: 100 * time.Hour, OpenMax: 101}).Check(); err != nil {
		t.Errorf("just enough room: %v", err)
	}
}

func TestALabelIsCopied(t *testing.T) {
	s := New(Options{}, 0, 1)
	message := []byte("sport and the rest of a long message")
	label := unsafeString(message[:5])
	s.Observe(Document{Time: 0, Label: label}, nil)
	copy(message, "XXXXX")
	var got Window
	s.EndOfSource("", func(w Window) { got = w })
	if got.Shares[0].Label != "sport" {
		t.Errorf("the window holds %q", got.Shares[0].Label)
	}
}

// The digest of a window does not depend on the partition, but on all else.
func TestDigestsTellWindowsApart(t *testing.T) {
	base := func() Window {
		return Window{Definition: "count:3", Number: 1, First: 4, Last: 6, Documents: 3, Shares: []Share{{"a", 2, 2. / 3, true}, {"b", 1, 1. / 3, false}}}
	}
	tests := map[string]func(*Window){
		"definition": func(w *Window) { w.Definition = "count:4" },
		"number":     func(w *Window) { w.Number = -1 },
		"first":      func(w *Window) { w.First = 3 },
		"documents":  func(w *Window) { w.Documents = 4 },
		"label":      func(w *Window) { w.Shares[0].Label = "c" },
		"swapped":    func(w *Window) { w.Shares[0].Label, w.Shares[1].Label = "b", "a" },
		"count":      func(w *Window) { w.Shares[0].Documents = 3 },
		"popular":    func(w *Window) { w.Shares[1].Popular = true },
		"fewer":      func(w *Window) { w.Shares = w.Shares[:1] },
	}
	want := base().Digest()
	if again := base().Digest(); again != want {
		t.Fatalf("%x and %x for one window", want, again)
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			w := base()
			change(&w)
			if w.Digest() == want {
				t.Error("the digest is the same")
			}
		})
	}
}

func TestThePartitionOfAWindowIsItsNumberModuloPartitions(t *testing.T) {
	tests := []struct{ number, partition int64 }{{0, 0}, {1, 1}, {3, 3}, {4, 0}, {-1, 3}, {-3, 1}, {-4, 0}}
	for _, tt := range tests {
		for p := range 4 {
			if got, want := (Options{}).Owner(Window{Definition: "tumbling:24h", Number: tt.number}, 4) == p, int64(p) == tt.partition; got != want {
				t.Errorf("partition %d of 4 owns window %d: %v", p, tt.number, got)
			}
		}
	}
}

// Documents that leave nothing behind but a count change the digest too.
func TestTheDigestOfAStateTellsCountsApart(t *testing.T) {
	start := func() *State {
		s := New(Options{Windows: []Definition{parse(t, "tumbling:1h")}}, 0, 1)
		s.Observe(Document{Time: int64(5 * time.Hour)}, nil)
		return s
	}
	late, untimed := start(), start()
	late.Observe(Document{Time: 0}, nil)
	untimed.Observe(Document{Time: NoTime}, nil)
	if a, b, c := start().Digest(), late.Digest(), untimed.Digest(); a == b || b == c || a == c {
		t.Errorf("digests %x, with one late %x, with one untimed %x", a, b, c)
	}
}

// Documents that come in another order, none of them further behind than
// disorder and lateness allow, give the same final windows.
func TestDisorderWithinTheAllowedLatenessChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawOptions(t)
		o.EmitDocuments, o.EmitTime, o.KeepOpen, o.LabelsMax = 0, 0, false, 0
		o.Windows = slices.DeleteFunc(o.WithDefaults().Windows, func(d Definition) bool { return d.kind == count })
		if len(o.Windows) == 0 {
			t.Skip("count windows alone")
		}
		type arrival struct {
			doc Document
			at  int64
		}
		docs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) arrival {
			d := Document{Time: rapid.Int64Range(-500, 500).Draw(t, "time, half hours") * int64(30*time.Minute), Label: rapid.StringMatching(`[a-c]`).Draw(t, "label")}
			return arrival{d, d.Time + rapid.Int64Range(0, int64(o.OutOfOrder+o.Lateness)).Draw(t, "delay")}
		}), 1, 60).Draw(t, "documents")
		windows := func(by func(arrival) int64) (all []Window) {
			slices.SortStableFunc(docs, func(a, b arrival) int { return cmpInt64(by(a), by(b)) })
			s := New(o, 0, 1)
			emit := func(w Window) {
				if !w.Provisional {
					w.Revision = 0
					all = append(all, w)
				}
			}
			for _, d := range docs {
				s.Observe(d.doc, emit)
			}
			s.EndOfSource("", emit)
			for _, c := range s.Counts() {
				if c.Late > 0 || c.Dropped > 0 {
					t.Fatalf("counts %+v", c)
				}
			}
			slices.SortFunc(all, func(a, b Window) int {
				return strings.Compare(fmt.Sprint(a.Definition, a.Number, a.Key), fmt.Sprint(b.Definition, b.Number, b.Key))
			})
			return all
		}
		ordered := windows(func(a arrival) int64 { return a.doc.Time })
		if diff := cmp.Diff(ordered, windows(func(a arrival) int64 { return a.at })); diff != "" {
			t.Fatalf("windows (- in order, + as they came):\n%s", diff)
		}
	})
}

func cmpInt64(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// A session ends a gap behind its last document, two become one when a document
// between them comes, and none goes beyond a cut.
func TestSessionsGrowTogether(t *testing.T) {
	o := Options{Windows: []Definition{parse(t, "session:6h")}, OutOfOrder: 24 * time.Hour, SessionMax: 100 * time.Hour, EmitDocuments: 1}
	s := New(o, 0, 1)
	var got []string
	emit := func(w Window) {
		state := "final"
		if w.Provisional {
			state = "so far"
		}
		got = append(got, fmt.Sprintf("%s: %s to %s, %d documents, result %d", state, w.Start.Format("02T15"), w.End.Format("02T15"), w.Documents, w.Revision))
	}
	for _, hours := range []int64{0, 10, 5, 36, 99, 100} {
		s.Observe(Document{Time: hours * int64(time.Hour), Label: "x"}, emit)
	}
	s.EndOfSource("", emit)
	want := []string{
		"so far: 01T00 to 01T06, 1 documents, result 0",
		"so far: 01T10 to 01T16, 1 documents, result 0",
		"so far: 01T00 to 01T16, 3 documents, result 1",
		"so far: 02T12 to 02T18, 1 documents, result 0",
		"final: 01T00 to 01T16, 3 documents, result 2",
		"final: 02T12 to 02T18, 1 documents, result 1",
		"so far: 05T03 to 05T09, 1 documents, result 0",
		"so far: 05T04 to 05T10, 1 documents, result 0",
		"final: 05T03 to 05T09, 1 documents, result 1",
		"final: 05T04 to 05T10, 1 documents, result 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("results (- want, + got):\n%s", diff)
	}
}

// A window that is over is told of at once, takes late documents as long as it
// may, and is final once.
func TestLatenessKeepsAWindowForLateDocuments(t *testing.T) {
	s := New(Options{Windows: []Definition{parse(t, "tumbling:1h")}, Lateness: 2 * time.Hour}, 0, 1)
	var got []string
	emit := func(w Window) {
		got = append(got, fmt.Sprintf("%d: %d documents, provisional %v, result %d", w.Number, w.Documents, w.Provisional, w.Revision))
	}
	for _, minutes := range []int64{0, 30, 60, 59, 179, 58, 180, 1} {
		s.Observe(Document{Time: minutes * int64(time.Minute), Label: "x"}, emit)
	}
	want := []string{
		"0: 2 documents, provisional true, result 0",
		"1: 1 documents, provisional true, result 0",
		"0: 4 documents, provisional false, result 1",
		"2: 1 documents, provisional true, result 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("results (- want, + got):\n%s", diff)
	}
	if c := s.Counts()[0]; c.Late != 1 || c.Windowed != 7 || c.In != 8 {
		t.Errorf("counts %+v", c)
	}
}

func TestASourceThatEndsCanLeaveItsWindowsOpen(t *testing.T) {
	s := New(Options{Windows: []Definition{parse(t, "tumbling:1h"), parse(t, "count:5"), parse(t, "session:1h")}, KeepOpen: true}, 0, 1)
	s.Observe(Document{Time: 0, Label: "x"}, nil)
	s.EndOfSource("", func(w Window) { t.Errorf("%+v was closed", w) })
	s.Observe(Document{Time: 1, Label: "x"}, nil)
	for _, c := range s.Counts() {
		if c.Open != 1 || c.Windowed != 2 {
			t.Errorf("counts %+v", c)
		}
	}
}
