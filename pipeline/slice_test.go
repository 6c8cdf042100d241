package pipeline

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
)

// releaser writes a partition's stream as owners by replay do: each begins
// somewhere at or before what is stored and cuts as it likes; of some the last
// records are stored and one before them is not.
type releaser struct {
	ctx    context.Context
	t      *testing.T
	broker *broker.Broker
	plan   Plan
	unit   *Unit
	random *rand.Rand

	sequence        uint64
	cut, left, gone int // records met in part, as a whole, and behind one that is not stored
}

func (r *releaser) put(stage string, partition int, h guarantees.Header) {
	n, err := node(stage)
	if err != nil {
		r.t.Fatal(err)
	}
	var data []byte
	if h.Kind == guarantees.Done {
		sections := []byte{tokensSection}
		if stage == DFStage {
			sections = []byte{dfSection, valuesSection}
		}
		of := *r.plan.Partitions.of(stage)
		var c codec
		if data, err = c.encode(part(r.unit, r.plan.Partitions.DF, h.From, h.To), sections, partition, func(s uint64) bool { return blockOwner(s, of) == partition }); err != nil {
			r.t.Fatal(err)
		}
	}
	s := r.plan.Pipeline.partitionStream(n, partition)
	if _, err := r.broker.Put(r.ctx, s.Name, s.Subjects[0], "", r.sequence, headerOf(h), data); err != nil {
		r.t.Fatal(err)
	}
	r.sequence++
}

func (r *releaser) write(stage string, partition int) {
	n, err := node(stage)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.broker.CreateStream(r.ctx, r.plan.Pipeline.partitionStream(n, partition)); err != nil {
		r.t.Fatal(err)
	}
	r.sequence = 0
	mark := uint64(0) // stored without a gap
	for mark < r.unit.To {
		at := r.random.Uint64N(mark + 1)
		r.put(stage, partition, guarantees.Header{Kind: guarantees.Fence, From: at + 1, To: at})
		lost := -1
		if r.random.IntN(3) == 0 {
			lost = r.random.IntN(4)
		}
		missed := false
		for record := range 8 {
			if at == r.unit.To {
				break
			}
			from := at + 1
			at += 1 + r.random.Uint64N(min(r.unit.To-at, 12))
			if missed = missed || record == lost && at > mark; record == lost && missed {
				continue
			}
			r.put(stage, partition, guarantees.Header{Kind: guarantees.Done, From: from, To: at})
			switch {
			case from > mark+1:
				r.gone++
				continue
			case at <= mark:
				r.left++
			case from <= mark:
				r.cut++
			}
			mark = max(mark, at)
		}
	}
}

// Properties, of streams between stages that owners by replay wrote, each
// from where it went back to and cut as it liked, some with a record missing that
// the next one wrote:
//   - read together they are the unit, each entry and each df value once;
//   - a reader that begins where a snapshot's places say has what is behind it.
func TestStreamsZipWhatComesAgainInPart(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	random := brokertest.Random(t)
	cut, left, gone := 0, 0, 0
	partitions := []int{2, 3, 2, 5, 2, 3, 4, 2}
	missing := func() bool { return cut == 0 || left == 0 || gone == 0 }
	for round := 0; round < len(partitions) || round < roundsMax && missing(); round++ {
		n := partitions[round%len(partitions)]
		u := rapid.Custom(func(t *rapid.T) *Unit { return drawUnit(t, n) }).Example(random.IntN(1 << 30))
		plan := Plan{Pipeline: Name(fmt.Sprintf("p%d", round)), Partitions: Partitions{n, n, n, n}, Guarantee: guarantees.ExactlyOnce, Recovery: guarantees.Replay}
		r := &releaser{ctx: ctx, t: t, broker: b, plan: plan, unit: u, random: random}
		stages := []string{TokenizeStage, DFStage}
		for _, stage := range stages {
			for p := range n {
				r.write(stage, p)
			}
		}
		cut, left, gone = cut+r.cut, left+r.left, gone+r.gone
		want := look(u)
		want.Windows, want.Counts, want.Late = nil, nil, nil
		want.Entries = withoutPredictions(want.Entries)
		for _, gathers := range []bool{false, true} {
			got, _, _ := readZip(ctx, t, b, reading{plan: plan, gathers: gathers}, stages, u.To)
			if d := difference(got, want); d != "" {
				t.Fatalf("%d partitions, log %d..%d, gathered %v: - got + want:\n%s", n, u.From, u.To, gathers, d)
			}
		}
		resumed(ctx, t, b, plan, stages, u, random)
	}
	if missing() {
		t.Errorf("%d records were met in part, %d as a whole, %d behind a gap: this proves too little", cut, left, gone)
	}
	t.Logf("%d records were met in part, %d as a whole, %d behind a gap", cut, left, gone)
}

