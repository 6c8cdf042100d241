package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidings/guarantees"
	"tidings/internal/broker"
	"tidings/internal/broker/brokertest"
	"tidings/pipeline/topics"
)

// part is the stretch from..to of a unit with everything in it, for n df
// partitions, and a window for each topics partition that names the stretch.
func part(u *Unit, n int, from, to uint64) *Unit {
	out := &Unit{From: from, To: to}
	out.room(n)
	route := newRouter(n)
	route.terms(&u.Dict)
	next := make([]int, n)
	for _, e := range u.Entries {
		inside := e.Position.Sequence >= from && e.Position.Sequence <= to
		terms := u.TermsOf(&e)
		e.terms = uint32(len(out.Terms))
		for _, t := range terms {
			p := route.at[t.Ref].partition
			if inside {
				out.Terms = append(out.Terms, termCount(out.Dict.Add(u.Dict.Text(t.Ref)), t.Count))
				out.DF[p] = append(out.DF[p], u.DF[p][next[p]])
			}
			next[p]++
		}
		e.termsEnd = uint32(len(out.Terms))
		if inside {
			out.Entries = append(out.Entries, e)
		}
		for p := range n {
			out.endValues(p, e.Position.Sequence)
		}
	}
	for p := range n {
		for _, end := range u.ends[p] {
			if end.position.Sequence >= from && end.position.Sequence <= to {
				out.ends[p] = append(out.ends[p], end)
			}
		}
		out.Windows[p] = append(out.Windows[p], topics.Window{Definition: fmt.Sprintf("of %d", p), First: from, Last: to})
		out.Counts[p] = append(out.Counts[p], topics.Counts{In: to})
	}
	return out
}

// write commits a unit to one partition's stream, cut into records at random
// places, by several owners one after another.
func write(ctx context.Context, t *testing.T, b *broker.Broker, plan Plan, stage string, partition int, u *Unit, random *rand.Rand) (records int) {
	t.Helper()
	where, err := node(stage)
	if err != nil {
		t.Fatal(err)
	}
	section := map[string]byte{TokenizeStage: tokensSection, DFStage: dfSection, ClassifyStage: predictionsSection, TopicsStage: windowsSection}[stage]
	of := *plan.Partitions.of(stage)
	s := plan.Pipeline.partitionStream(where, partition)
	if err := b.CreateStream(ctx, s); err != nil {
		t.Fatal(err)
	}
	var committer *guarantees.Committer
	var c codec
	for at := uint64(0); at < u.To; records++ {
		if committer == nil || random.IntN(4) == 0 { // one more owner, one more fence
			if committer != nil {
				if err := committer.Wait(ctx); err != nil {
					t.Fatal(err)
				}
				committer.Close()
			}
			committer, err = guarantees.Open(ctx, b, guarantees.Partition{Name: stage, Stream: s.Name, Subject: s.Subjects[0], Worker: "test"})
			if err != nil {
				t.Fatal(err)
			}
		}
		to := at + 1 + random.Uint64N(1+min(u.To-at-1, 12))
		data, err := c.encode(part(u, *plan.Partitions.of(DFStage), at+1, to), []byte{section}, partition, func(sequence uint64) bool { return blockOwner(sequence, of) == partition })
		if err != nil {
			t.Fatal(err)
		}
		if err := committer.Commit(ctx, guarantees.Unit{From: at + 1, To: to, Record: data}); err != nil {
			t.Fatal(err)
		}
		at = to
	}
	if err := committer.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	committer.Close()
	return records
}

// roundsMax is how often something is drawn until everything has come that a test is
// about.
const roundsMax = 1000

