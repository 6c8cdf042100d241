package experiments_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidings"
	"tidings/eval/evaltest"
	"tidings/eval/experiments"
	"tidings/features"
	"tidings/guarantees"
)

// labelOf is a line's.
func labelOf(t *testing.T, line []byte) string {
	t.Helper()
	var x struct{ Label string }
	if err := json.Unmarshal(line, &x); err != nil {
		t.Fatal(err)
	}
	return x.Label
}

// inBlocks takes the first trained lines as they are, and behind them blocks of
// the given labels without their labels, so that a pipeline learns the first and
// is frozen then. places are where the log's lines stand among all.
func inBlocks(t *testing.T, lines [][]byte, trained, block int, labels ...string) (log [][]byte, places []int32) {
	t.Helper()
	for i := range trained {
		log, places = append(log, lines[i]), append(places, int32(i))
	}
	next := map[string]int{}
	for _, label := range labels {
		at := max(next[label], trained)
		for n := 0; n < block; at++ {
			if at == len(lines) {
				t.Fatalf("too few lines of %q", label)
			}
			if labelOf(t, lines[at]) == label {
				log = append(log, bytes.Replace(lines[at], fmt.Appendf(nil, `"label":%q`, label), []byte(`"label":""`), 1))
				places = append(places, int32(at))
				n++
			}
		}
		next[label] = at
	}
	return log, places
}

// A real crash in a block of one topic, in a pipeline that has learnt the first
// documents and no more, puts out and loses what a frozen loop does whose failure
// hits the same documents; and topics have the shares that counting gives,
// (c + d a)/(n + d), to within half a point.
func TestAFrozenLoopFailsAsAPipelineUnderEveryPromise(t *testing.T) {
	const trained, block, documents = 2048, 1000, 9600 // at-least-once acknowledges 2,048 documents at a time
	lines := evaltest.Documents(documents)
	log, places := inBlocks(t, lines, trained, block, "sport", "science", "sport", "science")
	x := frozenCase{corpus: corpus(t, documents), trained: trained, log: log, window: places[trained:], like: func(at, from int) bool { return at/block == from/block }}
	x.run(t)
}

// A real crash among documents of other topics makes a topic unpopular that the
// pipeline finds just popular without one, as it does in the loop.
func TestAPipelineLosesATopicUnderEveryPromise(t *testing.T) {
	const trained, documents = 2048, 9600
	c := corpus(t, documents)
	window, head, topic, err := experiments.ThresholdWindow(t.Context(), c, experiments.ThresholdOptions{Trained: trained, Head: 1200})
	if err != nil {
		t.Fatal(err)
	}
	lines := evaltest.Documents(documents)
	log := slices.Clone(lines[:trained])
	for _, i := range window {
		label := labelOf(t, lines[i])
		log = append(log, bytes.Replace(lines[i], fmt.Appendf(nil, `"label":%q`, label), []byte(`"label":""`), 1))
	}
	x := frozenCase{corpus: c, trained: trained, log: log, window: window, like: func(at, from int) bool { return (at < head) == (from < head) }}
	for recovery, o := range x.run(t) {
		share := o.Share(topic)
		lost := recovery == guarantees.Kept || recovery == guarantees.Rollback
		if (share <= 10) != lost {
			t.Errorf("%s: the topic has a share of %v %%", recovery, share)
		}
	}
}

// frozenCase is a window that a pipeline and a frozen loop meet.
type frozenCase struct {
	corpus  *experiments.Corpus
	trained int
	log     [][]byte
	window  []int32                 // the log behind the first trained lines
	like    func(at, from int) bool // whether documents at a place are like those that a failure from another one hits
}

