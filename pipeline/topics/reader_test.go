package topics

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tidings"
	"tidings/features"
)

// eventful is a stream with events in it: documents of common words, and now and then
// several of a hurricane or a strike, some of them late or without a time.
func eventful(tb testing.TB, n int) []Document {
	random := rand.New(rand.NewPCG(1, 2))
	common := strings.Fields("the government said on monday that talks with leaders of parties will go on after votes were counted in towns")
	events := []string{"hurricane harvey hits texas coast", "coal miners strike in wales", "gaza strip ceasefire holds"}
	tokenizer := features.NewTokenizer(features.Options{})
	docs := make([]Document, n)
	for i := range docs {
		var text []string
		for range random.IntN(12) {
			text = append(text, common[random.IntN(len(common))])
		}
		if event := i / 150; random.IntN(3) == 0 {
			text = append(text, events[event%len(events)])
		}
		d := Document{Time: int64(i) * int64(time.Hour), Label: fmt.Sprint(i % 3), Dict: new(features.Dictionary), Position: tidings.Position{Sequence: uint64(i + 1)}}
		switch random.IntN(20) {
		case 0:
			d.Time = NoTime
		case 1:
			d.Time -= int64(30 * time.Hour)
		}
		var err error
		if d.Terms, d.Words, err = tokenizer.AppendOrdered(nil, nil, d.Dict, nil, []byte(strings.Join(text, " "))); err != nil {
			tb.Fatal(err)
		}
		docs[i] = d
	}
	return docs
}

func reading(tb testing.TB) Options {
	o := Options{OutOfOrder: 12 * time.Hour, Lateness: 12 * time.Hour, EmitDocuments: 97, Bursts: 5, Stories: 3}
	for _, w := range []string{"tumbling:3d", "sliding:4d/2d", "session:5h", "count:80"} {
		o.Windows = append(o.Windows, parse(tb, w))
	}
	return o
}

// lines are windows as JSON, in no order.
func lines(tb testing.TB, windows []Window) []string {
	all := make([]string, len(windows))
	for i, w := range windows {
		b, err := json.Marshal(w)
		if err != nil {
			tb.Fatal(err)
		}
		all[i] = string(b)
	}
	slices.Sort(all)
	return all
}

// Properties, over windows of every kind with bursts and stories, late ones and
// provisional results: partitions that share a Reader tell what one State with a
// Reader of its own tells, to the bit, however often all of it is saved and
// loaded on the way; the digests add up.
func TestBurstsAndStoriesAreTheSameInPartitions(t *testing.T) {
	docs, o := eventful(t, 700), reading(t)
	var want []Window
	alone := New(o, 0, 1)
	for _, d := range docs {
		alone.Observe(d, func(w Window) { want = append(want, w) })
	}
	alone.EndOfSource("", func(w Window) { want = append(want, w) })
	burst, story := 0, 0
	for _, w := range want {
		burst, story = burst+len(w.Bursts), story+len(w.Stories)
	}
	if burst < 20 || story < 20 {
		t.Fatalf("only %d bursts and %d stories: nothing is tested", burst, story)
	}
	for _, n := range []int{1, 2, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			reader := NewReader(o)
			var states []*State
			for p := range n {
				states = append(states, New(o, p, n))
				states[p].Share(reader)
			}
			var got []Window
			emit := func(w Window) { got = append(got, w) }
			for i, d := range docs {
				if i%170 == 169 {
					states, reader = savedAndLoaded(t, o, states, reader)
				}
				reader.Read(&d)
				for _, s := range states {
					s.Observe(d, emit)
				}
			}
			var digest uint64
			for _, s := range states {
				s.EndOfSource("", emit)
				digest += s.Digest()
			}
			if digest != alone.Digest() {
				t.Error("the digests do not add up")
			}
			if got, want := lines(t, got), lines(t, want); !slices.Equal(got, want) {
				for i := range min(len(got), len(want)) {
					if got[i] != want[i] {
						t.Fatalf("%d windows, want %d; the first that differs:\n got %s\nwant %s", len(got), len(want), got[i], want[i])
					}
				}
				t.Fatalf("%d windows, want %d", len(got), len(want))
			}
		})
	}
}

func savedAndLoaded(t *testing.T, o Options, states []*State, reader *Reader) ([]*State, *Reader) {
	var b, again bytes.Buffer
	if err := reader.Save(&b); err != nil {
		t.Fatal(err)
	}
	back, err := LoadReader(bytes.NewReader(b.Bytes()), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := back.Save(&again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Errorf("a reader is not what was saved (%v)", err)
	}
	var loaded []*State
	for p, s := range states {
		was := saved(t, s)
		l, err := Load(bytes.NewReader(was), o, p, len(states))
		if err != nil {
			t.Fatal(err)
		}
		l.Share(back)
		if l.Digest() != s.Digest() || !bytes.Equal(saved(t, l), was) {
			t.Errorf("partition %d is not what was saved", p)
		}
		loaded = append(loaded, l)
	}
	return loaded, back
}

// Of an event the bursts tell its words and the stories its documents.
func TestWindowsTellWhatHappened(t *testing.T) {
	o := reading(t)
	o.Windows, o.EmitDocuments = []Definition{parse(t, "count:150")}, 0
	var told []Window
	s := New(o, 0, 1)
	for _, d := range eventful(t, 450) {
		s.Observe(d, func(w Window) { told = append(told, w) })
	}
	if len(told) != 3 {
		t.Fatalf("%d windows", len(told))
	}
	if len(told[0].Bursts) > 0 {
		t.Errorf("with nothing before it the first window tells %v", told[0].Bursts)
	}
	for i, want := range map[int]string{1: "coal miners", 2: "gaza strip"} {
		if w := told[i]; !slices.ContainsFunc(w.Bursts, func(b Burst) bool { return strings.Contains(b.Text, want) && b.Documents > 30 }) {
			t.Errorf("window %d tells %v, not %q", i, w.Bursts, want)
		}
	}
	for i, want := range []string{"harvey", "coal", "gaza"} {
		w := told[i]
		if !slices.ContainsFunc(w.Stories, func(s Story) bool {
			return s.Here > 20 && slices.Contains(s.Terms, want) && !s.Since.IsZero() && len(s.Central) > 0
		}) {
			t.Errorf("window %d tells of %+v, not of %q", i, w.Stories, want)
		}
	}
}

// Documents that say nothing, windows of one document, and a document of more
// terms than are read are no matter.
func TestOddDocumentsAreRead(t *testing.T) {
	o := reading(t)
	o.Windows, o.EmitDocuments = []Definition{parse(t, "count:1"), parse(t, "session:1h")}, 1
	tokenizer, dict := features.NewTokenizer(features.Options{}), new(features.Dictionary)
	var long strings.Builder
	for i := range features.TermsMax {
		fmt.Fprintf(&long, "w%d ", i)
	}
	s, windows := New(o, 0, 1), 0
	for i, text := range []string{"", "a", "42", long.String(), strings.Repeat("same ", 100_000), ""} {
		terms, words, err := tokenizer.AppendOrdered(nil, nil, dict, nil, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		s.Observe(Document{Time: int64(i) * int64(3*time.Hour), Dict: dict, Terms: terms, Words: words}, func(w Window) {
			windows++
			if len(w.Bursts) > 0 || len(w.Stories) > 0 {
				t.Errorf("told of %+v", w)
			}
		})
	}
	if windows < 6 {
		t.Errorf("%d windows", windows)
	}
}
