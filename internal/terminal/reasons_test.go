package terminal

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidings"
	"tidings/pipeline"
)

// Properties: whatever the documents, terms and labels are, what is written of
// them has no control character but the end of a line, and no line is wider than
// asked for.
func TestReasonsAndUncertainDocumentsCannotSteerTheTerminal(t *testing.T) {
	hostile := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\x1b[31m", "\x1b]0;title\x07", "\u202e", "a\nb", "\x07", "", "天气", "~\x1b[2J", "^\x9b31m", strings.Repeat("x ", 300), "e\u0301\u0301"}))
	rapid.Check(t, func(t *rapid.T) {
		said := tidings.Prediction{ID: hostile.Draw(t, "id"), Label: hostile.Draw(t, "said"), Truth: hostile.Draw(t, "truth"), Probability: rapid.Float64().Draw(t, "said p"), Time: time.Unix(rapid.Int64Range(-1e9, 1e10).Draw(t, "time"), 0).UTC()}
		r := Reasons{Said: said, Model: hostile.Draw(t, "model"), Top: rapid.IntRange(1, 20).Draw(t, "top")}
		r.Title, r.Text, r.Label = hostile.Draw(t, "title"), hostile.Draw(t, "text"), hostile.Draw(t, "predicted")
		for range rapid.IntRange(0, 3).Draw(t, "scores") {
			r.Scores = append(r.Scores, tidings.Score{Label: hostile.Draw(t, "label"), Probability: rapid.Float64().Draw(t, "probability")})
			r.Offsets = append(r.Offsets, rapid.Float64().Draw(t, "offset"))
		}
		for range rapid.IntRange(0, 30).Draw(t, "terms") {
			part := pipeline.TermPart{Term: hostile.Draw(t, "term")}
			for range r.Scores {
				part.Adds = append(part.Adds, rapid.Float64().Draw(t, "adds"))
			}
			r.Terms = append(r.Terms, part)
		}
		o := Options{Width: rapid.SampledFrom([]int{0, 1, 60, 77, 140}).Draw(t, "width")}
		var out bytes.Buffer
		if err := RenderReasons(&out, r, o); err != nil {
			t.Fatal(err)
		}
		said.Scores = r.Scores
		if err := RenderUncertain(&out, []Uncertain{{pipeline.Uncertain{Prediction: said, Margin: rapid.Float64().Draw(t, "margin")}, r.Title, r.Text}}, o); err != nil {
			t.Fatal(err)
		}
		for l := range strings.SplitSeq(out.String(), "\n") {
			if strings.ContainsFunc(l, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x202e }) {
				t.Fatalf("a control character: %q", l)
			}
			if n := text(l).columns(); n > o.width(&out) {
				t.Fatalf("%d columns: %q", n, l)
			}
		}
	})
}

func TestReasonsTellForAndAgainst(t *testing.T) {
	x := pipeline.Explanation{
		Label: "sport", Probability: .7, Documents: 11, Updates: 9,
		Scores: []tidings.Score{{Label: "sport", Probability: .7}, {Label: "money", Probability: .2}}, Offsets: []float64{-1, -1},
		Terms: []pipeline.TermPart{{Term: "^cup", Adds: []float64{.5, -.1}}, {Term: "~ban", Adds: []float64{-.25, .3}}},
	}
	x.Title, x.Text = "Cup \x1b[31mfinal", "of the banks"
	said := tidings.Prediction{ID: "d1", Position: tidings.Position{Sequence: 3, Line: 4}, Label: "sport", Probability: .7, Version: 9, Truth: "money"}
	var out bytes.Buffer
	if err := RenderReasons(&out, Reasons{Explanation: x, Said: said, Model: "arow", Top: 5}, Options{Width: 80}); err != nil {
		t.Fatal(err)
	}
	// The two terms stand at one entry here, as if they had collided.
	for _, want := range []string{"d1  at 3/4", "Cup final · of the banks", "9 updates, df of 11 documents", "sport  70.0 %  predicted; it is money", "for         cup (title) or ban (part) +0.500", "against     cup (title) or ban (part) −0.100", "any text    −1.000"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	said.Label = "money"
	out.Reset()
	if err := RenderReasons(&out, Reasons{Explanation: x, Said: said, Model: "arow", Top: 5}, Options{Width: 80}); err != nil || !strings.Contains(out.String(), "the run said money") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