// run lets a real crash strike under each recovery, holds the loop against what
// comes out, and returns the loop's outcomes.
func (x frozenCase) run(t *testing.T) map[string]*experiments.Outcome {
	f, err := experiments.Freeze(t.Context(), x.corpus, "arow", experiments.Setting{}.Options, x.trained)
	if err != nil {
		t.Fatal(err)
	}
	truth := f.Window(x.window, experiments.Failure{})
	outcomes := map[string]*experiments.Outcome{}
	for _, tt := range []struct {
		recovery, faults string
		promise          experiments.Promise
		kind             experiments.Kind
	}{
		{guarantees.Commit, "kill[stepped]:classify@2700", experiments.ExactlyOnce, ""},
		{guarantees.Kept, "kill[stored]:classify@2700", experiments.Kept, experiments.Repetition},
		{guarantees.Rollback, "kill[stored]:classify@2700", experiments.Rollback, experiments.Repetition},
		{guarantees.Claim, "kill[stepped]:classify@2700", experiments.AtMostOnce, experiments.Loss},
	} {
		t.Run(tt.recovery, func(t *testing.T) {
			said, total, struck := x.pipeline(t, tt.recovery, tt.faults, tt.kind)
			struck.Promise = tt.promise
			t.Logf("places %d to %d are hit", struck.From, struck.To)
			o := f.Window(x.window, struck)
			outcomes[tt.recovery] = o
			if o.Puts != total || (tt.kind == "") != (struck.From == struck.To) {
				t.Fatalf("%d outputs of the loop, %d of the pipeline", o.Puts, total)
			}
			for l, label := range x.corpus.Labels() {
				if got, want := o.Share(int32(l)), 100*float64(said[label])/float64(total); got != want {
					t.Errorf("%s has %v %% in the loop, %v in the pipeline", label, got, want)
				}
				like := func(at int) bool { return x.like(at, struck.From) }
				if want := truth.Computed(int32(l), o.Output-o.Lost, like); math.Abs(o.Share(int32(l))-want) >= .5 {
					t.Errorf("%s has %v %%, counting gives %v", label, o.Share(int32(l)), want)
				}
			}
		})
	}
	return outcomes
}

// pipeline counts what a real one puts out of the window, by label and all in all,
// and finds the one stretch that a crash hit.
func (x frozenCase) pipeline(t *testing.T, recovery, faults string, kind experiments.Kind) (said map[string]int, total int, struck experiments.Failure) {
	t.Helper()
	times := make([]int, len(x.log))
	said = map[string]int{}
	for _, o := range crashed(t, x.log, recovery, faults, kind) {
		times[o.line]++
		if o.line >= x.trained {
			said[o.label]++
			total++
		}
	}
	unusual := func(n int) bool { return n != 1 }
	if slices.ContainsFunc(times[:x.trained], unusual) {
		t.Fatal("the crash hit what is learnt")
	}
	times = times[x.trained:]
	if struck.From = slices.IndexFunc(times, unusual); struck.From < 0 {
		return said, total, experiments.Failure{}
	}
	n := slices.IndexFunc(times[struck.From:], func(n int) bool { return n == 1 })
	if n < 0 || slices.ContainsFunc(times[struck.From+n:], unusual) {
		t.Fatal("the crash did not hit one stretch inside the window")
	}
	struck.To = struck.From + n
	return said, total, struck
}

