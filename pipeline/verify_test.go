package pipeline

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tidings"
	"tidings/pipeline/topics"
)

// tellers cuts log messages into units as drawn: every fifth message closes a window,
// every third is a late document.
func tellers(t *rapid.T, label string) (units []*Unit) {
	const messages = 40
	for from := uint64(1); from <= messages; {
		u := &Unit{From: from, To: min(messages, from+rapid.Uint64Range(0, 11).Draw(t, label))}
		u.room(1)
		for sequence := u.From; sequence <= u.To; sequence++ {
			at := topics.Place{Position: tidings.Position{Sequence: sequence}}
			if sequence%5 == 0 {
				u.Windows[0] = append(u.Windows[0], topics.Window{Definition: "count:5", Number: int64(sequence / 5), At: at})
			}
			if sequence%3 == 0 {
				u.Late[0] = append(u.Late[0], topics.Late{Definition: "tumbling:24h", Position: at})
			}
		}
		units = append(units, u)
		from = u.To + 1
	}
	return units
}

// compareTold compares what two lists of units tell of windows, unit by unit.
func compareTold(made, stored []*Unit) error {
	v := &verifier{sections: []byte{windowsSection}, side: &side{}, aligned: true}
	for len(made) > 0 {
		to := min(made[0].To, stored[0].To)
		if err := v.closeUnits(made[0], stored[0], to); err != nil {
			return err
		}
		if made[0].To == to {
			made = made[1:]
		}
		if stored[0].To == to {
			stored = stored[1:]
		}
	}
	return nil
}

// Properties, of windows and late documents that units tell of:
//   - the same are the same, however those made again and those stored are cut;
//   - one of either that is missing or another one is found.
func TestWhatIsToldAgainIsTheSameHoweverUnitsAreCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		made, stored := tellers(t, "made"), tellers(t, "stored")
		if err := compareTold(made, stored); err != nil {
			t.Fatalf("the same, cut otherwise: %v", err)
		}
		u := made[rapid.IntRange(0, len(made)-1).Draw(t, "unit")]
		if u = spoil(u, rapid.Bool().Draw(t, "window"), rapid.Bool().Draw(t, "missing")); u == nil {
			return // it tells of none
		}
		if err := compareTold(made, stored); !errors.As(err, new(*ImpureError)) {
			t.Fatalf("another unit %d..%d was taken for the same: %v", u.From, u.To, err)
		}
	})
}

// spoil changes the first window or late document of a unit, nil if it has none.
func spoil(u *Unit, window, missing bool) *Unit {
	switch {
	case window && len(u.Windows[0]) == 0, !window && len(u.Late[0]) == 0:
		return nil
	case window && missing:
		u.Windows[0] = slices.Delete(u.Windows[0], 0, 1)
	case window:
		u.Windows[0][0].Documents++
	case missing:
		u.Late[0] = slices.Delete(u.Late[0], 0, 1)
	default:
		u.Late[0][0].BehindMS++
	}
	return u
}
