package pipeline

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"tidings"
)

// Properties: what a unit made of the model is read as it was written, and is
// told apart from a record that says nothing of it.
func TestARecordTellsWhatItMadeOfTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := &Unit{From: rapid.Uint64Range(1, 1<<40).Draw(t, "from")}
		u.To = u.From + rapid.Uint64Range(0, 100).Draw(t, "length")
		u.Learnt.Before = Version{rapid.Uint64().Draw(t, "updates"), rapid.Uint64().Draw(t, "chain")}
		u.Learnt.After = Version{rapid.Uint64().Draw(t, "updates"), rapid.Uint64().Draw(t, "chain")}
		for at := u.From; at <= u.To; {
			from := rapid.Uint64Range(at, u.To).Draw(t, "missing")
			to := rapid.Uint64Range(from, u.To).Draw(t, "to")
			u.Learnt.Missing = append(u.Learnt.Missing, Stretch{from, to})
			at = to + 2
		}
		for at := u.From; at <= u.To; at += 1 + rapid.Uint64Range(0, 9).Draw(t, "step") {
			u.Learnt.Skipped = append(u.Learnt.Skipped, tidings.Position{Sequence: at, Line: rapid.Uint32().Draw(t, "line")})
		}
		var c codec
		data, err := c.encode(u, []byte{predictionsSection}, 0, func(uint64) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		got := Unit{From: u.From, To: u.To}
		if err := c.decode(&got, data, 0); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(got.Learnt, u.Learnt, cmpopts.EquateEmpty()); d != "" || !got.Traced {
			t.Fatalf("- got + want:\n%s", d)
		}
		old := Unit{From: 1, To: 1}
		if err := c.decode(&old, []byte{recordFormatOldest, predictionsSection, 0}, 0); err != nil || old.Traced {
			t.Fatalf("a record of before: %v, traced %t", err, old.Traced)
		}
	})
}

// Properties: log messages of which nothing came are named, and no others.
func TestMissingMessagesAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		sequences []uint64
		want      []Stretch
	}{
		"none":      {[]uint64{3, 4, 4, 5, 6}, nil},
		"first":     {[]uint64{5, 6}, []Stretch{{3, 4}}},
		"last":      {[]uint64{3, 4}, []Stretch{{5, 6}}},
		"in it":     {[]uint64{3, 3, 6}, []Stretch{{4, 5}}},
		"all":       {nil, []Stretch{{3, 6}}},
		"every one": {[]uint64{4, 6}, []Stretch{{3, 3}, {5, 5}}},
	} {
		u := &Unit{From: 3, To: 6}
		for _, sequence := range c.sequences {
			u.Entries = append(u.Entries, Entry{Position: tidings.Position{Sequence: sequence}})
		}
		w := &worker{plan: Plan{Partitions: Partitions{1, 1, 1, 1}}.WithDefaults(), partitions: []int{0}}
		a, err := w.assemble()
		if err != nil {
			t.Fatal(err)
		}
		a.classify.account(u, Version{})
		if d := cmp.Diff(u.Learnt.Missing, c.want, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s, - got + want:\n%s", name, d)
		}
	}
}
