package terminal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// clock is a time that moves when it is told to.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 3, 14, 2, 11, 0, time.UTC)} }

func (c *clock) time() time.Time { return c.now }

// screen is what a terminal shows: a carriage return goes back to the start
// of the line, and what is written there replaces what was.
type screen struct {
	lines   []string
	current []rune
	at      int
	widest  int
}

func (s *screen) Write(b []byte) (int, error) {
	for _, r := range string(b) {
		switch r {
		case '\r':
			s.at = 0
		case '\n':
			s.lines = append(s.lines, s.line())
			s.current, s.at = nil, 0
		default:
			for len(s.current) <= s.at {
				s.current = append(s.current, ' ')
			}
			s.current[s.at] = r
			s.at++
			s.widest = max(s.widest, s.at)
		}
	}
	return len(b), nil
}

func (s *screen) line() string { return strings.TrimRight(string(s.current), " ") }

func run(p *Progress, c *clock) {
	p.Notice("the broker listens on 127.0.0.1:4222")
	s := Status{Stage: "classifying", Total: 59914}
	for i := range 26 {
		c.now = c.now.Add(485 * time.Millisecond)
		s.Documents += 2301
		s.Labelled = s.Documents
		s.Accuracy, s.Rate, s.Lag = .7+float64(i)/256, 4700+float64(i), uint64(1000-35*i)
		if i == 14 {
			s.Rejected = 2
			p.Notice("row 40,021: not valid UTF-8; the row is left out, its neighbours are not\n  convert the source to UTF-8")
		}
		if i == 20 {
			s.DeadLetters++
		}
		p.Show(s)
	}
	s.Documents, s.Labelled = s.Total, s.Total
	p.Show(s)
	p.Finish()
}

func TestProgressInPlainLines(t *testing.T) {
	var b bytes.Buffer
	c := newClock()
	run(NewProgress(&b, false, c.time), c)
	golden(t, "progress-plain.txt", b.String())
}

func TestProgressInJSON(t *testing.T) {
	var b bytes.Buffer
	c := newClock()
	run(NewProgress(&b, true, c.time), c)
	golden(t, "progress-json.txt", b.String())
	for l := range strings.Lines(b.String()) {
		var record map[string]any
		if err := json.Unmarshal([]byte(l), &record); err != nil || len(record) != 1 {
			t.Errorf("%q: %v, %d keys", l, err, len(record))
		}
	}
}

// The golden file has a carriage return as ␍, each on a line of its own.
func TestProgressOnATerminal(t *testing.T) {
	for _, width := range []int{40, 60, 80, 120} {
		var b bytes.Buffer
		c := newClock()
		run(NewProgress(&b, false, c.time, Options{Terminal: true, Width: width}), c)
		golden(t, fmt.Sprintf("progress-terminal-%d.txt", width), strings.ReplaceAll(b.String(), "\r", "\n␍"))
	}
}

// However statuses and notices come, on a terminal
//   - each notice is there at the end, whole and in order, and nothing else,
//   - a line never reaches the last column, where some terminals break it,
//   - nothing foreign steers the terminal,
//
// and there are no more than ten lines drawn a second but for notices.
func TestALiveLineNeverGarblesANotice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s screen
		c := newClock()
		width := rapid.IntRange(10, 130).Draw(t, "width")
		p := NewProgress(&s, false, c.time, Options{Terminal: true, Width: width})
		var want []string
		widest := 0
		for i := range rapid.IntRange(0, 30).Draw(t, "steps") {
			c.now = c.now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "ms")) * time.Millisecond)
			if rapid.Bool().Draw(t, "notice") {
				notice := fmt.Sprintf("notice %d", i)
				p.Notice(notice)
				want = append(want, notice)
				widest = max(widest, len(notice))
				continue
			}
			p.Show(drawStatus(t))
		}
		p.Finish()
		p.Finish()
		p.Show(Status{Documents: 1})
		if diff := cmp.Diff(want, s.lines); diff != "" || s.line() != "" || s.at != 0 {
			t.Fatalf("left %q at column %d (- want, + got):\n%s", s.line(), s.at, diff)
		}
		if s.widest > max(width-1, widest) {
			t.Fatalf("%d columns of %d", s.widest, width)
		}
	})
}

func drawStatus(t *rapid.T) Status {
	number := rapid.OneOf(rapid.Uint64Range(0, 2000), rapid.Uint64())
	float := rapid.OneOf(rapid.Float64Range(0, 1), rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}))
	return Status{
		Stage:     rapid.SampledFrom([]string{"ingesting", "classifying", "testing", "", "\x1b[2J", strings.Repeat("x", 300)}).Draw(t, "stage"),
		Documents: number.Draw(t, "documents"), Total: number.Draw(t, "total"), Rate: float.Draw(t, "rate"), Accuracy: float.Draw(t, "accuracy"),
		Labelled: number.Draw(t, "labelled"), Lag: number.Draw(t, "lag"), Rejected: number.Draw(t, "rejected"), DeadLetters: number.Draw(t, "dead letters"),
	}
}