// A window's outputs are its documents, those that a failure repeats twice and
// those that it loses never; what is repeated is told as state's and as output's;
// and first predictions before the failure are those without one.
func TestFailuresRepeatAndLoseWhatTheyHit(t *testing.T) {
	c := corpus(t, 1500)
	f, err := experiments.Freeze(t.Context(), c, "nb", experiments.Setting{}.Options, 500)
	if err != nil {
		t.Fatal(err)
	}
	window := make([]int32, 1000)
	for i := range window {
		window[i] = int32(500 + i)
	}
	rapid.Check(t, func(t *rapid.T) {
		x := experiments.Failure{
			Promise: rapid.SampledFrom([]experiments.Promise{experiments.Kept, experiments.Rollback, experiments.AtMostOnce}).Draw(t, "promise"),
			From:    rapid.IntRange(0, len(window)).Draw(t, "from"),
		}
		x.To = rapid.IntRange(x.From, len(window)).Draw(t, "to")
		d := x.To - x.From
		o := f.Window(window, x)
		want := map[experiments.Promise][4]int{
			experiments.Kept:       {len(window) + d, d, d, 0},
			experiments.Rollback:   {len(window) + d, 0, d, 0},
			experiments.AtMostOnce: {len(window) - d, 0, 0, d},
		}[x.Promise]
		if got := [4]int{o.Puts, o.State, o.Output, o.Lost}; got != want {
			t.Fatalf("%v, want %v", got, want)
		}
		sum := 0.0
		for l := range c.Labels() {
			sum += o.Share(int32(l))
		}
		if o.Puts > 0 && math.Abs(sum-100) > 1e-9 {
			t.Fatalf("shares add up to %v", sum)
		}
	})
}

// small is a source on which every experiment runs in an instant.
func small(s experiments.Setting) experiments.BiasOptions {
	return experiments.BiasOptions{Setting: s, Trained: 1000, Block: 100, Topics: []string{"science", "sport"}}
}

