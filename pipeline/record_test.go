package pipeline

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"tidings"
	"tidings/features"
	"tidings/model/drift"
	"tidings/pipeline/topics"
)

// drawUnit makes a unit with all columns filled, for n df partitions.
func drawUnit(t *rapid.T, n int) *Unit {
	u := &Unit{From: rapid.Uint64Range(1, 1000).Draw(t, "from")}
	u.To = u.From + rapid.Uint64Range(0, 40).Draw(t, "length")
	u.room(n)
	words := []string{"a", "egypt", "^egypt", "москва", "東", "x1"}
	name := rapid.SampledFrom([]string{"", "sport", "science", "Ünïcode"})
	route := newRouter(n)
	for sequence := u.From; sequence <= u.To; sequence++ {
		for line := range rapid.Uint32Range(0, 3).Draw(t, "lines") {
			e := Entry{
				Position: tidings.Position{Sequence: sequence, Line: line},
				Kind:     rapid.SampledFrom([]Kind{DocumentEntry, DocumentEntry, DocumentEntry, LabelEntry, DeadLetter, RejectEntry, EndEntry, IdleEntry}).Draw(t, "kind"),
				Source:   name.Draw(t, "source"), Time: noTime, Logged: rapid.Int64().Draw(t, "logged"),
				terms: uint32(len(u.Terms)),
			}
			switch e.Kind {
			case DocumentEntry:
				e.ID, e.Truth = rapid.String().Draw(t, "id"), name.Draw(t, "truth")
				if rapid.Bool().Draw(t, "timed") {
					e.Time = rapid.Int64Range(noTime+1, 1<<62).Draw(t, "time")
					e.MadeUp = rapid.Bool().Draw(t, "made up")
				}
				e.Label, e.Probability = name.Draw(t, "label"), rapid.Float64().Draw(t, "probability")
				e.Version = rapid.Uint64().Draw(t, "version")
				for range rapid.IntRange(0, tidings.ScoresMax).Draw(t, "scores") {
					e.Scores = append(e.Scores, tidings.Score{Label: name.Draw(t, "score"), Probability: rapid.Float64().Draw(t, "share")})
				}
				for range rapid.IntRange(0, 2).Draw(t, "alarms") {
					e.Alarms = append(e.Alarms, drift.Alarm{Detector: name.Draw(t, "detector"), Statistic: rapid.Float64().Draw(t, "statistic"), Threshold: 2})
				}
				for _, w := range words[:rapid.IntRange(0, len(words)).Draw(t, "terms")] {
					ref := u.Dict.Add([]byte(w))
					u.Terms = append(u.Terms, termCount(ref, rapid.Uint32().Draw(t, "count")))
				}
			case LabelEntry:
				e.ID, e.Truth, e.By = rapid.String().Draw(t, "id"), name.Draw(t, "truth"), name.Draw(t, "by")
				e.Target = tidings.Position{Sequence: rapid.Uint64().Draw(t, "target"), Line: rapid.Uint32().Draw(t, "target line")}
				e.Fate = Fate(rapid.IntRange(0, int(fates)-1).Draw(t, "fate"))
			case EndEntry:
				e.DFDigest, e.ModelDigest, e.Updates, e.Chain = 1, rapid.Uint64().Draw(t, "digest"), 3, 4
				e.DriftDigest = rapid.SampledFrom([]uint64{0, 8}).Draw(t, "drift digest")
				e.Dropped = Dropped{5, rapid.Uint64().Draw(t, "cells"), 7}
			case IdleEntry:
			default:
				e.ID, e.Reason, e.Detail = rapid.String().Draw(t, "id"), "reason", rapid.String().Draw(t, "detail")
			}
			e.termsEnd = uint32(len(u.Terms))
			u.Entries = append(u.Entries, e)
		}
	}
	route.terms(&u.Dict)
	for i := range u.Entries {
		e := &u.Entries[i]
		for _, term := range u.TermsOf(e) {
			p := route.at[term.Ref].partition
			u.DF[p] = append(u.DF[p], rapid.Uint32().Draw(t, "df"))
		}
		for p := range n {
			if e.Kind == EndEntry {
				u.ends[p] = append(u.ends[p], endDigest{e.Position, rapid.Uint64().Draw(t, "df digest"), rapid.Uint64().Draw(t, "df dropped")})
			}
		}
	}
	for p := range n {
		at := u.From
		for number := range rapid.Int64Range(1, 3).Draw(t, "windows") {
			at = rapid.Uint64Range(at, u.To).Draw(t, "told at")
			u.Windows[p] = append(u.Windows[p], topics.Window{
				Definition: "count:10", Number: number, At: topics.Place{Position: tidings.Position{Sequence: at}}, Documents: 10,
				Shares: []topics.Share{{Label: "sport", Documents: 10, Share: 1}},
			})
		}
		u.Counts[p] = append(u.Counts[p], topics.Counts{Definition: "count:10", In: uint64(len(u.Entries)), Open: p})
		u.Late[p] = append(u.Late[p], topics.Late{Definition: "tumbling:1h", Number: -3, Position: topics.Place{Position: tidings.Position{Sequence: 7, Line: 1}}, ID: "é", Time: time.Unix(1, 5).UTC(), BehindMS: 7})
	}
	return u
}