// Properties, of what the partitions of two stages wrote into real streams,
// each cut into records as it liked, with fences between:
//   - read together it is the unit again: entries, terms, df values, digests at
//     ends, predictions;
//   - the units that are read tile the log and none crosses a cut;
//   - each partition's windows come once and in their order;
//   - all of it holds, too, where a unit takes in all that is at hand, and it has not
//     more documents than a unit may have.
func TestStreamsZipWhereverTheyAreCut(t *testing.T) {
	brokertest.NoLeaks(t)
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	random := brokertest.Random(t)
	saved := 0
	partitions := []int{1, 2, 3, 8, 2, 5}
	for round := 0; round < len(partitions) || round < roundsMax && saved == 0; round++ {
		n := partitions[round%len(partitions)]
		u := rapid.Custom(func(t *rapid.T) *Unit { return drawUnit(t, n) }).Example(random.IntN(1 << 30))
		plan := Plan{Pipeline: Name(fmt.Sprintf("p%d", round)), Partitions: Partitions{n, n, n, n}}
		want := look(u)
		want.Windows, want.Counts, want.Late = nil, nil, nil
		for _, stages := range [][]string{{TokenizeStage, DFStage}, {ClassifyStage, TopicsStage}} {
			for _, stage := range stages {
				for p := range n {
					write(ctx, t, b, plan, stage, p, u, random)
				}
			}
			var c cuts
			for range random.IntN(4) {
				c = append(c, random.Uint64N(u.To+5))
			}
			got, windows, units := readZip(ctx, t, b, reading{plan: plan, cuts: c}, stages, u.To)
			gathered, windowsGathered, fewer := readZip(ctx, t, b, reading{plan: plan, cuts: c, gathers: true}, stages, u.To)
			if d := difference(gathered, got); d != "" || !reflect.DeepEqual(windowsGathered, windows) {
				t.Fatalf("%d partitions, log %d..%d, cuts %v: %v, - gathered + not:\n%s", n, u.From, u.To, c, stages, d)
			}
			saved += units - fewer
			expected := want
			if stages[0] == TokenizeStage {
				expected.Entries = withoutPredictions(want.Entries)
			} else {
				expected.Terms, expected.DF, expected.Ends = make([][]string, len(want.Entries)), nil, nil
				for p, w := range windows {
					for i := range w {
						if i == 0 && w[i].First != 1 || i > 0 && w[i].First != w[i-1].Last+1 {
							t.Errorf("window %d of partition %d begins at %d", i, p, w[i].First)
						}
					}
					if len(w) == 0 || w[len(w)-1].Last != u.To {
						t.Errorf("partition %d has %d windows, which do not reach %d", p, len(w), u.To)
					}
				}
			}
			if d := difference(got, expected); d != "" {
				t.Fatalf("%d partitions, log %d..%d, cuts %v: %v, - got + want:\n%s", n, u.From, u.To, c, stages, d)
			}
		}
	}
	if saved == 0 {
		t.Error("no unit took in more than one record: this proves too little")
	}
}

// readZip reads streams together up to a log sequence, and counts units.
func readZip(ctx context.Context, t *testing.T, b *broker.Broker, r reading, stages []string, to uint64) (_ seen, _ [][]topics.Window, units int) {
	t.Helper()
	r.broker = b
	in, err := openZip(ctx, r, stages)
	if err != nil {
		t.Fatal(err)
	}
	defer in.close()
	n := r.plan.Partitions.DF
	all, windows, u := &Unit{}, make([][]topics.Window, n), &Unit{}
	all.room(n)
	for at := uint64(0); at < to; at = u.To {
		u.Reset()
		if err := in.next(ctx, u); err != nil {
			t.Fatalf("behind %d: %v", at, err)
		}
		if u.From != at+1 || u.To < u.From || u.To > to {
			t.Fatalf("unit %d..%d follows %d", u.From, u.To, at)
		}
		units++
		if len(u.Entries) > UnitDocumentsMax {
			t.Fatalf("unit %d..%d has %d entries", u.From, u.To, len(u.Entries))
		}
		for _, cut := range r.cuts {
			if u.From <= cut && cut < u.To {
				t.Fatalf("unit %d..%d crosses the cut at %d", u.From, u.To, cut)
			}
		}
		for p := range n {
			windows[p] = append(windows[p], u.Windows[p]...)
			u.Windows[p], u.Counts[p], u.Late[p] = nil, nil, nil
		}
		for i := range u.Entries {
			u.Entries[i].Scores = slices.Clone(u.Entries[i].Scores) // they belong to u, which is used again
		}
		join(all, u)
	}
	return look(all), windows, units
}

