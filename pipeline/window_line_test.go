package pipeline

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tidings"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/pipeline/topics"
)

// Properties:
//   - a window is compared with the newest final one of its definition and key
//     that came before: each share with what it was, labels that are gone told;
//   - provisional results are compared with it too, and nothing with them;
//   - a window that is older than the last one is compared with none;
//   - late documents are those of the definition, of all partitions so far.
func TestWindowsAreComparedWithThoseBefore(t *testing.T) {
	share := func(label string, n uint64, of float64) topics.Share {
		return topics.Share{Label: label, Documents: n, Share: float64(n) / of}
	}
	window := func(hour int, key string, shares ...topics.Share) topics.Window {
		w := told(hour, 0).Window
		w.Key, w.Shares = key, shares
		return w
	}
	teller := newWindowTeller(Plan{Pipeline: "p"}, nil)
	provisional := window(3, "", share("b", 4, 4))
	provisional.Provisional = true
	counts := func(late uint64) []topics.Counts {
		return []topics.Counts{{Definition: "count:10", Late: 100}, {Definition: "tumbling:1h", Late: late}}
	}
	u := &Unit{
		Windows: [][]topics.Window{
			{window(1, "", share("a", 3, 4), share("b", 1, 4)), window(1, "other", share("c", 1, 1))},
			{provisional, window(2, "", share("b", 2, 4), share("c", 2, 4)), window(2, "", share("b", 4, 4))},
		},
		Counts: [][]topics.Counts{counts(2), counts(3)},
	}
	var got []string
	tell := func(u *Unit) {
		for _, l := range teller.Unit(u) {
			var before []string
			for _, s := range l.Shares {
				before = append(before, fmt.Sprint(s.Label, " ", s.Share.Share, " ", s.Before))
			}
			previous := "none"
			if l.Previous != nil {
				previous = fmt.Sprint(l.Previous.Number, l.Previous.Documents, l.Previous.Gone)
			}
			got = append(got, fmt.Sprint(l.Number, l.Key, l.Provisional, " ", strings.Join(before, ", "), " ", previous, " late ", l.Late))
		}
	}
	tell(u)
	tell(&Unit{Windows: [][]topics.Window{{window(4, "", share("c", 1, 1))}, nil}, Counts: [][]topics.Counts{nil, counts(7)}})
	want := []string{
		"1false a 0.75 0, b 0.25 0 none late 5",
		"1otherfalse c 1 0 none late 5",
		"3true b 1 0.25 1 1 [{a 0.75}] late 5",
		"2false b 0.5 0.25, c 0.5 0 1 1 [{a 0.75}] late 5",
		"2false b 1 0 none late 5",
		"4false c 1 0.5 2 1 [{b 0.5}] late 9",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A window of several partitions is told in the order of the log, not of the
// partitions; where an older program did not write the place, as it stands.
func TestWindowsAreToldInTheOrderOfTheLog(t *testing.T) {
	at := func(number int64, sequence uint64, line uint32, definition string) topics.Window {
		w := told(int(number), 0).Window
		w.Definition, w.At.Position = definition, tidings.Position{Sequence: sequence, Line: line}
		return w
	}
	numbers := func(u *Unit) (all []int64) {
		for _, w := range u.AllWindows() {
			all = append(all, w.Number)
		}
		return all
	}
	u := &Unit{Windows: [][]topics.Window{{at(2, 7, 1, "b"), at(5, 9, 0, "b")}, {at(1, 7, 0, "b"), at(4, 8, 0, "b"), at(3, 8, 0, "a")}}}
	if got := fmt.Sprint(numbers(u)); got != "[1 2 3 4 5]" {
		t.Errorf("they come as %s", got)
	}
	u.Windows[1][0].At = topics.Place{}
	if got := fmt.Sprint(numbers(u)); got != "[2 5 1 4 3]" {
		t.Errorf("without a place they come as %s", got)
	}
}

// named is a pipeline's log of a few documents.
func named(t *testing.T) (*broker.Broker, Plan) {
	t.Helper()
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	plan := Plan{Pipeline: "p"}.WithDefaults()
	if err := b.CreateStream(ctx, plan.Pipeline.LogStream()); err != nil {
		t.Fatal(err)
	}
	for i, data := range []string{
		`{"id":"a","title":"Hurricane Harvey makes landfall near Rockport, Texas.","text":"x"}` + "\n" + `{"id":"b","text":"The city of Houston is flooded by Hurricane Harvey. ` + strings.Repeat("é", 300) + `"}`,
		`{"id":"c","text":"Hurricane Harvey leaves Houston under water."}`,
	} {
		if _, err := b.Put(ctx, "p-log", "p.log.article.test", "", uint64(i), nil, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	return b, plan
}

func place(sequence uint64, line uint32) topics.Place {
	return topics.Place{Position: tidings.Position{Sequence: sequence, Line: line}}
}

// Properties:
//   - a story has the name that its central documents call it, and the headline of
//     the first of them that the log holds, cut at a character;
//   - where the log holds none, its weightiest terms, and no headline;
//   - the same again, byte by byte, from another process, which is what lets a
//     projection go on where another one stopped;
//   - the committed window is not changed;
//   - of a window that tells many stories a bounded number of documents is read.
func TestStoriesAreNamedOutOfTheLog(t *testing.T) {
	b, plan := named(t)
	ctx := brokertest.Context(t)
	terms := []string{"harvey", "hurricane", "houston", "flooded"}
	line := WindowLine{Window: topics.Window{Stories: []topics.Story{
		{ID: 1, Central: []topics.Place{place(1, 1), place(2, 0)}, Terms: terms},
		{ID: 2, Central: []topics.Place{place(9, 0), place(1, 0)}, Terms: terms},
		{ID: 3, Central: []topics.Place{place(9, 0)}, Terms: terms},
		{ID: 4},
	}}}
	committed := line.Stories
	tell := func() string {
		l := line
		if err := NewWindowTeller(b, plan).Name(ctx, &l); err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		if l.Stories[0].Name != "Hurricane Harvey" || !strings.HasPrefix(l.Stories[0].Headline, "The city of Houston is flooded by Hurricane Harvey. éé") ||
			!strings.HasSuffix(l.Stories[0].Headline, "é…") || len(l.Stories[0].Headline) > headlineBytesMax+len("…") {
			t.Errorf("the first is %+v", l.Stories[0])
		}
		if l.Stories[1].Name != "Hurricane Harvey" || l.Stories[1].Headline != "Hurricane Harvey makes landfall near Rockport, Texas." {
			t.Errorf("the second is %+v", l.Stories[1])
		}
		if l.Stories[2].Name != "harvey, hurricane, houston" || l.Stories[2].Headline != "" || l.Stories[3].Name != "" {
			t.Errorf("without documents %+v", l.Stories[2:])
		}
		return string(data)
	}
	first := tell()
	for range 20 {
		if again := tell(); again != first {
			t.Fatalf("told again\n%s\nfirst\n%s", again, first)
		}
	}
	if committed[0].Name != "" {
		t.Error("the committed window has a name now")
	}
	many := WindowLine{Window: topics.Window{Stories: make([]topics.Story, topics.StoriesTopMax)}}
	for i := range many.Stories {
		many.Stories[i].Central = []topics.Place{place(uint64(100+i), 0), place(uint64(300+i), 0)}
	}
	teller := NewWindowTeller(b, plan)
	if err := teller.Name(ctx, &many); err != nil || len(teller.names.known) != windowReadsMax {
		t.Errorf("%d documents were looked for (%v)", len(teller.names.known), err)
	}
}

// What is remembered of documents does not grow with the stories.
func TestStoryNamesForget(t *testing.T) {
	b, plan := named(t)
	n := NewStoryNames(b, plan.Pipeline)
	for i := range storyTextsMax + 50 {
		n.keep(tidings.Position{Sequence: uint64(i)}, storyText{})
	}
	if len(n.known) != storyTextsMax || len(n.oldest) != storyTextsMax {
		t.Errorf("%d documents are remembered", len(n.known))
	}
}
