package terminal

import (
	"fmt"
	"strings"
	"time"

	"tidings"
	"tidings/eval/metric"
	"tidings/model/drift"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// reports are the reports that golden files show.
func reports() map[string]Report {
	return map[string]Report{
		"large":      large(),
		"small":      small(),
		"empty":      {Summary: pipeline.Summary{Pipeline: "tidings"}},
		"unlabelled": unlabelled(),
		"one-label":  oneLabel(),
		"repeated":   repeated(),
		"labels200":  labels200(),
		"hostile":    hostileReport(),
		"wide":       wide(),
	}
}

func plan4(p pipeline.Name) pipeline.Summary {
	return pipeline.Summary{
		Pipeline: p, Guarantee: "exactly-once", Recovery: "commit", Order: "sorted", Model: "arow", Tokenizer: "unicode",
		Partitions:        pipeline.Partitions{Tokenize: 4, DF: 4, Classify: 4, Topics: 4},
		PredictionsDigest: "07d8ce26e839899a", DFDigest: "d00b7d3b569d3b4a", ModelDigest: "2055be58b26f4f16",
	}
}

// scored fills in what follows from a confusion.
func scored(s pipeline.Summary, c *metric.Confusion) pipeline.Summary {
	s.Documents = c.Documents() + c.Unscored()
	s.Labelled, s.Predictions, s.Updates = c.Documents(), s.Documents, c.Documents()
	s.Accuracy, s.MacroF1 = c.Accuracy(), c.MacroF1()
	return s
}

func confusion(labels []string, cells [][]int) *metric.Confusion {
	c := new(metric.Confusion)
	for i, row := range cells {
		for j, n := range row {
			for range n {
				c.Add(labels[i], labels[j])
			}
		}
	}
	return c
}

func large() Report {
	labels := []string{"Armed conflicts and attacks", "Politics and elections", "Law and crime", "Disasters and accidents",
		"International relations", "Business and economy", "Sports", "Arts and culture", "Science and technology", "Health and environment"}
	c := confusion(labels, [][]int{
		{9995, 130, 162, 67, 152, 18, 3, 12, 2, 0},
		{131, 2035, 186, 25, 163, 68, 13, 37, 8, 1},
		{208, 170, 1526, 67, 89, 86, 19, 47, 4, 0},
		{117, 20, 25, 1837, 28, 25, 3, 10, 10, 1},
		{165, 156, 129, 31, 928, 64, 5, 17, 2, 0},
		{27, 114, 65, 60, 84, 937, 6, 30, 10, 0},
		{11, 23, 36, 13, 5, 10, 947, 17, 1, 0},
		{36, 90, 82, 43, 47, 38, 19, 606, 11, 0},
		{13, 15, 25, 50, 22, 45, 5, 39, 305, 5},
		{3, 14, 5, 17, 6, 8, 1, 3, 22, 9},
	})
	c.Add("Politics and elections", "") // the first of all
	s := scored(plan4("news"), c)
	s.DocumentsPerSecond, s.CPUPerDocument, s.RSSMax = 4832.3, 18.23, 142<<20
	s.Latency = pipeline.LatencyMS{P50: 2.13, P95: 8.42, P99: 14.3}
	s.CalibrationError, s.Calibration = .0086, make([]metric.Bin, metric.BinsDefault)
	s.Abstain = &metric.Covered{Threshold: .4, Documents: 54_321, Abstained: 5_593, Coverage: .9067, Accuracy: .8432}
	s.TestAccuracy, s.TestMacroF1, s.TestFiles = new(.8564), new(.8417), []string{"data/news-test.jsonl.gz"}
	s.Windows, s.DeadLetters, s.Rejected = 412, 22, 1204
	s.Drift = []pipeline.AlarmCount{{Detector: "adwin", Alarms: 1}, {Detector: "page-hinkley"}, {Detector: "terms", Alarms: 1}, {Detector: "every", Alarms: 2}}
	return Report{
		Alarms: []pipeline.Alarm{
			{Position: tidings.Position{Sequence: 62, Line: 14}, Time: time.Date(2018, 3, 29, 0, 0, 0, 0, time.UTC), Alarm: drift.Alarm{Detector: drift.ADWIN, Statistic: .0512, Threshold: .0488}},
			{Position: tidings.Position{Sequence: 81, Line: 7}, Alarm: drift.Alarm{Detector: drift.Terms, Statistic: .1828, Threshold: .1634}},
		},
		Summary: s, Confusion: c, Elapsed: 4321 * time.Millisecond,
		Reasons: map[tidings.Reason]uint64{
			tidings.ReasonDuplicateID: 1201, tidings.ReasonNotJSON: 15, tidings.ReasonNoText: 7, tidings.ReasonRow: 3,
		},
		Notes:    []string{"labels come in runs of up to 84 documents; shuffle the file if its order means nothing"},
		Examples: examples(),
		Windows: map[string][]topics.Window{
			"tumbling:24h": days(labels),
			"count:1000":   thousands(labels),
		},
		Counts: []topics.Counts{
			{Definition: "tumbling:24h", In: s.Documents, Windowed: s.Documents - 40, Late: 31, Untimed: 9, Open: 1},
			{Definition: "count:1000", In: s.Documents, Windowed: s.Documents, Open: 1},
		},
	}
}

func examples() []Example {
	return []Example{
		{
			Prediction: tidings.Prediction{ID: "wce-20110211-3", Label: "Politics and elections", Probability: .973, Truth: "Politics and elections"},
			Headline:   "Egypt: President Mubarak resigns after eighteen days of protests in Cairo and hands power to the army",
			Terms: []Term{{"^egypt", 1.42}, {"protests", .88}, {"president", .61}, {"^resigns", .52}, {"mubarak", .33}, {"army", -.27},
				{"days", -.08}, {"cairo", .05}},
		},
		{
			Prediction: tidings.Prediction{ID: "wce-20140801-9", Label: "International relations", Probability: .54, Truth: "Armed conflicts and attacks"},
			Headline:   "Ceasefire in Gaza collapses within hours",
			Terms:      []Term{{"ceasefire", .71}, {"hours", -.36}, {"gaza", .3}},
		},
		{
			Prediction: tidings.Prediction{ID: "wce-20200311-1", Label: "Health and environment", Probability: .9999},
			Headline:   "The World Health Organization declares a pandemic",
		},
	}
}

func share(labels []string, popular float64, counts ...uint64) (documents uint64, shares []topics.Share) {
	for _, n := range counts {
		documents += n
	}
	for i, n := range counts {
		if n > 0 {
			part := float64(n) / float64(documents)
			shares = append(shares, topics.Share{Label: labels[i], Documents: n, Share: part, Popular: part > popular})
		}
	}
	return documents, shares
}

func days(labels []string) []topics.Window {
	var windows []topics.Window
	for i, counts := range [][]uint64{{30, 25, 12, 9, 8}, {28, 24, 12, 9, 8, 1, 0, 0, 3}, {27, 26, 9, 9, 4, 0, 0, 2}, {51, 24, 11, 9, 0, 4, 3, 1, 1, 1}} {
		w := topics.Window{Definition: "tumbling:24h", Number: int64(19140 + i), Start: time.Date(2022, 5, 29+i, 0, 0, 0, 0, time.UTC)}
		w.End = w.Start.AddDate(0, 0, 1)
		w.Documents, w.Shares = share(labels, .1, counts...)
		windows = append(windows, w)
	}
	return windows
}

func thousands(labels []string) []topics.Window {
	var windows []topics.Window
	for i, counts := range [][]uint64{{400, 300, 200, 100}, {450, 250, 150, 100, 50}} {
		w := topics.Window{Definition: "count:1000", Number: int64(i), First: uint64(i*1000 + 21001), Last: uint64(i*1000 + 22000)}
		w.Documents, w.Shares = share(labels, .1, counts...)
		windows = append(windows, w)
	}
	return windows
}

func small() Report {
	c := confusion([]string{"sport", "space"}, [][]int{{5, 0}, {0, 3}})
	c.Add("sport", "")
	s := scored(plan4("tidings"), c)
	s.Partitions = pipeline.Partitions{Tokenize: 1, DF: 1, Classify: 1, Topics: 1}
	s.DocumentsPerSecond, s.CPUPerDocument, s.RSSMax = 3.4, 912, 18<<20
	s.Latency = pipeline.LatencyMS{P50: .34, P95: .8, P99: .86}
	return Report{Summary: s, Confusion: c, Elapsed: 34 * time.Millisecond,
		Counts: []topics.Counts{{Definition: "count:1000", In: 9, Windowed: 9, Open: 1}}}
}

func unlabelled() Report {
	s := plan4("feeds")
	s.Documents, s.Predictions = 1234567, 1234567
	s.Guarantee, s.Recovery, s.Lost, s.Duplicates = "at-most-once", "", 17, 3
	c := new(metric.Confusion)
	return Report{Summary: s, Confusion: c, Elapsed: 3*time.Hour + 25*time.Minute,
		Examples: []Example{{Prediction: tidings.Prediction{ID: "feed-7"}}},
		Windows:  map[string][]topics.Window{"tumbling:1h": hours()},
		Counts:   []topics.Counts{{Definition: "tumbling:1h", In: 1234567, Windowed: 1234000, Late: 500}},
	}
}

func hours() []topics.Window {
	var windows []topics.Window
	for i := range 3 {
		w := topics.Window{Definition: "tumbling:1h", Number: int64(i), Start: time.Date(2026, 11, 3, 22+i, 0, 0, 0, time.UTC)}
		w.End = w.Start.Add(time.Hour)
		w.Documents, w.Shares = share([]string{""}, 1, uint64(10*i+1))
		windows = append(windows, w)
	}
	return windows
}

func oneLabel() Report {
	c := confusion([]string{"news"}, [][]int{{12}})
	return Report{Summary: scored(plan4("tidings"), c), Confusion: c, Elapsed: 95 * time.Second}
}

func repeated() Report {
	r := large()
	r.Summary.DocumentsPerSecond, r.Summary.CPUPerDocument, r.Summary.RSSMax = 0, 0, 0
	r.Summary.Latency = pipeline.LatencyMS{}
	r.Notes = []string{"nothing was left to do: all had been committed before"}
	r.Examples, r.Windows, r.Counts, r.Reasons = nil, nil, nil, nil
	r.Summary.DeadLetters, r.Summary.Rejected = 0, 0
	return r
}

// labels200 is a stream of 200 labels, the first ones frequent, each taken for
// the next one now and then.
func labels200() Report {
	c := new(metric.Confusion)
	name := func(i int) string { return fmt.Sprintf("desk-%03d", i%200) }
	for i := range 200 {
		for n := range 1 + 4000/(i+1) {
			predicted := i
			if n%9 == 4 {
				predicted = i + 1 + n%3
			}
			c.Add(name(i), name(predicted))
		}
	}
	return Report{Summary: scored(plan4("tidings"), c), Confusion: c, Elapsed: 61 * time.Second}
}

// hostiles are strings that try to steer a terminal or to break a layout.
func hostiles() []string {
	return []string{
		"\x1b[31mred\x1b[0m", "\x1b]0;owned\a title", "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "\x1b[2J\x1b[H", "\x1bc", "\x1bP1;2q\x1b\\six", "\x1b", "\x1b[", "\x1b]never ends",
		"\u009b31mC1\u009c", "back\b\b\bspace", "over\rwritten", "two\nlines", "tab\tbed", "null\x00", "\x7fdel", "invalid \xff\xfe\x80",
		"\u202eright to left\u202c", "\u2066isolate\u2069", "soft\u00adhyphen", "zero\u200bwidth", "\ufeffmark", "line\u2028separator",
		"Z" + strings.Repeat("\u0301", 60) + "algo", "\u0301begins with a mark", "👨‍👩‍👧‍👦 family", "👍🏽", "🇩🇪", "☀️", "新华社：北京冬奥会开幕", "ＦＵＬＬ", "한국어", "ภาษาไทย", "हिन्दी", "\u1160\u1161", "\u3164\u3164",
		strings.Repeat("long ", 3000), strings.Repeat("W", 20000), strings.Repeat("界", 500), "", " ", "^", "^\x1b[5mblink", "(other)", "\U000e0041\U0010ffff",
	}
}

func hostileReport() Report {
	h := hostiles()
	c := new(metric.Confusion)
	for i, label := range h {
		for n := range 1 + (len(h)-i)/4 {
			c.Add(label, h[(i+n%3)%len(h)])
		}
	}
	s := scored(plan4("\x1b[41mpipe"), c)
	s.Guarantee, s.Model, s.ModelDigest, s.TestAccuracy, s.TestFiles = "exactly\x1b[1A-once", strings.Repeat("m", 500), "\x1b[2Jdigest", new(.5), h[:5]
	s.Rejected = 5
	r := Report{Summary: s, Confusion: c, Notes: h[:26], Reasons: map[tidings.Reason]uint64{"\x1b[31mreason": 2, tidings.ReasonNUL: 3}}
	for i, headline := range h[17:26] {
		r.Examples = append(r.Examples, Example{
			Prediction: tidings.Prediction{ID: h[i], Label: h[(i+5)%len(h)], Probability: 2, Truth: h[i]},
			Headline:   headline, Terms: []Term{{h[i], 1e30}, {"^" + h[i+1], -1}, {h[i+2], .1}},
		})
	}
	w := topics.Window{Definition: h[2], Number: 1, Last: 9}
	w.Documents, w.Shares = share(h, .05, 9, 8, 7, 6, 5, 4, 3, 2, 1)
	r.Windows = map[string][]topics.Window{h[2]: {w, w}}
	return r
}

// wide has labels and headlines of double width.
func wide() Report {
	labels := []string{"政治与选举", "武装冲突", "体育", "국제 관계", "ビジネスと経済"}
	c := confusion(labels, [][]int{{50, 2, 1, 6, 3}, {4, 40, 0, 5, 0}, {1, 0, 33, 0, 1}, {7, 6, 0, 20, 1}, {2, 0, 0, 1, 15}})
	w := topics.Window{Definition: "count:100", Number: 0, Last: 100}
	w.Documents, w.Shares = share(labels, .1, 40, 30, 15, 10, 5)
	return Report{Summary: scored(plan4("新闻"), c), Confusion: c, Elapsed: time.Second,
		Examples: []Example{{
			Prediction: tidings.Prediction{Label: "体育", Probability: .91, Truth: "政治与选举"},
			Headline:   strings.Repeat("新华社：北京冬奥会开幕，", 8),
			Terms:      []Term{{"^冬奥会", 1.2}, {"北京", .4}, {"naïve", -.3}},
		}},
		Windows: map[string][]topics.Window{"count:100": {w}},
	}
}
