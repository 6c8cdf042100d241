package metric

import (
	"testing"

	"pgregory.net/rapid"
)

// The accuracy is that of the newest n, recounted, at every step.
func TestWindowedIsTheAccuracyOfTheNewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.OneOf(rapid.IntRange(1, 10), rapid.IntRange(60, 140)).Draw(t, "size")
		w := NewWindowed(size)
		added := rapid.SliceOfN(rapid.Bool(), 0, 300).Draw(t, "right")
		for i, right := range added {
			w.Add(right)
			newest := added[max(0, i+1-size) : i+1]
			n := 0
			for _, r := range newest {
				if r {
					n++
				}
			}
			if want := float64(n) / float64(len(newest)); w.Accuracy() != want || w.Documents() != len(newest) {
				t.Fatalf("after %d: %v of %d, want %v of %d", i+1, w.Accuracy(), w.Documents(), want, len(newest))
			}
		}
	})
}

func TestWindowedWithoutASize(t *testing.T) {
	var zero Windowed
	if zero.Accuracy() != 0 || zero.Documents() != 0 {
		t.Error("the accuracy of nothing is not 0")
	}
	for _, w := range []*Windowed{&zero, NewWindowed(0), NewWindowed(-1)} {
		for range WindowDefault {
			w.Add(false)
		}
		w.Add(true)
		if w.Documents() != WindowDefault || w.Accuracy() != 1./WindowDefault {
			t.Errorf("%v of %d", w.Accuracy(), w.Documents())
		}
	}
	if got := NewWindowed(WindowMax + 1).size; got != WindowMax {
		t.Errorf("a window of %d", got)
	}
}
