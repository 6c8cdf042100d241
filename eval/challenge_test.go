package eval_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"tidings"
	"tidings/eval"
	"tidings/eval/evaltest"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/model/drift"
	"tidings/pipeline"
)

// spoilt gives the first n documents of a log wrong labels.
func spoilt(documents [][]byte, n int) (out [][]byte) {
	names := []string{"Armed conflicts and attacks", "Politics and elections", "Law and crime", "Sports"}
	for i, d := range documents {
		if i < n {
			for j, name := range names {
				if bytes.Contains(d, []byte(`"label":"`+name+`"`)) {
					d = bytes.Replace(d, []byte(name), []byte(names[(j+1)%len(names)]), 1)
					break
				}
			}
		}
		out = append(out, d)
	}
	return out
}

// challenger is one of a pipeline's own kind that begins with a log message.
func challenger(t *testing.T, p pipeline.Plan, from, to uint64, window int) *eval.Challenge {
	t.Helper()
	p.Drift = drift.None()
	o, err := eval.NewChallenger(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &eval.Challenge{Stored: p, Oracle: o, From: from, To: to, Duel: eval.NewDuel(window)}
}

// Properties, of a challenger with the pipeline's own model and features over the
// whole log, chained and divided:
//   - it says what the champion said, of every document: nothing is compared
//     twice or left out, and the scores of both are equal;
//   - its model is the champion's, to the bit.
func TestAChallengerOfTheSameKindIsTheChampion(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 3000)
	b := evaltest.Broker(t)
	for _, n := range []int{1, 2} {
		name := pipeline.Name(fmt.Sprint("same", n))
		p := evaltest.Plan(t, name, n, "")
		evaltest.Fill(t, b, name, documents, 16)
		tally := run(t, b, p, nil)
		c := challenger(t, p, 1, tally.To, 100)
		c.Broker = b
		if err := c.Run(brokertest.Context(t)); err != nil {
			t.Fatal(err)
		}
		d := c.Duel
		if d.Documents() != tally.Labelled || c.Unpaired != 0 || d.All.First+d.All.Second != 0 || d.All.P() != 1 {
			t.Errorf("%d partitions: %d of %d compared, %d not, %+v", n, d.Documents(), tally.Labelled, c.Unpaired, d.All)
		}
		if a, b := d.Champion.Loss, d.Challenger.Loss; a != b || a.Documents() != d.Documents() || a.Log() == 0 {
			t.Errorf("%d partitions: losses %+v and %+v", n, a, b)
		}
		if d.Champion.Confusion.Accuracy() != tally.Confusion.Accuracy() || c.Oracle.Model().Digest() != tally.ModelDigest {
			t.Errorf("%d partitions: accuracy %v, want %v; model %x, want %x", n, d.Champion.Confusion.Accuracy(), tally.Confusion.Accuracy(), c.Oracle.Model().Digest(), tally.ModelDigest)
		}
	}
}

// A champion that was taught wrong labels is beaten by a challenger that begins
// behind them, and the rule says so; one that begins where it does has not won.
func TestAWorseChampionIsBeaten(t *testing.T) {
	documents := spoilt(lines(t, "wikipedia-current-events.jsonl.gz", 7000), 4000)
	b := evaltest.Broker(t)
	p := evaltest.Plan(t, "spoilt", 1, "")
	evaltest.Fill(t, b, p.Pipeline, documents, 10)
	last := run(t, b, p, nil).To
	for _, tt := range []struct {
		start string
		won   bool
	}{{"-3000", true}, {"first", false}} {
		start, err := eval.ParseStart(tt.start)
		if err != nil {
			t.Fatal(err)
		}
		ctx := brokertest.Context(t)
		from, err := start.Find(ctx, b, p.Pipeline, 1, last)
		if err != nil {
			t.Fatal(err)
		}
		c := challenger(t, p, from, last, 2000)
		c.Broker = b
		if err := c.Run(ctx); err != nil {
			t.Fatal(err)
		}
		first, second := c.Duel.Window.Accuracies()
		t.Logf("from %d: champion %.4f, challenger %.4f in the window, p = %v", from, first, second, c.Duel.Window.P())
		if won := (eval.Rule{}).Won(c.Duel); won != tt.won {
			t.Errorf("from %s: won is %v, want %v", tt.start, won, tt.won)
		}
	}
}