// Properties:
//   - a damaged stream is an error that names it, its record and what to do:
//     a gap, a repetition, bytes that are no record, a record without the
//     section it should have, too few df values;
//   - it is never a panic, and what stands before the damage is read.
func TestADamagedStreamIsAnError(t *testing.T) {
	b := brokertest.Embed(t)
	ctx := brokertest.Context(t)
	good := rapid.Custom(func(t *rapid.T) *Unit {
		for u := drawUnit(t, 1); ; u = drawUnit(t, 1) {
			if len(u.DF[0]) > 0 {
				return u
			}
		}
	}).Example(1)
	encoded := func(section byte, from, to uint64) []byte {
		var c codec
		data, err := c.encode(part(good, 1, from, to), []byte{section}, 0, func(uint64) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(data)
	}
	end := good.To
	type record struct {
		kind     string
		from, to uint64
		data     []byte
	}
	first := func(section byte) record { return record{"done", 1, end - 1, encoded(section, 1, end-1)} }
	tests := map[string]struct {
		tokens, df []record
		says       []string
	}{
		"gap":                {[]record{first(tokensSection), {"done", end + 1, end + 1, encoded(tokensSection, end+1, end+1)}}, nil, []string{"stream damaged", "record 2", fmt.Sprint(end - 1)}},
		"repetition":         {[]record{first(tokensSection), first(tokensSection)}, nil, []string{"record 2", "1.."}},
		"missing beginning":  {[]record{{"done", 2, end, encoded(tokensSection, 2, end)}}, nil, []string{"record 1", "2.."}},
		"no record":          {[]record{first(tokensSection), {"done", end, end, []byte("\x01\xff\xff\xff")}}, nil, []string{"record 2", "malformed"}},
		"empty":              {[]record{first(tokensSection), {"done", end, end, nil}}, nil, []string{"record 2"}},
		"cut short":          {[]record{{"done", 1, end, encoded(tokensSection, 1, end)[:20]}}, nil, []string{"record 1", "malformed"}},
		"unknown kind":       {[]record{first(tokensSection), {"hole", end, end, nil}}, nil, []string{"record 2", "hole"}},
		"entries outside":    {[]record{{"done", 1, 1, encoded(tokensSection, 1, end)}}, nil, []string{"record 1", "malformed"}},
		"df without values":  {nil, []record{{"done", 1, end + 1, encoded(tokensSection, 1, end)}}, []string{"no df value"}},
		"df without section": {nil, []record{{"done", 1, end + 1, []byte{recordFormat}}}, []string{"no df value"}},
	}
	i := 0
	for name, test := range tests {
		i++
		plan := Plan{Pipeline: Name(fmt.Sprintf("p%d", i)), Partitions: Partitions{1, 1, 2, 1}}
		t.Run(name, func(t *testing.T) {
			if test.tokens == nil {
				test.tokens = []record{{"done", 1, end, encoded(tokensSection, 1, end)}}
			}
			if test.df == nil {
				test.df = []record{{"done", 1, end + 1, encoded(dfSection, 1, end)}}
			}
			for stage, records := range map[string][]record{TokenizeStage: test.tokens, DFStage: test.df} {
				where, err := node(stage)
				if err != nil {
					t.Fatal(err)
				}
				s := plan.Pipeline.partitionStream(where, 0)
				if err := b.CreateStream(ctx, s); err != nil {
					t.Fatal(err)
				}
				for i, r := range records {
					h := broker.Header{"Tidings-Kind": {r.kind}, "Tidings-Epoch": {"1"}, "Tidings-From": {fmt.Sprint(r.from)}, "Tidings-To": {fmt.Sprint(r.to)}}
					if _, err := b.Put(ctx, s.Name, s.Subjects[0], s.Subjects[0], uint64(i), h, r.data); err != nil {
						t.Fatal(err)
					}
				}
			}
			in, err := openZip(ctx, reading{broker: b, plan: plan}, []string{TokenizeStage, DFStage})
			if err != nil {
				t.Fatal(err)
			}
			defer in.close()
			for u := (&Unit{}); err == nil; u.Reset() {
				err = in.next(ctx, u)
			}
			if errors.Is(err, context.DeadlineExceeded) {
				t.Fatal("the damage is not noticed")
			}
			for _, word := range append(test.says, "stream "+string(plan.Pipeline)) {
				for w := range strings.FieldsSeq(word) {
					if !strings.Contains(err.Error(), w) {
						t.Errorf("%q does not say %q", err, w)
					}
				}
			}
		})
	}
}

// Properties: whatever bytes stand in the streams, reading them together gives
// units or an error, never a panic.
func FuzzZip(f *testing.F) {
	for seed := range 5 {
		u := rapid.Custom(func(t *rapid.T) *Unit { return drawUnit(t, 1) }).Example(seed)
		var c codec
		var sections [][]byte
		for _, section := range []byte{tokensSection, dfSection, predictionsSection, windowsSection} {
			data, err := c.encode(u, []byte{section}, 0, func(uint64) bool { return true })
			if err != nil {
				f.Fatal(err)
			}
			sections = append(sections, slices.Clone(data))
		}
		f.Add(sections[0], sections[1], u.From, u.To, u.To+3, u.From)
		f.Add(sections[2], sections[3], u.From, u.To, u.To, u.To)
		f.Add(append(sections[0], sections[1][1:]...), sections[0], u.From, u.To+1, u.To, u.To)
	}
	f.Fuzz(func(t *testing.T, first, second []byte, from, firstTo, secondTo, cut uint64) {
		if from == 0 || firstTo < from || secondTo < from || firstTo == 1<<64-1 || secondTo == 1<<64-1 {
			return // ParseHeader refuses these
		}
		for _, stages := range [][2]string{{TokenizeStage, DFStage}, {ClassifyStage, TopicsStage}} {
			in := &zipInput{reading: reading{cuts: cuts{cut}}, at: from - 1, df: 1, route: newRouter(1)}
			for i, data := range [][]byte{first, second} {
				where, err := node(stages[i])
				if err != nil {
					t.Fatal(err)
				}
				s := &side{node: where, of: 1, name: stages[i], at: from - 1, arrivals: arrivals{waits: true}}
				h := broker.Header{"Tidings-Kind": {"done"}, "Tidings-Epoch": {"1"}, "Tidings-From": {fmt.Sprint(from)}, "Tidings-To": {fmt.Sprint([]uint64{firstTo, secondTo}[i])}}
				if _, err := s.open(broker.Record{Sequence: 1, Header: h, Data: data}); err != nil {
					return
				}
				in.sides = append(in.sides, s)
			}
			for range 3 {
				end := ^uint64(0)
				for _, s := range in.sides {
					if !s.have {
						return
					}
					end = min(end, s.frame.To)
				}
				u := &Unit{From: in.at + 1, To: in.cuts.limit(in.at+1, end)}
				if err := in.zip(u, u.From); err != nil {
					return
				}
				in.at = u.To
			}
		}
	})
}
