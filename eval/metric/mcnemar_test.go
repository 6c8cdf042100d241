package metric

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The wanted numbers are statsmodels 0.15.0's mcnemar(exact=n < 25,
// correction=True), on SciPy 1.17.1.
func TestMcNemarIsThatOfStatsmodels(t *testing.T) {
	tests := []struct {
		first, second uint64
		exact         bool
		p             float64
	}{
		{0, 0, true, 1}, {1, 0, true, 1}, {0, 5, true, 0.0625},
		{3, 9, true, 0.14599609375}, {9, 3, true, 0.14599609375},
		{8, 8, true, 1}, {12, 12, true, 1}, {5, 19, true, 0.006610751152038574},
		{10, 15, false, 0.4237107971667936}, {15, 10, false, 0.4237107971667936},
		{121, 59, false, 5.450094825427117e-06}, {59, 121, false, 5.450094825427117e-06},
		{2, 2000, false, 0}, {300, 301, false, 1}, {40, 41, false, 1},
		// Agresti (Categorical Data Analysis, 1990, table 10.1): approval asked twice.
		{86, 150, false, 4.114562281345944e-05},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.first, tt.second), func(t *testing.T) {
			m := McNemar{Both: 10, First: tt.first, Second: tt.second, Neither: 10}
			if m.Exact() != tt.exact {
				t.Errorf("exact is %v", m.Exact())
			}
			near(t, "p", m.P(), tt.p, 1e-12)
		})
	}
}

// P is a probability, the same whoever comes first, not more where they differ
// more; dropping what was added leaves nothing.
func TestMcNemarProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, second := rapid.Uint64Range(0, 400).Draw(t, "first"), rapid.Uint64Range(0, 400).Draw(t, "second")
		m := McNemar{First: first, Second: second}
		p := m.P()
		if !(p >= 0 && p <= 1) || p != (McNemar{First: second, Second: first}).P() {
			t.Fatalf("p %v", p)
		}
		if n := first + second; first > second && n > 0 {
			if farther := (McNemar{First: first + 1, Second: second - min(second, 1)}); farther.First+farther.Second == n && farther.P() > p {
				t.Fatalf("p rises from %v to %v", p, farther.P())
			}
		}
		var counted McNemar
		all := rapid.SliceOf(rapid.Uint8Range(0, 3)).Draw(t, "documents")
		right := [2]uint64{}
		for _, d := range all {
			counted.Add(d&1 != 0, d&2 != 0)
			right[0] += uint64(d & 1)
			right[1] += uint64(d >> 1)
		}
		a, b := counted.Accuracies()
		if counted.Documents() != uint64(len(all)) || a != ratio(right[0], uint64(len(all))) || b != ratio(right[1], uint64(len(all))) {
			t.Fatalf("%+v of %v", counted, all)
		}
		for _, d := range all {
			counted.Drop(d&1 != 0, d&2 != 0)
		}
		if counted != (McNemar{}) {
			t.Fatalf("left: %+v", counted)
		}
	})
}

// The exact p is what counting all outcomes of so many throws gives.
func TestMcNemarExactIsTheBinomial(t *testing.T) {
	for n := range 16 {
		for k := 0; 2*k < n; k++ {
			within := 0
			for throws := range 1 << n {
				heads := 0
				for i := range n {
					heads += throws >> i & 1
				}
				if heads <= k || heads >= n-k {
					within++
				}
			}
			m := McNemar{First: uint64(k), Second: uint64(n - k)}
			near(t, fmt.Sprintf("p of %d and %d", k, n-k), m.P(), float64(within)/math.Ldexp(1, n), 1e-15)
		}
	}
}