// Properties, of a challenger over a log whose pipeline has been stopped halfway:
//   - it comes to its end though the champion does not, and says how many
//     documents could not be compared;
//   - called off, it stops at once.
func TestAChallengerEndsWithoutTheChampion(t *testing.T) {
	documents := lines(t, "wikipedia-current-events.jsonl.gz", 400)
	b := evaltest.Broker(t)
	p := evaltest.Plan(t, "half", 1, "")
	evaltest.Fill(t, b, p.Pipeline, documents[:200], 8)
	run(t, b, p, nil)
	evaltest.Fill(t, b, p.Pipeline, documents[200:], 8)
	ctx := brokertest.Context(t)
	last, err := b.LastSequence(ctx, p.Pipeline.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	c := challenger(t, p, 1, last, 10)
	c.Broker = b
	if err := c.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if c.Unpaired == 0 || c.Duel.Documents() == 0 || c.Duel.Documents()+c.Unpaired != c.Confusion.Documents() {
		t.Errorf("%d compared, %d not, of %d", c.Duel.Documents(), c.Unpaired, c.Confusion.Documents())
	}
	c = challenger(t, p, 1, 0, 10)
	c.Broker = b
	calling, off := context.WithCancel(ctx)
	c.Learnt = func(_ context.Context, sequence uint64) error {
		if sequence == last {
			off()
		}
		return nil
	}
	if err := c.Run(calling); !errors.Is(err, context.Canceled) || !c.Caught {
		t.Errorf("called off it ends with %v, caught up: %v", err, c.Caught)
	}
}

func TestStartIsFoundInALog(t *testing.T) {
	b := evaltest.Broker(t)
	var documents [][]byte
	for i := range 5000 {
		documents = append(documents, fmt.Appendf(nil, `{"id":"d%d","time":%q,"label":"a","text":"word %d"}`, i, time.Date(2020, 1, 1, 0, i, 0, 0, time.UTC).Format(time.RFC3339), i))
	}
	name := pipeline.Name("starts")
	evaltest.Fill(t, b, name, documents, 1)
	ctx := brokertest.Context(t)
	last, err := b.LastSequence(ctx, name.LogStream().Name)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text        string
		begin, want uint64
		fails       bool
	}{
		{"first", 1, 1, false}, {"first", 700, 700, false}, {"-1000000", 1, 1, false}, {"-1000000", 30, 30, false},
		{"12", 1, 12, false}, {"12/0", 1, 12, false}, {"11/3", 12, 0, true}, {"999999", 1, 0, true},
		{"2020-01-01T00:40:00Z", 1, 41, false}, {"2020-01-01T00:40:00Z", 100, 100, false}, {"2031-01-01", 1, last + 1, false},
	} {
		s, err := eval.ParseStart(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Find(ctx, b, name, tt.begin, last)
		if got != tt.want || (err != nil) != tt.fails {
			t.Errorf("%s of a log from %d: %d, %v; want %d", tt.text, tt.begin, got, err, tt.want)
		}
		if gone := new(pipeline.TrimmedError); tt.text == "11/3" && (!errors.As(err, &gone) || gone.Begin != 12) {
			t.Errorf("a start that is gone: %v", err)
		}
	}
	// So many documents from the end, in whichever block they begin.
	for _, n := range []uint64{1, 2, 1000, 1023, 1024, 1025, 3000, 4999} {
		from, err := eval.Start{Last: n}.Find(ctx, b, name, 1, last)
		if err != nil {
			t.Fatal(err)
		}
		count := uint64(0)
		if err := b.Scan(ctx, name.LogStream().Name, name.LogSubject(pipeline.ArticleRecord, ">"), from, last, func(r broker.Record) error {
			count += 1 + uint64(bytes.Count(r.Data, []byte{'\n'}))
			return nil
		}); err != nil || count < n || count > n+1 {
			t.Errorf("the last %d begin at %d, where %d do (%v)", n, from, count, err)
		}
	}
}

func TestStartIsRead(t *testing.T) {
	for _, text := range []string{"0", "-0", "--5", "0/3", "12/", "yesterday", "2024-13-01", "-1x", "2024/03/01"} {
		if s, err := eval.ParseStart(text); err == nil {
			t.Errorf("%q is read as %+v", text, s)
		}
	}
	if s, err := eval.ParseStart("2024-03"); err != nil || s.Time != time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC) {
		t.Errorf("2024-03 is read as %+v, %v", s, err)
	}
}

// FuzzParseStart: whatever is read names one place, and nothing makes it panic.
func FuzzParseStart(f *testing.F) {
	for _, s := range []string{"first", "-100_000", "12/3", "2024-03-01", "2024-03-01T10:00:00+02:00", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := eval.ParseStart(text)
		ways := 0
		for _, is := range []bool{s.Position.Sequence > 0, s.Last > 0, !s.Time.IsZero()} {
			if is {
				ways++
			}
		}
		if err == nil && ways > 1 || err != nil && !strings.Contains(err.Error(), "no place in a log") {
			t.Fatalf("%q: %+v, %v", text, s, err)
		}
	})
}

// Log loss and Brier score of a few predictions, worked out by hand: what the
// best labels leave is shared by the others.
func TestSharesOfUnlistedLabels(t *testing.T) {
	said := func(truth string, scores ...tidings.Score) *eval.Said {
		s := &eval.Said{Truth: truth, Label: scores[0].Label, Probability: scores[0].Probability, Listed: len(scores)}
		copy(s.Scores[:], scores)
		return s
	}
	d := eval.NewDuel(10)
	three := []tidings.Score{{Label: "a", Probability: .5}, {Label: "b", Probability: .2}, {Label: "c", Probability: .1}}
	d.Add(said("a", three...), said("e", three...), 6)
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-6 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	third := .2 / 3 // of three further labels
	squares := .25 + .04 + .01 + 3*third*third
	near("log loss, listed", d.Champion.Loss.Log(), -math.Log(.5))
	near("log loss, not listed", d.Challenger.Loss.Log(), -math.Log(third))
	near("Brier score, listed", d.Champion.Loss.Brier(), squares-2*.5+1)
	near("Brier score, not listed", d.Challenger.Loss.Brier(), squares-2*third+1)
}