// seen is what a unit holds, comparable: terms as text.
type seen struct {
	Entries []Entry
	Terms   [][]string
	DF      [][]uint32
	Ends    [][]endDigest
	Windows [][]topics.Window
	Counts  [][]topics.Counts
	Late    [][]topics.Late
}

func look(u *Unit) seen {
	s := seen{DF: filled(u.DF), Ends: filled(u.ends), Windows: filled(u.Windows), Counts: filled(u.Counts), Late: filled(u.Late)}
	for _, e := range u.Entries {
		var terms []string
		for _, t := range u.TermsOf(&e) {
			terms = append(terms, fmt.Sprintf("%s*%d", u.Dict.Text(t.Ref), t.Count))
		}
		e.terms, e.termsEnd, e.Committed = 0, 0, 0
		e.Scores = append([]tidings.Score(nil), e.Scores...)
		s.Entries, s.Terms = append(s.Entries, e), append(s.Terms, terms)
	}
	return s
}

func difference(got, want seen) string {
	return cmp.Diff(got, want, cmpopts.EquateEmpty(), cmp.AllowUnexported(seen{}, Entry{}, endDigest{}))
}

// filled drops empty columns at the end, and tells nil from empty no longer.
func filled[T any](columns [][]T) [][]T {
	var out [][]T
	for _, c := range columns {
		out = append(out, append([]T(nil), c...))
	}
	for len(out) > 0 && len(out[len(out)-1]) == 0 {
		out = out[:len(out)-1]
	}
	return out
}

// Properties: what the partitions write of a unit, zipped again by position, is
// the unit, for every section, at any number of partitions, and wherever the
// zip is cut; each window comes with the part of the log that it was told in.
func TestPartitionsRecordsAreTheUnitAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{1, 2, 3, 8}).Draw(t, "partitions")
		u := drawUnit(t, n)
		tokens, predictions := zipped(t, u, n, tokensSection, dfSection), zipped(t, u, n, predictionsSection, windowsSection)
		want := look(u)
		forTokens := want
		forTokens.Windows, forTokens.Counts, forTokens.Late = nil, nil, nil
		forTokens.Entries = withoutPredictions(want.Entries)
		if d := difference(look(tokens), forTokens); d != "" {
			t.Fatalf("tokens and df, - got + want:\n%s", d)
		}
		forPredictions := want
		forPredictions.Terms, forPredictions.DF, forPredictions.Ends = make([][]string, len(want.Entries)), nil, nil
		if d := difference(look(predictions), forPredictions); d != "" {
			t.Fatalf("predictions and windows, - got + want:\n%s", d)
		}
	})
}

func withoutPredictions(entries []Entry) []Entry {
	out := slices.Clone(entries)
	for i := range out {
		e := &out[i]
		e.Label, e.Probability, e.Version, e.Scores = "", 0, 0, nil
		e.DFDigest, e.ModelDigest, e.Updates, e.Chain, e.Dropped = 0, 0, 0, 0, Dropped{}
		e.Alarms, e.DriftDigest = nil, 0
	}
	return out
}

