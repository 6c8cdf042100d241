package eval_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"tidings/eval"
	"tidings/features"
	"tidings/internal/broker"
	"tidings/model"
	"tidings/pipeline"
)

// setting is a row of the table of options.
type setting struct {
	flags string
	text  features.Options
	model string // "": the default
	// language sets what depends on the language of a text, a code or a name.
	language func(o *features.Options, code string)
}

// settings are the rows, the default first.
func settings() []setting {
	pairs := features.NGrams{Min: 1, Max: 2}
	docs := func(n uint64) features.HalfLife { return features.HalfLife{Documents: n} }
	days := func(n int) features.HalfLife { return features.HalfLife{Time: time.Duration(n) * 24 * time.Hour} }
	return []setting{
		{flags: "default"},
		{flags: "no words of the title apart", text: features.Options{NoTitle: true}},
		{flags: "--tokenizer prose", text: features.Options{Tokenizer: features.TokenizerProse}},
		{flags: "--ngrams 1-2", text: features.Options{NGrams: pairs}},
		{flags: "--ngrams 1-2 --hash-bits 22", text: features.Options{NGrams: pairs, HashBits: 22}},
		{flags: "--stem en, ru", language: func(o *features.Options, code string) { o.Stem = code }},
		{flags: "--stem auto", text: features.Options{Stem: features.Auto}},
		{flags: "--stop-words en, ru", language: func(o *features.Options, code string) { o.StopWords = code }},
		{flags: "--fold numbers,urls", text: features.Options{FoldNumbers: true, FoldURLs: true}},
		{flags: "--char-ngrams 3", text: features.Options{CharNGrams: 3}},
		{flags: "--char-ngrams 4", text: features.Options{CharNGrams: 4}},
		{flags: "--char-ngrams 5", text: features.Options{CharNGrams: 5}},
		{flags: "--model accurate", text: features.Options{CharNGrams: 4}, model: "stack"},
		{flags: "--hash-bits 16", text: features.Options{HashBits: 16}},
		{flags: "--hash-bits 18", text: features.Options{HashBits: 18}},
		{flags: "--hash-bits 22", text: features.Options{HashBits: 22}},
		{flags: "--df-half-life 1000docs", text: features.Options{DFHalfLife: docs(1000)}},
		{flags: "--df-half-life 5000docs", text: features.Options{DFHalfLife: docs(5000)}},
		{flags: "--df-half-life 50000docs", text: features.Options{DFHalfLife: docs(50_000)}},
		{flags: "--df-half-life 30d", text: features.Options{DFHalfLife: days(30)}},
		{flags: "--df-half-life 365d", text: features.Options{DFHalfLife: days(365)}},
		{flags: "--df-terms 65536", text: features.Options{DFTerms: features.DFTermsMin}},
		{flags: "--df-terms 65536 --df-half-life 50000docs", text: features.Options{DFTerms: features.DFTermsMin, DFHalfLife: docs(50_000)}},
	}
}

// plan is what the setting makes of a text of a language.
func (s setting) plan(language string) pipeline.Plan {
	o := s.text
	if s.language != nil {
		s.language(&o, language)
	}
	name := s.model
	if name == "" {
		name = model.Default
	}
	return pipeline.Plan{Pipeline: "options", Model: name, Features: o}.WithDefaults()
}

// corpus is a column of the table.
type corpus struct {
	name, language string
	train, test    [][]byte
	part           int // of the documents that settings are chosen by; 0: all
	orders         int // random ones, means are told; 0: the one of the file
}

// result is what a setting gives on a corpus.
type result struct{ chosen, all, test float64 }

// each adds up what the documents say in one order after the other.
func (c corpus) result(tb testing.TB, s setting) (sum result) {
	orders := max(c.orders, 1)
	for seed := range orders {
		order := make([]int, len(c.train))
		for i := range order {
			order[i] = i
		}
		if c.orders > 0 {
			order = rand.New(rand.NewPCG(uint64(seed), 1)).Perm(len(c.train))
		}
		r := c.once(tb, s, order)
		sum.chosen += r.chosen / float64(orders)
		sum.all += r.all / float64(orders)
		sum.test += r.test / float64(orders)
	}
	return sum
}

