package experiments_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tidings/eval/experiments"
)

// Any jitter meets every document once, leaves the order of each partition's and
// of each frame's documents as it is, and of one partition leaves all.
func TestRacesKeepTheOrderOfEachPartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "documents")
		partitions := rapid.IntRange(1, 9).Draw(t, "partitions")
		frame := rapid.IntRange(1, 20).Draw(t, "frame")
		seed := rapid.Uint64().Draw(t, "seed")
		order := experiments.Jitter(rand.New(rand.NewPCG(seed, 1)), n, partitions, frame)
		met := make([]bool, n)
		last := make([]int32, partitions)
		for p := range last {
			last[p] = -1
		}
		for _, i := range order {
			p := int(i) / frame % partitions
			if met[i] || i <= last[p] {
				t.Fatalf("document %d comes twice or behind %d, of partition %d", i, last[p], p)
			}
			met[i], last[p] = true, i
		}
		if len(order) != n || partitions == 1 && !slices.IsSorted(order) {
			t.Fatalf("%d of %d documents, of %d partitions: %v", len(order), n, partitions, order)
		}
	})
}

// The more partitions race, the more documents overtake others.
func TestMorePartitionsRaceMore(t *testing.T) {
	overtaken := func(partitions int) (n int) {
		order := experiments.Jitter(rand.New(rand.NewPCG(1, 1)), 2000, partitions, 1)
		for i := 1; i < len(order); i++ {
			if order[i] < order[i-1] {
				n++
			}
		}
		return n
	}
	if one, two, eight := overtaken(1), overtaken(2), overtaken(8); one != 0 || two == 0 || eight < 2*two {
		t.Errorf("%d of 1 partition, %d of 2, %d of 8", one, two, eight)
	}
}

// The result is the same to the bit however many runs go beside each other; a
// pipeline whose labels vary refutes the claim.
func TestRacesDependOnTheirSeedAlone(t *testing.T) {
	c := corpus(t, 2500)
	var texts [2]string
	for i, workers := range []int{1, 3} {
		e, err := experiments.Races(t.Context(), c, experiments.Setting{Seeds: 2, Workers: workers}, []experiments.Piped{{Order: "sorted", Partitions: 2, Runs: 1, Vary: .1}})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Check(); err != nil {
			t.Fatal(err)
		}
		if last := e.Claims[len(e.Claims)-1]; last.Holds != "refuted" {
			t.Errorf("a pipeline whose labels vary: %+v", last)
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
