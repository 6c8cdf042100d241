package ledger_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidings"
	"tidings/eval/ledger"
)

// list is a ledger at hand.
type list struct {
	log     string
	updates []ledger.Update
}

func (l list) Replicas() int { return 1 }
func (l list) Log() string   { return l.log }
func (l list) Updates(context.Context, int) iter.Seq2[ledger.Update, error] {
	return func(yield func(ledger.Update, error) bool) {
		for _, u := range l.updates {
			if !yield(u, nil) {
				return
			}
		}
	}
}

// letters makes a ledger with an update for each.
func letters(log, s string) list {
	l := list{log: log}
	for _, r := range s {
		l.updates = append(l.updates, ledger.Update{Position: tidings.Position{Sequence: uint64(r-'a') + 1}, ID: string(r), Label: "x"})
	}
	return l
}

// Properties: what one ledger lost, repeated, reordered or has of its own is
// counted and named, by positions and by ids.
func TestLedgersDiffer(t *testing.T) {
	for name, c := range map[string]struct{ a, b, want string }{
		"nothing":           {"abcdef", "abcdef", ""},
		"both empty":        {"", "", ""},
		"one empty":         {"", "ab", "lost a lost b"},
		"lost at the start": {"cdef", "abcdef", "lost a lost b"},
		"lost inside":       {"abef", "abcdef", "lost c lost d"},
		"lost at the end":   {"abcd", "abcdef", "lost e lost f"},
		"repeated":          {"abcbcdef", "abcdef", "repeated b repeated c"},
		"repeated far away": {"abcdefab", "abcdef", "repeated a repeated b"},
		"unexpected":        {"abxcd", "abcd", "unexpected x"},
		"reordered":         {"abdcef", "abcdef", "reordered c"},
		"all of it":         {"bacddx", "abcde", "reordered a repeated d unexpected x lost e"},
		"more in the other": {"abc", "abbc", "lost b"},
	} {
		for _, log := range []string{"same", ""} {
			d, err := ledger.Diff(t.Context(), letters(log, c.a), 0, letters(log, c.b), 0, 9)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, change := range d.First {
				got = append(got, change.Kind+" "+change.ID)
			}
			if !sameSet(got, c.want) || d.Equal() != (c.want == "") || int(d.Updates) != len(c.a) || int(d.Expected) != len(c.b) || d.ByPosition != (log != "") {
				t.Errorf("%s, log %q: %v, want %q (%+v)", name, log, got, c.want, d)
			}
		}
	}
}

func sameSet(got []string, want string) bool {
	fields := strings.Fields(want)
	if len(got) != len(fields)/2 {
		return false
	}
	counts := map[string]int{}
	for i := 0; i < len(fields); i += 2 {
		counts[fields[i]+" "+fields[i+1]]++
	}
	for _, g := range got {
		counts[g]--
		if counts[g] < 0 {
			return false
		}
	}
	return true
}

// Properties: of a ledger of which some updates are left out and others come
// again, just these are told, wherever they are.
func TestWhatIsLeftOutAndWhatComesAgainIsTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "updates")
		log := rapid.SampledFrom([]string{"", "same"}).Draw(t, "log")
		a, b := list{log: log}, list{log: log}
		lost, repeated := uint64(0), uint64(0)
		for i := range n {
			u := ledger.Update{Position: tidings.Position{Sequence: uint64(i/4 + 1), Line: uint32(i % 4)}, ID: fmt.Sprint(i), Label: "x"}
			b.updates = append(b.updates, u)
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				lost++
			case 1:
				a.updates = append(a.updates, u, u)
				repeated++
			default:
				a.updates = append(a.updates, u)
			}
		}
		d, err := ledger.Diff(t.Context(), a, 0, b, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if d.Lost != lost || d.Repeated != repeated || d.Unexpected+d.Reordered > 0 {
			t.Fatalf("%+v, want %d lost and %d repeated", d, lost, repeated)
		}
	})
}