// In every mode what is written is harmless, and JSON is JSON.
func TestProgressIsHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, o := range []struct {
			json    bool
			options Options
		}{{false, Options{}}, {true, Options{Color: true}}, {false, Options{Terminal: true, Width: 80, Color: true}}} {
			var b bytes.Buffer
			c := newClock()
			p := NewProgress(&b, o.json, c.time, o.options)
			for range rapid.IntRange(0, 5).Draw(t, "steps") {
				c.now = c.now.Add(6 * time.Second)
				p.Show(drawStatus(t))
				p.Notice(rapid.OneOf(rapid.String(), rapid.SampledFrom(hostiles())).Draw(t, "notice"))
			}
			p.Finish()
			checkHarmless(t, strings.ReplaceAll(sgr.ReplaceAllString(b.String(), ""), "\r", ""))
			for l := range strings.Lines(b.String()) {
				if o.json && !json.Valid([]byte(l)) {
					t.Fatalf("no JSON: %q", l)
				}
			}
		}
	})
}

// In plain lines, while nothing happens a line a minute says so, and the end
// does not say it once more.
func TestProgressIsQuietWhileNothingHappens(t *testing.T) {
	var b bytes.Buffer
	c := newClock()
	p := NewProgress(&b, false, c.time)
	show := func(s Status, seconds int) {
		for range seconds {
			c.now = c.now.Add(time.Second)
			p.Show(s)
		}
	}
	show(Status{Stage: "taking"}, 150)
	show(Status{Stage: "taking", Documents: 3, Rate: 2}, 20)
	show(Status{Stage: "taking", Documents: 3, Rate: 1}, 20)
	p.Finish()
	want := "taking: 0 documents after 5.0 s, 0 a second\n" +
		"taking: 0 documents after 1 min 05 s, 0 a second\n" +
		"taking: 0 documents after 2 min 05 s, 0 a second\n" +
		"taking: 3 documents after 2 min 31 s, 2.0 a second\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// Each mode keeps to its rate, and shows the last status.
func TestProgressKeepsToItsRate(t *testing.T) {
	tests := map[string]struct {
		json    bool
		options Options
		mark    string
		most    int
	}{
		"terminal": {options: Options{Terminal: true, Width: 80}, mark: "\r", most: 601},
		"plain":    {mark: "\n", most: 13},
		"JSON":     {json: true, mark: "\n", most: 61},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			c := newClock()
			p := NewProgress(&b, tt.json, c.time, tt.options)
			for i := range 60_000 {
				p.Show(Status{Stage: "classifying", Documents: uint64(i)})
				c.now = c.now.Add(time.Millisecond)
			}
			if n := strings.Count(b.String(), tt.mark); n > tt.most || n < tt.most-3 {
				t.Errorf("%d in a minute, want %d at most", n, tt.most)
			}
			p.Finish()
			if last := strings.ContainsAny(b.String(), "\n") && !strings.Contains(b.String(), "59,999") && !strings.Contains(b.String(), "59999"); last {
				t.Error("the last status is missing")
			}
		})
	}
}

func TestProgressMayBeUsedByMany(t *testing.T) {
	var b bytes.Buffer
	p := NewProgress(&b, false, time.Now, Options{Terminal: true})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				p.Show(Status{Stage: "classifying"})
				p.Notice("hello")
			}
		})
	}
	wg.Wait()
	p.Finish()
	if n := strings.Count(b.String(), "hello\n"); n != 400 {
		t.Errorf("%d notices, want 400", n)
	}
}

func TestDetect(t *testing.T) {
	if got := Detect(new(bytes.Buffer), nil); got != (Options{}) {
		t.Errorf("a buffer is %+v", got)
	}
	file, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	if got := Detect(file, nil); got != (Options{}) {
		t.Errorf("a file is %+v", got)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if got := Detect(file, nil); got != (Options{}) {
		t.Errorf("a closed file is %+v", got)
	}
	tests := map[string]struct {
		environment map[string]string
		want        Options
	}{
		"plain environment": {nil, Options{Color: true, Terminal: true}},
		"NO_COLOR":          {map[string]string{"NO_COLOR": "1"}, Options{Terminal: true}},
		"dumb":              {map[string]string{"TERM": "dumb"}, Options{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
			if err != nil {
				if os.Getenv("CI") == "true" {
					t.Fatal(err)
				}
				t.Skipf("NO PSEUDO-TERMINAL, NOT TESTED: %v", err)
			}
			defer func() { _ = terminal.Close() }() // nothing was written
			got := Detect(terminal, func(name string) string { return tt.environment[name] })
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(- want, + got):\n%s", diff)
			}
		})
	}
}

// Showing a status costs a pipeline next to nothing between two drawings.
func BenchmarkShow(b *testing.B) {
	c := newClock()
	p := NewProgress(new(bytes.Buffer), false, c.time, Options{Terminal: true, Width: 100})
	s := Status{Stage: "classifying", Total: 1e6, Labelled: 1}
	p.Show(s)
	b.ReportAllocs()
	for b.Loop() {
		s.Documents++
		p.Show(s)
	}
}
