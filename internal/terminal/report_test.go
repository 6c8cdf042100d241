package terminal

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tidings"
	"tidings/eval/metric"
	"tidings/model/drift"
	"tidings/pipeline"
	"tidings/pipeline/topics"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Every report reads as it did; a change is a diff of the golden files.
func TestReports(t *testing.T) {
	for name, r := range reports() {
		for _, width := range []int{80, 100, 120} {
			if width != 100 && name != "large" && name != "labels200" {
				continue
			}
			t.Run(fmt.Sprintf("%s-%d", name, width), func(t *testing.T) {
				golden(t, fmt.Sprintf("%s-%d.txt", name, width), rendered(t, r, Options{Width: width}))
			})
		}
	}
	t.Run("color", func(t *testing.T) {
		golden(t, "color-100.txt", strings.ReplaceAll(rendered(t, large(), Options{Color: true}), "\x1b", "␛"))
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update to write it", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (- want, + got; -update takes it over):\n%s", name, diff)
	}
}

func rendered(t interface {
	Helper()
	Fatal(...any)
}, r Report, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Whatever comes from outside, a report
//   - is valid UTF-8 and has no control character but line feeds, and no
//     character that changes the direction of writing,
//   - has colours only where they are allowed, and reads the same with them,
//   - is never wider than asked for, nor than 140 columns,
//   - is the same each time.
func TestNothingForeignSteersTheTerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := foreign(t)
		width := rapid.IntRange(0, 200).Draw(t, "width")
		bare := rendered(t, r, Options{Width: width})
		checkHarmless(t, bare)
		limit := min(max(width, WidthMin), WidthMax)
		if width == 0 {
			limit = WidthDefault
		}
		for l := range strings.SplitSeq(bare, "\n") {
			if n := text(l).columns(); n > limit {
				t.Fatalf("%d columns where %d are asked for: %q", n, limit, l)
			}
		}
		colored := rendered(t, r, Options{Width: width, Color: true})
		if got := sgr.ReplaceAllString(colored, ""); got != bare {
			t.Fatalf("colours change more than colours:\n%s", cmp.Diff(bare, got))
		}
		if again := rendered(t, r, Options{Width: width}); again != bare {
			t.Fatalf("rendered twice:\n%s", cmp.Diff(bare, again))
		}
	})
}

func checkHarmless(t interface {
	Helper()
	Fatalf(string, ...any)
}, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Fatalf("not valid UTF-8: %q", s)
	}
	for _, r := range s {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)) {
			t.Fatalf("%U in %q", r, s)
		}
	}
}

