package datasets

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"tidings/datasets/datasetstest"
)

// warnings feeds labels and returns what was said, and after how many.
func warnings(labels []string) (said []string, at []int) {
	var l LabelRuns
	for i, label := range labels {
		if text := l.Add(label); text != "" {
			said, at = append(said, text), append(at, i+1)
		}
	}
	if text := l.End(); text != "" {
		said, at = append(said, text), append(at, len(labels))
	}
	return said, at
}

// blocks gives labels in runs, the run of number i having the label i modulo
// labels.
func blocks(runs, length, labels int) []string {
	var all []string
	for i := range runs {
		for range length {
			all = append(all, fmt.Sprintf("label %d", i%labels))
		}
	}
	return all
}

func TestLabelRuns(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	skewed := make([]string, 20_000)
	for i := range skewed {
		skewed[i] = "common"
		if random.IntN(100) == 0 {
			skewed[i] = "rare"
		}
	}
	drifting := make([]string, 20_000) // each thousand has two labels, mixed
	for i := range drifting {
		drifting[i] = fmt.Sprint(i/1000 + random.IntN(2))
	}
	const runs, same = "long runs", "have the label"
	tests := map[string]struct {
		labels []string
		want   []string
		at     int // of the first warning, at the latest
	}{
		"none":                        {},
		"unlabelled":                  {labels: make([]string, 10_000)},
		"sorted, many labels":         {labels: blocks(20, 480, 20), want: []string{runs}, at: 500},
		"sorted, two labels":          {labels: blocks(2, 3_000, 2), want: []string{runs}, at: 3_100},
		"sorted, two labels, long":    {labels: blocks(2, 12_000, 2), want: []string{same, runs}, at: 5_000},
		"sorted, unlabelled between":  {labels: strings.Split(strings.Join(blocks(20, 480, 20), ",,"), ","), want: []string{runs}, at: 1_000},
		"long blocks that come again": {labels: blocks(40, 200, 2), want: []string{runs}, at: 600},
		"short runs":                  {labels: blocks(1_000, 10, 5)},
		"taking turns":                {labels: blocks(10_000, 1, 2)},
		"a rare label":                {labels: skewed},
		"labels that come and go":     {labels: drifting},
		"one label":                   {labels: blocks(1, 300, 1), want: []string{same}, at: 300},
		"one label, many documents":   {labels: blocks(1, 20_000, 1), want: []string{same}, at: 5_000},
		"more labels than are kept":   {labels: blocks(3*runLabelsMax, 2, 3*runLabelsMax)},
		"one document":                {labels: []string{"a"}, want: []string{same}, at: 1},
		"few and sorted":              {labels: blocks(2, 100, 2)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			said, at := warnings(tt.labels)
			if len(said) != len(tt.want) {
				t.Fatalf("said %q at %v", said, at)
			}
			for i, want := range tt.want {
				if !strings.Contains(said[i], want) || strings.Contains(want, runs) && !strings.Contains(said[i], "--shuffle SEED") {
					t.Errorf("said %q", said[i])
				}
			}
			if len(at) > 0 && at[0] > tt.at {
				t.Errorf("said first at %d, want %d or sooner", at[0], tt.at)
			}
		})
	}
}

func TestLabelRunsOfTheSharedData(t *testing.T) {
	for name, want := range map[string]int{
		"20newsgroups-train.jsonl.gz":       1,
		"20newsgroups-test.jsonl.gz":        1,
		"wikipedia-current-events.jsonl.gz": 0,
		"reuters-21578.jsonl.gz":            0,
		"reuters-r8-train.jsonl.gz":         0,
		"reuters-r8-test.jsonl.gz":          0,
		"ag-news-test.jsonl.gz":             0,
	} {
		orders := []*uint64{nil}
		if want > 0 {
			orders = append(orders, new(uint64))
		}
		for _, shuffle := range orders {
			_, rows := mustRead(t, datasetstest.Path(t, name), Options{Shuffle: shuffle})
			labels := make([]string, len(rows))
			for i, row := range rows {
				labels[i] = row.Document.Label
			}
			if shuffle != nil {
				want = 0
			}
			if said, at := warnings(labels); len(said) != want {
				t.Errorf("%s, shuffled %v: said %q at %v", name, shuffle != nil, said, at)
			}
		}
	}
}