// once learns the documents in an order, each when it has been predicted, and
// then predicts those of the test.
func (c corpus) once(tb testing.TB, s setting, order []int) (r result) {
	o := newOracle(tb, s, c.language)
	for i, at := range order {
		teach(tb, o, i, c.train[at])
		if i+1 == c.part {
			r.chosen = o.Tally.Confusion.Accuracy()
		}
	}
	if r.all = o.Tally.Confusion.Accuracy(); c.part == 0 {
		r.chosen = r.all
	}
	frozen, right := o.Frozen(), 0
	for _, line := range c.test {
		var d struct{ Label, Title, Text string }
		if err := json.Unmarshal(line, &d); err != nil {
			tb.Error(err)
			return r
		}
		if label, _, err := frozen.Predict(d.Title, d.Text); err == nil && label == d.Label {
			right++
		}
	}
	r.test = float64(right) / float64(max(len(c.test), 1))
	return r
}

func newOracle(tb testing.TB, s setting, language string) *eval.Oracle {
	o, err := eval.NewOracle(s.plan(language))
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

func teach(tb testing.TB, o *eval.Oracle, i int, line []byte) {
	if err := o.Add(broker.Record{Subject: pipeline.Name("options").LogSubject(pipeline.ArticleRecord, "table"), Sequence: uint64(i + 1), Data: line}); err != nil {
		tb.Error(err)
	}
}

// speed is how many documents the whole loop takes in a second of CPU time, and
// that as a share of the default's: the best of some rounds in which both take
// turns.
func speed(tb testing.TB, s setting, documents [][]byte) (perSecond, share float64) {
	once := func(s setting) float64 {
		o, before := newOracle(tb, s, "en"), cpuTime()
		for i, line := range documents {
			teach(tb, o, i, line)
		}
		return float64(len(documents)) / (cpuTime() - before).Seconds()
	}
	best := 0.0
	for range 5 {
		best, perSecond = max(best, once(settings()[0])), max(perSecond, once(s))
	}
	return perSecond, perSecond / best
}

// BenchmarkOptions prints docs/measured.md's table of options:
//
//	go test ./eval -run - -bench Options -benchtime 1x -timeout 90m
//
// Settings are chosen by the first columns, which are of documents that are
// learnt, before they are; the others are looked at afterwards.
func BenchmarkOptions(b *testing.B) {
	wikipedia := lines(b, "wikipedia-current-events.jsonl.gz", 0)
	corpora := []corpus{
		{name: "Wikipedia", language: "en", train: wikipedia, part: 20_000},
		{name: "R8", language: "en", train: lines(b, "reuters-r8-train.jsonl.gz", 0), test: lines(b, "reuters-r8-test.jsonl.gz", 0), orders: 3},
		{name: "20NG", language: "en", train: lines(b, "20newsgroups-train.jsonl.gz", 0), test: lines(b, "20newsgroups-test.jsonl.gz", 0), orders: 3},
		{name: "AG", language: "en", train: lines(b, "ag-news-test.jsonl.gz", 0)},
		{name: "Russian", language: "ru", train: russian(1, 8000)},
	}
	table := "| | Wikipedia 20,000 | R8 train | 20NG train | Wikipedia | R8 test | 20NG test | AG | Russian | documents/s | / default |\n|---|---|---|---|---|---|---|---|---|---|---|\n"
	for _, s := range settings() {
		b.Run(strings.ReplaceAll(s.flags, " ", "_"), func(b *testing.B) {
			results := make([]result, len(corpora))
			for b.Loop() {
				var all sync.WaitGroup
				for i, c := range corpora {
					all.Go(func() { results[i] = c.result(b, s) })
				}
				all.Wait()
			}
			perSecond, share := speed(b, s, wikipedia[:20_000])
			w, r8, ng, ag, ru := results[0], results[1], results[2], results[3], results[4]
			row := "| " + s.flags
			for _, accuracy := range []float64{w.chosen, r8.chosen, ng.chosen, w.all, r8.test, ng.test, ag.all, ru.all} {
				row += " | " + strings.TrimPrefix(fmt.Sprintf("%.4f", accuracy), "0")
			}
			row += fmt.Sprintf(" | %.0f | %.2f |\n", perSecond, share)
			table += row
			fmt.Fprint(os.Stderr, row)
			b.ReportMetric(0, "ns/op")
		})
	}
	fmt.Print(table)
}