// foreign draws a report whose every string is hostile.
func foreign(t *rapid.T) Report {
	hostile := rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom(hostiles()),
		rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) }),
	)
	any := func(name string) string { return hostile.Draw(t, name) }
	number := func(name string) uint64 {
		return rapid.OneOf(rapid.Uint64Range(0, 3), rapid.Uint64()).Draw(t, name)
	}
	float := func(name string) float64 {
		return rapid.OneOf(rapid.Float64Range(0, 1), rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1)})).Draw(t, name)
	}
	labels := rapid.SliceOfN(hostile, 1, 30).Draw(t, "labels")
	label := func(name string) string { return rapid.SampledFrom(labels).Draw(t, name) }
	r := Report{
		Summary: pipeline.Summary{
			Pipeline: pipeline.Name(any("pipeline")), Guarantee: any("guarantee"), Recovery: any("recovery"), Order: any("order"),
			Model: any("model"), Tokenizer: any("tokenizer"), Text: rapid.SliceOfN(hostile, 0, 3).Draw(t, "text"), Documents: number("documents"), Labelled: number("labelled"),
			Lost: number("lost"), Rejected: number("rejected"), Accuracy: float("accuracy"), MacroF1: float("macro-F1"),
			TestAccuracy: new(float("test")), TestMacroF1: new(float("test f1")), TestFiles: rapid.SliceOf(hostile).Draw(t, "files"),
			PredictionsDigest: any("digest"), DFDigest: any("df"), ModelDigest: any("model digest"),
			DocumentsPerSecond: float("rate"), CPUPerDocument: float("cpu"), RSSMax: rapid.Int64().Draw(t, "rss"),
			Latency: pipeline.LatencyMS{P50: float("p50"), P95: float("p95"), P99: float("p99")},
		},
		Confusion: new(metric.Confusion),
		Reasons:   map[tidings.Reason]uint64{},
		Windows:   map[string][]topics.Window{},
		Elapsed:   time.Duration(rapid.Int64().Draw(t, "elapsed")),
		Notes:     rapid.SliceOf(hostile).Draw(t, "notes"),
	}
	for range rapid.IntRange(0, 60).Draw(t, "scored") {
		r.Confusion.Add(label("truth"), label("predicted"))
	}
	for range rapid.IntRange(0, 4).Draw(t, "reasons") {
		r.Reasons[tidings.Reason(any("reason"))] = number("refused")
	}
	for range rapid.IntRange(0, 3).Draw(t, "examples") {
		e := Example{Prediction: tidings.Prediction{ID: any("id"), Label: label("label"), Probability: float("probability"), Truth: label("truth")}, Headline: any("headline")}
		for range rapid.IntRange(0, 10).Draw(t, "terms") {
			e.Terms = append(e.Terms, Term{any("term"), float("weight")})
		}
		r.Examples = append(r.Examples, e)
	}
	for range rapid.IntRange(0, 20).Draw(t, "alarms") {
		r.Summary.Drift = append(r.Summary.Drift, pipeline.AlarmCount{Detector: any("detector"), Alarms: number("alarms of it")})
		r.Alarms = append(r.Alarms, pipeline.Alarm{
			Position: tidings.Position{Sequence: number("sequence")}, Time: time.Unix(rapid.Int64().Draw(t, "alarm at"), 0),
			Alarm: drift.Alarm{Detector: any("detector"), Statistic: float("statistic"), Threshold: float("threshold")},
		})
	}
	for range rapid.IntRange(0, 3).Draw(t, "definitions") {
		definition := any("definition")
		for range rapid.IntRange(0, 6).Draw(t, "windows") {
			w := topics.Window{Documents: number("window"), Last: number("last")}
			if rapid.Bool().Draw(t, "timed") {
				w.Start = time.Unix(rapid.Int64().Draw(t, "start"), 0)
				w.End = w.Start.Add(time.Duration(rapid.Int64().Draw(t, "length")))
			}
			w.Key = rapid.OneOf(rapid.Just(""), hostile).Draw(t, "key")
			for range rapid.IntRange(0, 3).Draw(t, "told") {
				w.Bursts = append(w.Bursts, topics.Burst{Text: any("burst"), Documents: number("burst of"), Expected: float("expected")})
				w.Stories = append(w.Stories, topics.Story{Name: any("story"), Here: number("here"), Terms: rapid.SliceOf(hostile).Draw(t, "terms of it")})
			}
			for range rapid.IntRange(0, 12).Draw(t, "shares") {
				w.Shares = append(w.Shares, topics.Share{Label: label("label"), Documents: number("n"), Share: float("share"), Popular: rapid.Bool().Draw(t, "popular")})
			}
			r.Windows[definition] = append(r.Windows[definition], w)
		}
		if rapid.Bool().Draw(t, "counted") {
			r.Counts = append(r.Counts, topics.Counts{Definition: definition, In: number("in"), Windowed: number("windowed"), Late: number("late"), Open: rapid.Int().Draw(t, "open")})
		}
	}
	return r
}

type brokenWriter struct{}

var errBroken = errors.New("disk full")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestRenderReturnsTheWritersError(t *testing.T) {
	if err := Render(brokenWriter{}, Report{}, Options{}); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

func TestAbbreviationsAreLegible(t *testing.T) {
	tests := []struct {
		label   text
		columns int
		want    []text
	}{
		{"Armed conflicts and attacks", 5, []text{"Armed", "confl", "attac"}},
		{"Law and crime", 5, []text{"Law", "crime"}},
		{"Sports", 5, []text{"Sport"}},
		{"politics", 6, []text{"politi"}},
		{"technology", 5, []text{"techn"}},
		{"comp.sys.ibm.pc.hardware", 6, []text{"comp", "sys", "ibm"}},
		{"acq", 4, []text{"acq"}},
		{"...", 4, []text{"..."}},
		{"and", 4, []text{"and"}},
		{"国际关系", 4, []text{"国际"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, abbreviate(tt.label, tt.columns)); diff != "" {
			t.Errorf("%q (- want, + got):\n%s", tt.label, diff)
		}
	}
}

func TestAlikeLabelsAreToldApart(t *testing.T) {
	c := newCrossing(confusion([]string{"technology", "technique", "sport"}, [][]int{{3}, {0, 2}, {0, 0, 1}}))
	want := [][]text{{"techn", "ology"}, {"techn", "ique"}, {"sport"}}
	if diff := cmp.Diff(want, c.heads(c.order, 5)); diff != "" {
		t.Errorf("(- want, + got):\n%s", diff)
	}
}
