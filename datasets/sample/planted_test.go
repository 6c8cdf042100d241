package sample

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// perDay counts a stream's labels by day and topic.
func perDay(seed uint64, documents uint64) [][]int {
	var days [][]int
	names := Topics()
	for _, d := range generate(Options{Seed: seed, Documents: documents}) {
		day := int(d.Time.Unix()-startUnix) / (24 * 3600)
		for len(days) <= day {
			days = append(days, make([]int, len(names)))
		}
		days[day][slices.Index(names, d.Label)]++
	}
	return days
}

// Properties: "space" is absent before day 9 and has more than 4 % from day
// 13; "travel" has more than 6 % in the first days and is absent from day 17;
// the ten others are there every week.
func TestOneTopicComesLateAndOneFades(t *testing.T) {
	for _, seed := range []uint64{0, 1, 2} {
		days := perDay(seed, 20_000)
		share := func(topic string, from, to int) float64 {
			mine, all := 0, 0
			for _, counts := range days[from:to] {
				for i, n := range counts {
					all += n
					if Topics()[i] == topic {
						mine += n
					}
				}
			}
			return float64(mine) / float64(all)
		}
		end := len(days)
		for _, test := range []struct {
			topic     string
			from, to  int
			low, high float64
		}{
			{"space", 0, 9, 0, 0}, {"space", 13, end, 0.04, 0.25},
			{"travel", 0, 5, 0.06, 0.25}, {"travel", 17, end, 0, 0},
		} {
			if got := share(test.topic, test.from, test.to); got < test.low || got > test.high {
				t.Errorf("seed %d: %s has %.3f of days %d to %d, want %.2f to %.2f",
					seed, test.topic, got, test.from, test.to, test.low, test.high)
			}
		}
		for _, topic := range Topics() {
			if topic == "space" || topic == "travel" {
				continue
			}
			for week := 0; week+7 <= end; week += 7 {
				if got := share(topic, week, week+7); got < 0.02 || got > 0.30 {
					t.Errorf("seed %d: %s has %.3f of the week from day %d", seed, topic, got, week)
				}
			}
		}
	}
}

// Properties: a few stories start every week and stay within their hours, most
// have dozens to a few hundred articles, and together they are about a sixth
// of the stream; a topic's busiest day has at least twice its usual number.
func TestStoriesBurst(t *testing.T) {
	g := New(Options{Documents: 100_000})
	type span struct{ articles, first, last int64 }
	var stories []*span
	open := map[string]*span{}
	inside := int64(0)
	for _, ok := g.Next(); ok; _, ok = g.Next() {
		if g.article.event == nil {
			continue
		}
		inside++
		s := open[string(g.article.event)]
		if s == nil || g.calendar.hour-s.last > storyHoursMax { // a name may come again
			s = &span{first: g.calendar.hour}
			stories = append(stories, s)
			open[string(g.article.event)] = s
		}
		s.articles, s.last = s.articles+1, g.calendar.hour
	}
	large := 0
	var sizes []int64
	for i, s := range stories {
		if s.last-s.first > storyHoursMax {
			t.Errorf("story %d takes %d hours", i, s.last-s.first)
		}
		if s.articles >= 40 && s.articles <= 400 {
			large++
		}
		sizes = append(sizes, s.articles)
	}
	slices.Sort(sizes)
	t.Logf("%d stories, articles %v", len(sizes), sizes)
	weeks := float64(g.calendar.hour) / (7 * 24)
	if n := float64(len(stories)) / weeks; n < 4 || n > 8 {
		t.Errorf("%.1f stories a week, want about %d", n, storiesPerWeek)
	}
	if large*10 < len(stories)*8 {
		t.Errorf("%d of %d stories have 40 to 400 articles", large, len(stories))
	}
	if share := float64(inside) / 100_000; share < 0.10 || share > 0.25 {
		t.Errorf("stories are %.3f of the stream", share)
	}

	days := perDay(0, 20_000)
	bursts := 0
	for topic := range Topics() {
		var counts []int
		for _, day := range days {
			counts = append(counts, day[topic])
		}
		slices.Sort(counts)
		if counts[len(counts)-1] > 2*counts[len(counts)/2] {
			bursts++
		}
	}
	if bursts < 5 {
		t.Errorf("%d topics have a day twice as busy as usual, want at least 5", bursts)
	}
}