// The same options give the same experiment to the bit, however many runs go beside
// each other; a page can be made of it; after a failure that repeats, shares are
// those that counting gives to within half a point.
func TestBiasDependsOnItsSeedAlone(t *testing.T) {
	c := corpus(t, 3000)
	var texts [2]string
	for i, workers := range []int{1, 3} {
		e, err := experiments.Bias(t.Context(), c, small(experiments.Setting{Others: []string{"nb"}, Seeds: 5, Seed: 3, Workers: workers}))
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Check(); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	if texts[0] != texts[1] {
		t.Error("the result depends on how many runs go beside each other")
	}
}

func TestBiasSaysWhatItCannotBeMadeWith(t *testing.T) {
	c := corpus(t, 3000)
	late, err := experiments.Load(func(yield func(tidings.Document, error) bool) {
		for i := range 3000 {
			label := "sport"
			if i > 2000 {
				label = "science"
			}
			if !yield(tidings.Document{ID: "a", Text: "some text", Label: label}, nil) {
				return
			}
		}
	}, features.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		c      *experiments.Corpus
		change func(o *experiments.BiasOptions)
		err    error
		says   string
	}{
		"too few documents":      {c, func(o *experiments.BiasOptions) { o.Trained, o.Block = 2000, 500 }, experiments.ErrTooFew, "2000 are learnt before the window, which takes 2000 more"},
		"too few of a topic":     {c, func(o *experiments.BiasOptions) { o.Block = 400 }, experiments.ErrTooFew, `"science" has`},
		"a topic nobody has":     {c, func(o *experiments.BiasOptions) { o.Topics[0] = "space" }, experiments.ErrNoLabels, `no document has the label "space"`},
		"one topic":              {c, func(o *experiments.BiasOptions) { o.Topics = o.Topics[:1] }, nil, "1 are named"},
		"twice the same":         {c, func(o *experiments.BiasOptions) { o.Topics = []string{"a", "a"} }, nil, "two different ones"},
		"more than a block":      {c, func(o *experiments.BiasOptions) { o.Hit = 101 }, nil, "blocks are smaller"},
		"one label to learn":     {late, func(*experiments.BiasOptions) {}, experiments.ErrNoLabels, "1 among the first 1000"},
		"less than nothing":      {c, func(o *experiments.BiasOptions) { o.Trained = -1 }, nil, "cannot learn -1"},
		"a model nobody knows":   {c, func(o *experiments.BiasOptions) { o.Model = "oracle" }, nil, "oracle"},
		"a block below nothing":  {c, func(o *experiments.BiasOptions) { o.Block = -1 }, nil, "1 document or more"},
		"a corpus of no measure": {corpus(t, 3), func(o *experiments.BiasOptions) { o.Trained, o.Topics = 0, nil }, experiments.ErrTooFew, "3 documents"},
	} {
		o := small(experiments.Setting{Seeds: 1})
		tt.change(&o)
		_, err := experiments.Bias(t.Context(), tt.c, o)
		if err == nil || tt.err != nil && !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The same options give the same experiments to the bit, however many runs go
// beside each other, and pages can be made of them.
func TestThresholdAndDriftDependOnTheirSeedAlone(t *testing.T) {
	c := corpus(t, 3000)
	var texts [2][]byte
	for i, workers := range []int{1, 3} {
		s := experiments.Setting{Others: []string{"nb"}, Seeds: 5, Seed: 3, Workers: workers}
		lost, err := experiments.Threshold(t.Context(), c, experiments.ThresholdOptions{Setting: s, Trained: 1000, Head: 600})
		if err != nil {
			t.Fatal(err)
		}
		moved, err := experiments.Drift(t.Context(), c, experiments.DriftOptions{Setting: s})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(lost.Check(), moved.Check()); err != nil {
			t.Fatal(err)
		}
		if texts[i], err = json.Marshal([]any{lost, moved}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(texts[0], texts[1]) {
		t.Error("the result depends on how many runs go beside each other")
	}
}

func TestThresholdAndDriftSayWhatTheyCannotBeMadeWith(t *testing.T) {
	timeless, err := experiments.Load(func(yield func(tidings.Document, error) bool) {
		for i := range 3000 {
			if !yield(tidings.Document{ID: "a", Text: "some text", Label: []string{"sport", "science"}[i%2]}, nil) {
				return
			}
		}
	}, features.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := corpus(t, 3000)
	lost := func(c *experiments.Corpus, o experiments.ThresholdOptions) error {
		_, err := experiments.Threshold(t.Context(), c, o)
		return err
	}
	moved := func(c *experiments.Corpus, o experiments.DriftOptions) error {
		_, err := experiments.Drift(t.Context(), c, o)
		return err
	}
	for name, tt := range map[string]struct {
		got, err error
		says     string
	}{
		"too few for a head":    {lost(corpus(t, 300), experiments.ThresholdOptions{}), experiments.ErrTooFew, "150 are learnt before the window"},
		"a head too long":       {lost(c, experiments.ThresholdOptions{Trained: 1000, Head: 1900}), experiments.ErrTooFew, "of no topic there are enough"},
		"a topic nobody has":    {lost(c, experiments.ThresholdOptions{Topic: "space"}), experiments.ErrNoLabels, `no document has the label "space"`},
		"a failure too large":   {lost(c, experiments.ThresholdOptions{Head: 10, Hit: 11}), nil, "cannot hit 11 documents of a head of 10"},
		"too few to drift":      {moved(corpus(t, 300), experiments.DriftOptions{}), experiments.ErrTooFew, "300 documents, the experiment needs 2000"},
		"no times":              {moved(timeless, experiments.DriftOptions{}), experiments.ErrNoTimes, "the document in the middle has none"},
		"no times, and a date":  {moved(timeless, experiments.DriftOptions{Freeze: time.Unix(1, 0)}), experiments.ErrNoTimes, "none of 3000 documents"},
		"a date before all":     {moved(c, experiments.DriftOptions{Freeze: time.Unix(1, 0)}), experiments.ErrTooFew, "name another date"},
		"a half-life too short": {moved(c, experiments.DriftOptions{HalfLife: features.HalfLife{Documents: 1}}), nil, "half-life"},
		"a date behind all":     {moved(c, experiments.DriftOptions{Freeze: time.Now()}), experiments.ErrTooFew, "name another date"},
	} {
		if tt.got == nil || tt.err != nil && !errors.Is(tt.got, tt.err) || !strings.Contains(tt.got.Error(), tt.says) {
			t.Errorf("%s: %v", name, tt.got)
		}
	}
}