// zipped writes one section divided by position and one divided otherwise, a
// record a partition, and reads them back cut at random places.
func zipped(t *rapid.T, u *Unit, n int, entries, columns byte) *Unit {
	in := &zipInput{at: u.From - 1, df: n, route: newRouter(n)}
	for p := range n {
		in.sides = append(in.sides, framed(t, u, n, p, entries), framed(t, u, n, p, columns))
	}
	out := &Unit{From: u.From, To: u.To}
	out.room(n)
	for in.at < u.To {
		part := &Unit{From: in.at + 1, To: rapid.Uint64Range(in.at+1, u.To).Draw(t, "cut")}
		if err := in.zip(part, part.From); err != nil {
			t.Fatal(err)
		}
		for p := range n {
			for _, w := range part.Windows[p] {
				if at := w.At.Sequence; at < part.From || at > part.To {
					t.Fatalf("a window told at %d comes with %d..%d", at, part.From, part.To)
				}
			}
		}
		in.at = part.To
		join(out, part)
	}
	return out
}

// framed is a side whose one frame is a partition's record of the unit.
func framed(t *rapid.T, u *Unit, n, partition int, section byte) *side {
	stage := map[byte]string{tokensSection: TokenizeStage, dfSection: DFStage, predictionsSection: ClassifyStage, windowsSection: TopicsStage}[section]
	var c codec
	data, err := c.encode(u, []byte{section}, partition, func(sequence uint64) bool { return blockOwner(sequence, n) == partition })
	if err != nil {
		t.Fatal(err)
	}
	where, err := node(stage)
	if err != nil {
		t.Fatal(err)
	}
	s := &side{node: where, partition: partition, of: n, name: stage, have: true, at: u.To}
	s.frame.From, s.frame.To = u.From, u.To
	if err := s.codec.decode(&s.frame, data, partition); err != nil {
		t.Fatal(err)
	}
	return s
}

// join appends a part to a unit.
func join(u, part *Unit) {
	for _, e := range part.Entries {
		first := uint32(len(u.Terms))
		for _, term := range part.TermsOf(&e) {
			u.Terms = append(u.Terms, termCount(u.Dict.Add(part.Dict.Text(term.Ref)), term.Count))
		}
		e.terms, e.termsEnd = first, uint32(len(u.Terms))
		u.Entries = append(u.Entries, e)
	}
	for p := range u.DF {
		u.DF[p] = append(u.DF[p], part.DF[p]...)
		u.ends[p] = append(u.ends[p], part.ends[p]...)
		u.Windows[p] = append(u.Windows[p], part.Windows[p]...)
		u.Late[p] = append(u.Late[p], part.Late[p]...)
		u.Counts[p] = append(u.Counts[p][:0], part.Counts[p]...) // each part has those of the whole frame
	}
}

// Properties: hostile bytes give an error or a unit, never a panic, and what is
// allocated is bounded by their number.
func FuzzDecodeRecord(f *testing.F) {
	rapid.Check(f, func(t *rapid.T) {
		u := drawUnit(t, 2)
		for _, section := range []byte{tokensSection, dfSection, predictionsSection, windowsSection} {
			var c codec
			data, err := c.encode(u, []byte{section}, 1, func(uint64) bool { return true })
			if err != nil {
				t.Fatal(err)
			}
			f.Add(bytes.Clone(data), u.From, u.To)
		}
	})
	f.Fuzz(func(t *testing.T, data []byte, from, to uint64) {
		var c codec
		u := Unit{From: from, To: to}
		u.room(2)
		if err := c.decode(&u, data, 1); err != nil {
			return
		}
		if len(u.Entries) > len(data) || len(u.Terms) > len(data) || len(u.DF[1]) > len(data) {
			t.Fatalf("%d entries, %d terms and %d df values from %d bytes", len(u.Entries), len(u.Terms), len(u.DF), len(data))
		}
	})
}

// Properties: a record of another format is refused, with its number.
func TestARecordOfANewerFormatIsRefused(t *testing.T) {
	var c codec
	err := c.decode(&Unit{}, []byte{recordFormat + 1}, 0)
	if want := fmt.Sprintf("format %d", recordFormat+1); err == nil || !bytes.Contains([]byte(err.Error()), []byte(want)) {
		t.Errorf("error %v, want one that says %q", err, want)
	}
}

func termCount(ref, count uint32) features.TermCount {
	return features.TermCount{Ref: ref, Count: count}
}
