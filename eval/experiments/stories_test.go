package experiments_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"tidings"
	"tidings/eval/metric"
	"tidings/features"
	"tidings/pipeline/topics/stories"
)

// storied is the data set whose documents say which event they are about, topicsMin
// how many have to do so in a month that counts.
const (
	storied   = "wikipedia-current-events"
	topicsMin = 20
)

// gradeStories tells how well stories gather what is about one event: adjusted
// mutual information and F1 of pairs, means of months, of the second half of 2016
// or, with -whole, of all from then to 2022. Half a year before it is met as well.
func gradeStories(t *testing.T, lines [][]byte) string {
	const met, judged, end = "2015-07", "2016-07", "2023-01"
	state, tokenizer := stories.New(stories.Options{}), features.NewTokenizer(features.Options{})
	numbers := map[string]int{}
	var months []*metric.Clustering
	var month string
	n := 0
	for _, line := range lines {
		var a struct {
			Time                      time.Time
			Label, Title, Text, Topic string
		}
		if err := json.Unmarshal(line, &a); err != nil {
			t.Error(err)
			return ""
		}
		name := a.Time.Format("2006-01")
		if name < met || name >= end {
			continue
		}
		var dict features.Dictionary
		terms, _, err := tokenizer.AppendOrdered(nil, nil, &dict, []byte(a.Title), []byte(a.Text))
		if err != nil {
			t.Error(err)
			return ""
		}
		n++
		story := state.Observe(stories.Document{Position: tidings.Position{Sequence: uint64(n)}, Time: a.Time.UnixNano(), Label: a.Label, Dict: &dict, Terms: terms})
		if a.Topic == "" || name < judged {
			continue
		}
		if name != month {
			month, months = name, append(months, &metric.Clustering{})
		}
		if _, known := numbers[a.Topic]; !known {
			numbers[a.Topic] = len(numbers)
		}
		months[len(months)-1].Add(numbers[a.Topic], int(story))
	}
	var mutual, pairs, of float64
	for _, m := range months {
		if m.Things() >= topicsMin {
			of++
			mutual += m.AdjustedMutualInformation()
			pairs += m.PairF1()
		}
	}
	return fmt.Sprintf("%-26s %6s %-8s %8s %8s\n%-26s %6d %-8.0f %8.4f %8.4f\n", "data set", "docs", "months", "AMI", "pair F1", storied, n, of, mutual/of, pairs/of)
}