// resumed reads up to somewhere, and again from the places that are told there.
func resumed(ctx context.Context, t *testing.T, b *broker.Broker, plan Plan, stages []string, u *Unit, random *rand.Rand) {
	t.Helper()
	half := random.Uint64N(u.To) + 1
	in, err := openZip(ctx, reading{broker: b, plan: plan, cuts: cuts{half}}, stages)
	if err != nil {
		t.Fatal(err)
	}
	defer in.close()
	for v := (&Unit{}); v.To < half; {
		v.Reset()
		if err := in.next(ctx, v); err != nil {
			t.Fatal(err)
		}
	}
	again, err := openZip(ctx, reading{broker: b, plan: plan, after: half, places: in.resume(half)}, stages)
	if err != nil {
		t.Fatal(err)
	}
	defer again.close()
	all := &Unit{}
	all.room(plan.Partitions.DF)
	for at := half; at < u.To; {
		v := &Unit{}
		if err := again.next(ctx, v); err != nil {
			t.Fatalf("behind %d, from %d: %v", at, half, err)
		}
		if v.From != at+1 {
			t.Fatalf("unit %d..%d follows %d", v.From, v.To, at)
		}
		at = v.To
		join(all, v)
	}
	want := look(part(u, plan.Partitions.DF, half+1, u.To))
	want.Windows, want.Counts, want.Late = nil, nil, nil
	want.Entries = withoutPredictions(want.Entries)
	got := look(all)
	got.Windows, got.Counts, got.Late = nil, nil, nil
	if d := difference(got, want); half < u.To && d != "" {
		t.Fatalf("behind %d of %d: - got + want:\n%s", half, u.To, d)
	}
}

// Properties, of a released stream:
//   - a fence behind a range that has not come is a gap, at once: nobody will
//     make it again;
//   - so are more records behind one than an owner can have under way.
func TestAGapInAReleasedStreamIsNoticed(t *testing.T) {
	done := func(from, to uint64) guarantees.Header {
		return guarantees.Header{Kind: guarantees.Done, From: from, To: to}
	}
	fence := func(from uint64) guarantees.Header {
		return guarantees.Header{Kind: guarantees.Fence, From: from, To: from - 1}
	}
	many := []guarantees.Header{fence(1), done(1, 5)}
	for i := range uint64(gapMax + 1) {
		many = append(many, done(10+i, 10+i))
	}
	tests := map[string]struct {
		headers []guarantees.Header
		taken   uint64 // the mark in the end
		says    string
	}{
		"none":                      {[]guarantees.Header{fence(1), done(1, 5), fence(3), done(3, 9)}, 9, ""},
		"it comes yet":              {[]guarantees.Header{fence(1), done(1, 5), done(8, 9), fence(4), done(4, 7), done(8, 9)}, 9, ""},
		"a zombie is ahead":         {[]guarantees.Header{fence(1), done(1, 5), fence(1), done(6, 9), done(1, 3), done(4, 9)}, 9, ""},
		"behind a fence":            {[]guarantees.Header{fence(1), done(1, 5), fence(8), done(8, 9)}, 5, "it goes on at 8, but the one before ended at 5"},
		"many records, and no end":  {many, 5, "but the one before ended at 5"},
		"few records, and no fence": {many[:20], 5, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := &side{released: true}
			var err error
			for _, h := range test.headers {
				takes := false
				if takes, err = s.takes(h); err != nil {
					break
				}
				if takes {
					s.at = h.To
				}
			}
			if s.at != test.taken || (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("mark %d, %v; want %d, %q", s.at, err, test.taken, test.says)
			}
		})
	}
}

// Properties: which promises replay can be mixed with, and why not with others.
func TestReplayIsMixedWithWhatKeepsPositions(t *testing.T) {
	tests := map[string]struct {
		guarantee, recovery string
		partitions          int
		says                string
	}{
		"all":               {"", "replay", 2, ""},
		"a chain":           {"", "replay", 1, ""},
		"with commit":       {"", "replay,classify=commit,topics=commit", 2, ""},
		"df alone":          {"", "commit,df=replay", 2, ""},
		"read at least":     {"exactly-once,df=at-least-once", "tokenize=replay", 2, "df at-least-once by kept cannot be mixed"},
		"made at most once": {"exactly-once,tokenize=at-most-once", "df=replay", 2, "tokenize at-most-once by claim cannot be mixed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			all, stages, err := ParsePromises(test.guarantee, test.recovery)
			if err != nil {
				t.Fatal(err)
			}
			n := test.partitions
			p := Plan{Pipeline: "p", Partitions: Partitions{n, n, n, n}, Guarantee: all.Guarantee, Recovery: all.Recovery, Stages: stages}.WithDefaults()
			err = p.Check()
			if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, want %q", err, test.says)
			}
		})
	}
	p := Plan{Pipeline: "p", Recovery: guarantees.Replay, Guarantee: guarantees.ExactlyOnce}.WithDefaults()
	p.Order = "arrival"
	if err := p.checkReplay(); err == nil || !strings.Contains(err.Error(), "replay needs the order sorted") {
		t.Errorf("in order of arrival: %v", err)
	}
}