// Properties: the rates that the package comment states.
func TestNoiseAndMixturesHaveTheStatedRates(t *testing.T) {
	g := New(Options{Documents: 50_000})
	noisy, ordinary, mixed, second := 0, 0, 0, 0
	for d, ok := g.Next(); ok; d, ok = g.Next() {
		a := &g.article
		if d.Label != g.topics[a.label].name {
			noisy++
		}
		if a.event != nil {
			continue
		}
		ordinary++
		if a.mixed {
			mixed++
			if a.label != a.owner {
				second++
			}
		}
	}
	for _, test := range []struct {
		what        string
		part, whole int
		permille    float64
	}{
		{"noisy labels", noisy, 50_000, NoisePermille},
		{"mixed articles", mixed, ordinary, MixedPermille},
		{"mixed articles filed under the second topic", second, mixed, 1000 - MixedFirstPermille},
	} {
		if got := 1000 * float64(test.part) / float64(test.whole); math.Abs(got-test.permille) > 15 {
			t.Errorf("%s: %.0f permille, stated are %.0f", test.what, got, test.permille)
		}
	}
}

// Properties: word frequencies follow Zipf's law with a slope near -1 over
// three decades of ranks, and there is a tail of words that occur once.
func TestWordsFollowZipf(t *testing.T) {
	for _, seed := range []uint64{0, 1, 2} {
		counts := map[string]int{}
		for _, d := range generate(Options{Seed: seed}) {
			for _, w := range words(d.Title + " " + d.Text) {
				counts[w]++
			}
		}
		var frequency []int
		once := 0
		for _, n := range counts {
			frequency = append(frequency, n)
			if n == 1 {
				once++
			}
		}
		slices.Sort(frequency)
		slices.Reverse(frequency)
		if len(frequency) < 5000 {
			t.Fatalf("seed %d: %d words only", seed, len(frequency))
		}
		if s := slope(frequency[:5000]); s < -1.2 || s > -0.8 {
			t.Errorf("seed %d: slope %.3f, want about -1", seed, s)
		}
		if once < 1000 {
			t.Errorf("seed %d: %d words occur once", seed, once)
		}
	}
}

func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r < 'a' || r > 'z' })
}

// slope fits a line through log frequency over log rank, each rank weighted by
// its inverse so that every decade counts the same.
func slope(frequency []int) float64 {
	var n, sx, sy, sxx, sxy float64
	for i, f := range frequency {
		x, y, w := math.Log(float64(i+1)), math.Log(float64(f)), 1/float64(i+1)
		n, sx, sy, sxx, sxy = n+w, sx+w*x, sy+w*y, sxx+w*x*x, sxy+w*x*y
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

// Properties: of the ten leading words of each list that a topic draws from,
// most are still leading a week later and few after eight weeks; by then nearly
// every word has been in use.
func TestVocabularyDrifts(t *testing.T) {
	g := New(Options{Documents: DocumentsMax})
	leading := func() (words [][]uint16) {
		for i := range g.topics {
			m := &g.topics[i]
			words = append(words, m.things.pool.order[:10], m.plurals.pool.order[:10], m.people.order[:10])
		}
		for i := range words {
			words[i] = slices.Clone(words[i])
		}
		return words
	}
	wait := func(days int64) {
		for g.calendar.hour < days*24 {
			g.Next()
		}
	}
	start := leading()
	wait(7)
	near := overlap(start, leading())
	wait(56)
	far := overlap(start, leading())
	t.Logf("of ten leading words %.1f stay for a week, %.1f for eight", near, far)
	if near < 5 || near > 9 || far > 5 {
		t.Errorf("of ten leading words %.1f stay for a week, %.1f for eight", near, far)
	}
}

// overlap returns how many items two lists share, on average over the lists.
func overlap(a, b [][]uint16) float64 {
	n := 0
	for i := range a {
		for _, w := range a[i] {
			if slices.Contains(b[i], w) {
				n++
			}
		}
	}
	return float64(n) / float64(len(a))
}

// Properties: mean 1, and 1/e of the draws above 1, as the exponential
// distribution has it.
func TestArrivalsAreExponential(t *testing.T) {
	var r random
	r.seed(1)
	const n = 200_000
	sum, above := 0.0, 0
	for range n {
		x := float64(r.exponential()) / (1 << 16)
		sum += x
		if x > 1 {
			above++
		}
	}
	if mean := sum / n; math.Abs(mean-1) > 0.01 {
		t.Errorf("mean %.4f", mean)
	}
	if share := float64(above) / n; math.Abs(share-1/math.E) > 0.005 {
		t.Errorf("%.4f are above 1", share)
	}
}

// Properties: nights are quiet, weekends slower.
func TestTheDayHasARhythm(t *testing.T) {
	var hours [24]int
	weekend, workdays := 0, 0
	g := New(Options{Documents: 100_000})
	for d, ok := g.Next(); ok; d, ok = g.Next() {
		hours[d.Time.Hour()]++
		if d.Time.Weekday() == 0 || d.Time.Weekday() == 6 {
			weekend++
		} else {
			workdays++
		}
	}
	if hours[3]*3 > hours[10] {
		t.Errorf("%d documents at three, %d at ten", hours[3], hours[10])
	}
	if weekend*5 > workdays*2*9/10 {
		t.Errorf("%d documents at weekends, %d on workdays", weekend, workdays)
	}
}
