package stories

import (
	"testing"
	"time"

	"tidings"
	"tidings/datasets/datasetstest"
	"tidings/eval/metric"
	"tidings/features"
)

type article struct {
	Time                      time.Time
	Label, Title, Text, Topic string
}

// articles are the documents of some days, the last excluded.
func articles(tb testing.TB, from, to string, each func(article)) {
	tb.Helper()
	for _, a := range datasetstest.Read[article](tb, "wikipedia-current-events.jsonl.gz", 0) {
		if day := a.Time.Format(time.DateOnly); day >= from && day < to {
			each(a)
		}
	}
}

// observer feeds articles to a state.
type observer struct {
	state     *State
	tokenizer *features.Tokenizer
	dict      features.Dictionary
	terms     []features.TermCount
	order     []uint32
	n         uint64
}

func newObserver(o Options) *observer {
	return &observer{state: New(o), tokenizer: features.NewTokenizer(features.Options{})}
}

func (o *observer) observe(tb testing.TB, a article) uint64 {
	o.dict.Reset()
	var err error
	if o.terms, o.order, err = o.tokenizer.AppendOrdered(o.terms[:0], o.order[:0], &o.dict, []byte(a.Title), []byte(a.Text)); err != nil {
		tb.Fatal(err)
	}
	o.n++
	return o.state.Observe(Document{Position: tidings.Position{Sequence: o.n}, Time: a.Time.UnixNano(), Label: a.Label, Dict: &o.dict, Terms: o.terms})
}

// Against the event that each item of Wikipedia's current events stood under,
// from July 2016 to December 2022, after the stretch on which the settings were
// chosen: adjusted mutual information and F1 of pairs, the mean of the months
// with at least 20 such items, are above .335 and .245. Every document alone, one
// story a label, and k-means, which sees each month at once and is told how many
// topics there are, are not as good.
func TestQualityOfStoriesOnWikipedia(t *testing.T) {
	o := newObserver(Options{})
	topics, labels := map[string]int{}, map[string]int{}
	number := func(of map[string]int, name string) int {
		if _, known := of[name]; !known {
			of[name] = len(of)
		}
		return of[name]
	}
	type month struct {
		stories, alone, labels, means metric.Clustering
		batch                         *batch
	}
	months := map[string]*month{}
	var names []string
	alone := 0
	began := time.Now()
	articles(t, "2015-07-01", "2023-01-01", func(a article) {
		story := o.observe(t, a)
		name := a.Time.Format("2006-01")
		if a.Topic == "" || name < "2016-07" {
			return
		}
		if months[name] == nil {
			months[name] = &month{batch: newBatch()}
			names = append(names, name)
		}
		topic := number(topics, a.Topic)
		alone++
		months[name].stories.Add(topic, int(story))
		months[name].alone.Add(topic, alone)
		months[name].labels.Add(topic, number(labels, a.Label))
		months[name].batch.add(topic, &o.dict, o.terms)
	})
	rate := float64(o.n) / time.Since(began).Seconds()
	for _, name := range names {
		m := months[name]
		seen := map[int]bool{}
		for _, topic := range m.batch.topics {
			seen[topic] = true
		}
		for i, cluster := range m.batch.cluster(len(seen), 1) {
			m.means.Add(m.batch.topics[i], cluster)
		}
	}
	mean := func(of func(*month) *metric.Clustering) (mutual, pairs float64) {
		n := 0.0
		for _, name := range names {
			if c := of(months[name]); c.Things() >= 20 {
				n++
				mutual += c.AdjustedMutualInformation()
				pairs += c.PairF1()
			}
		}
		return mutual / n, pairs / n
	}
	mutual, pairs := mean(func(m *month) *metric.Clustering { return &m.stories })
	aloneMutual, alonePairs := mean(func(m *month) *metric.Clustering { return &m.alone })
	labelMutual, labelPairs := mean(func(m *month) *metric.Clustering { return &m.labels })
	meansMutual, meansPairs := mean(func(m *month) *metric.Clustering { return &m.means })
	t.Logf("%d months: stories %.3f, %.3f; each alone %.3f, %.3f; one a label %.3f, %.3f; k-means %.3f, %.3f; %.0f documents a second, %d stories",
		len(names), mutual, pairs, aloneMutual, alonePairs, labelMutual, labelPairs, meansMutual, meansPairs, rate, o.state.began)
	if mutual < .335 || pairs < .245 {
		t.Errorf("adjusted mutual information %.3f, F1 of pairs %.3f; want .335 and .245", mutual, pairs)
	}
	if aloneMutual >= mutual || alonePairs >= pairs || labelMutual >= mutual || labelPairs >= pairs || meansMutual >= mutual || meansPairs >= pairs {
		t.Error("a baseline is as good")
	}
}
