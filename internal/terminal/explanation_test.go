package terminal

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidings"
	"tidings/features"
	"tidings/pipeline"
)

// Properties: whatever the words, terms and labels are, an explanation has no
// control character but the end of a line, no line is wider than asked for, and
// it is no longer than its limits allow.
func TestAnExplanationCannotSteerTheTerminal(t *testing.T) {
	hostile := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\x1b[31m", "\u202e", "a\nb", "\x07", "", "天气", strings.Repeat("x", 300), "e\u0301\u0301"}))
	rapid.Check(t, func(t *rapid.T) {
		x := Explanation{Tokenizer: hostile.Draw(t, "tokenizer"), Options: rapid.SliceOfN(hostile, 0, 3).Draw(t, "options"), Model: hostile.Draw(t, "model"), Learnt: hostile.Draw(t, "learnt")}
		x.Documents, x.Language = 1, hostile.Draw(t, "language")
		for range rapid.IntRange(0, 3).Draw(t, "scores") {
			x.Scores = append(x.Scores, tidings.Score{Label: hostile.Draw(t, "label"), Probability: rapid.Float64().Draw(t, "probability")})
		}
		for range rapid.OneOf(rapid.IntRange(0, 5), rapid.Just(explainedStepsMax+3)).Draw(t, "steps") {
			x.Steps = append(x.Steps, features.Step{Word: hostile.Draw(t, "word"), Kind: "word", Stop: rapid.Bool().Draw(t, "stop"), Folded: hostile.Draw(t, "folded"), Terms: []string{hostile.Draw(t, "of")}})
		}
		for range rapid.IntRange(0, 5).Draw(t, "terms") {
			x.Terms = append(x.Terms, pipeline.TermPart{Term: hostile.Draw(t, "term"), Weight: rapid.Float64().Draw(t, "weight"), Shared: rapid.Bool().Draw(t, "shared"), Adds: make([]float64, len(x.Scores))})
		}
		width := rapid.SampledFrom([]int{0, 1, 60, 77, 140}).Draw(t, "width")
		var out bytes.Buffer
		if err := RenderExplanation(&out, x, Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(out.String(), "\n")
		if len(lines) > explainedStepsMax+60 {
			t.Fatalf("%d lines", len(lines))
		}
		for _, l := range lines {
			if strings.ContainsFunc(l, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x202e }) {
				t.Fatalf("a control character: %q", l)
			}
			if n := text(l).columns(); n > (Options{Width: width}).width(&out) {
				t.Fatalf("%d columns: %q", n, l)
			}
		}
	})
}
