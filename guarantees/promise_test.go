package guarantees_test

import (
	"slices"
	"strings"
	"testing"

	"tidings/guarantees"
)

// every promise there is, the weakest first.
func every(t *testing.T) (all []guarantees.Promise) {
	t.Helper()
	for _, recovery := range guarantees.Recoveries("") {
		p, err := guarantees.NewPromise("", recovery)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestAPromiseIsFoundByItsNames(t *testing.T) {
	tests := map[string]struct {
		guarantee, recovery string
		want                string
		says                []string // of the error
	}{
		"neither":                {"", "", "exactly-once by commit", nil},
		"exactly-once":           {"exactly-once", "", "exactly-once by commit", nil},
		"at-least-once":          {"at-least-once", "", "at-least-once by kept", nil},
		"at-most-once":           {"at-most-once", "", "at-most-once by claim", nil},
		"a recovery alone":       {"", "rollback", "at-least-once by rollback", nil},
		"claim alone":            {"", "claim", "at-most-once by claim", nil},
		"replay alone":           {"", "replay", "exactly-once by replay", nil},
		"replay of what is less": {"at-least-once", "replay", "", []string{"at-least-once is not reached by the recovery \"replay\"", "but by kept or rollback"}},
		"both":                   {"at-least-once", "rollback", "at-least-once by rollback", nil},
		"misspelt guarantee":     {"exacly-once", "", "", []string{`"exacly-once"`, `did you mean "exactly-once"?`, "at-most-once, at-least-once, exactly-once"}},
		"another misspelt one":   {"at-most", "", "", []string{`did you mean "at-most-once"?`}},
		"misspelt recovery":      {"at-least-once", "rolback", "", []string{`"rolback"`, `did you mean "rollback"?`, "kept and rollback"}},
		"misspelt, alone":        {"", "comit", "", []string{`did you mean "commit"?`}},
		"of another guarantee":   {"exactly-once", "kept", "", []string{"exactly-once is not reached by the recovery \"kept\"", "but by commit"}},
		"of another, many there": {"at-least-once", "commit", "", []string{"but by kept or rollback"}},
		"case matters":           {"Exactly-Once", "", "", []string{"is not known"}},
		"not aligned":            {"", "unaligned", "at-least-once by unaligned", nil},
		"not aligned, and more":  {"exactly-once", "unaligned", "", []string{"but by commit or replay or snapshot"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := guarantees.NewPromise(test.guarantee, test.recovery)
			if test.says == nil {
				if err != nil || p.String() != test.want || p.Check() != nil {
					t.Errorf("%v, %v; want %s", p, err, test.want)
				}
				return
			}
			for _, say := range test.says {
				if err == nil || !strings.Contains(err.Error(), say) {
					t.Errorf("error %v, want one that says %q", err, say)
				}
			}
		})
	}
}

// Properties: a guarantee that is not there has no recoveries; each that is has
// a default; the names are those of the promises.
func TestGuaranteesHaveRecoveries(t *testing.T) {
	if got := guarantees.Recoveries("sometimes"); len(got) > 0 {
		t.Errorf("a guarantee that nobody knows has the recoveries %v", got)
	}
	var all []string
	for _, g := range guarantees.Guarantees() {
		of := guarantees.Recoveries(g)
		if p, err := guarantees.NewPromise(g, ""); err != nil || len(of) == 0 || p.Recovery != of[0] {
			t.Errorf("%s: %v, %v, default %v", g, of, err, p)
		}
		all = append(all, of...)
	}
	if !slices.Equal(all, guarantees.Recoveries("")) {
		t.Errorf("recoveries %v, by guarantee %v", guarantees.Recoveries(""), all)
	}
}

// Properties: a promise that is nowhere kept is none; in the order of the log
// there are all but that which needs records to come behind a barrier before it has
// come everywhere.
func TestARecoveryIsThereInSomeOrder(t *testing.T) {
	sorted, arrival := guarantees.RecoveriesIn(guarantees.Sorted, ""), guarantees.RecoveriesIn(guarantees.Arrival, "")
	for _, recovery := range guarantees.EveryRecovery("") {
		in := slices.Contains(sorted, recovery)
		if !in && !slices.Contains(arrival, recovery) || in == (recovery == guarantees.Unaligned) {
			t.Errorf("%s: sorted has %v, arrival %v", recovery, sorted, arrival)
		}
	}
	if !slices.Equal(sorted, guarantees.Recoveries("")) || len(guarantees.RecoveriesIn("sideways", "")) > 0 {
		t.Errorf("sorted has %v, an order that nobody knows %v", sorted, guarantees.RecoveriesIn("sideways", ""))
	}
}

// Properties: the weakest of two is one of them, the same in either order; and
// along the list of promises, the weakest first, it is the one that comes first.
func TestTheWeakestPromiseIsWhatAChainClaims(t *testing.T) {
	all := every(t)
	for i, p := range all {
		for j, q := range all {
			if got := guarantees.Weakest(p, q); got != all[min(i, j)] && got.Guarantee != guarantees.ExactlyOnce {
				t.Errorf("the weakest of %v and %v is %v", p, q, got)
			}
		}
		if got := guarantees.Weakest(p, guarantees.Promise{}).OrDefault(); got.Guarantee != p.Guarantee {
			t.Errorf("the weakest of %v and the default is %v", p, got)
		}
	}
}

// Properties: what readers and state may do under each guarantee.
func TestWhatAPromiseAsksOfReaders(t *testing.T) {
	type asks struct{ marks, waits, shares bool }
	want := map[string]asks{
		guarantees.AtMostOnce:  {marks: true},
		guarantees.AtLeastOnce: {waits: true},
		guarantees.ExactlyOnce: {marks: true, waits: true, shares: true},
	}
	unaligned := guarantees.Promise{Guarantee: guarantees.AtLeastOnce, Recovery: guarantees.Unaligned}
	for _, p := range append(every(t), unaligned, guarantees.Promise{}) {
		got, want := asks{p.Marks(), p.Waits(), p.Shares()}, want[p.OrDefault().Guarantee]
		if p == unaligned { // what a stage did count again its readers have not taken
			want.marks = true
		}
		if got != want {
			t.Errorf("%v: %+v", p.OrDefault(), got)
		}
	}
}
