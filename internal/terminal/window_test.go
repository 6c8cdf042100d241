package terminal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidings/pipeline"
	"tidings/pipeline/topics"
)

// month is a window as a projection publishes it.
const month = `{"pipeline":"news","definition":"tumbling:30d","number":578,"start":"2017-08-11T00:00:00Z","end":"2017-09-10T00:00:00Z","documents":412,
"shares":[{"label":"Armed conflicts and attacks","documents":161,"share":0.3908,"popular":true,"before":0.4410},
{"label":"Disasters and accidents","documents":97,"share":0.2354,"popular":true,"before":0.0920},
{"label":"Politics and elections","documents":80,"share":0.1942,"popular":true,"before":0.1960},
{"label":"Law and crime","documents":40,"share":0.0971,"before":0.1350},{"label":"Sports","documents":20,"share":0.0485},
{"label":"Arts and culture","documents":8,"share":0.0194,"before":0.02},{"label":"","documents":6,"share":0.0146,"before":0.01}],
"bursts":[{"text":"hurricane harvey","documents":31,"expected":0.02,"score":190.5},{"text":"charlottesville","documents":9,"expected":0.4,"score":44.1},
{"text":"korea","documents":28,"expected":11.6,"score":17.2}],
"stories":[{"id":7,"here":31,"documents":31,"since":"2017-08-17T00:00:00Z","label":"Disasters and accidents","first":"12/3","central":["13/0"],"terms":["harvey"],"name":"Hurricane Harvey","headline":"Hurricane Harvey makes landfall near Rockport, Texas, as a category 4 hurricane, the first to hit the United States since 2005"},
{"id":9,"here":12,"documents":40,"since":"2017-05-23T00:00:00Z","label":"Armed conflicts and attacks","first":"2/3","central":[],"terms":["marawi"],"name":"Marawi"}],
"previous":{"number":577,"start":"2017-07-12T00:00:00Z","end":"2017-08-11T00:00:00Z","documents":388,"gone":[{"label":"Health and environment","before":0.012}]},"late":3}`

// thousand is one of documents, with nothing before it, that is still open.
const thousand = `{"pipeline":"news","definition":"count:1000","number":0,"key":"feed \u001b[31mred","provisional":true,"revision":2,"first":1,"last":640,"documents":640,
"shares":[{"label":"Sports","documents":640,"share":1,"popular":true}],"late":0}`

func windowLines(t testing.TB, lines ...string) (all []pipeline.WindowLine) {
	t.Helper()
	for _, line := range lines {
		var l pipeline.WindowLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// Every window reads as it did; a change is a diff of the golden files.
func TestWindowsTellWhatRisesAndWhatItWasBefore(t *testing.T) {
	for _, width := range []int{60, 100, 120} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			var b bytes.Buffer
			if err := RenderWindows(&b, windowLines(t, month, thousand), []string{"windows of before have been deleted"}, Options{Width: width}); err != nil {
				t.Fatal(err)
			}
			golden(t, fmt.Sprintf("windows-%d.txt", width), b.String())
		})
	}
}

// A report tells shortly what rose in the newest window and what it tells of, and
// compares it with those of its key alone.
func TestReportsTellTheNewestWindowsStories(t *testing.T) {
	w := windowsOf(&windowLines(t, month)[0])[1]
	w.Stories[1].Name = ""
	other, before := w, w
	w.Key, other.Key, before.Key = "wire", "paper", "wire"
	before.Start, before.End = w.Start.AddDate(0, -1, 0), w.Start
	var b bytes.Buffer
	if err := Render(&b, Report{Windows: map[string][]topics.Window{w.Definition: {before, other, w}}}, Options{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "brief-100.txt", b.String())
}

// Whatever a window says, nothing steers the terminal and no line is too wide.
func TestWindowsAreHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		any := func(name string) string {
			return rapid.OneOf(rapid.String(), rapid.SampledFrom(hostiles())).Draw(t, name)
		}
		float := func(name string) float64 {
			return rapid.OneOf(rapid.Float64Range(0, 1), rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1)})).Draw(t, name)
		}
		number := rapid.Uint64()
		at := func(name string) time.Time { return time.Unix(rapid.Int64Range(-1e11, 1e11).Draw(t, name), 0) }
		l := pipeline.WindowLine{Late: number.Draw(t, "late")}
		l.Definition, l.Key, l.Documents, l.Last = any("definition"), any("key"), number.Draw(t, "documents"), number.Draw(t, "last")
		l.Provisional, l.Revision = rapid.Bool().Draw(t, "provisional"), number.Draw(t, "revision")
		if rapid.Bool().Draw(t, "timed") {
			l.Start, l.End = at("start"), at("end")
		}
		for range rapid.IntRange(0, 12).Draw(t, "shares") {
			l.Shares = append(l.Shares, pipeline.ShareLine{Share: topics.Share{Label: any("label"), Share: float("share"), Popular: rapid.Bool().Draw(t, "popular")}, Before: float("before")})
		}
		if rapid.Bool().Draw(t, "compared") {
			l.Previous = &pipeline.PreviousWindow{Start: at("start before"), End: at("end before")}
			for range rapid.IntRange(0, 6).Draw(t, "gone") {
				l.Previous.Gone = append(l.Previous.Gone, pipeline.GoneLabel{Label: any("label"), Before: float("before")})
			}
		}
		for range rapid.IntRange(0, 14).Draw(t, "bursts") {
			l.Bursts = append(l.Bursts, topics.Burst{Text: any("burst"), Documents: number.Draw(t, "documents"), Expected: float("expected")})
		}
		for range rapid.IntRange(0, 3).Draw(t, "stories") {
			l.Stories = append(l.Stories, topics.Story{Name: any("name"), Headline: any("headline"), Label: any("label"), Here: number.Draw(t, "here"), Documents: number.Draw(t, "documents"), Since: at("since")})
		}
		o := Options{Width: rapid.IntRange(20, 200).Draw(t, "width")}
		var b bytes.Buffer
		if err := RenderWindows(&b, []pipeline.WindowLine{l}, []string{any("note")}, o); err != nil {
			t.Fatal(err)
		}
		checkHarmless(t, b.String())
		for line := range bytes.SplitSeq(b.Bytes(), []byte{'\n'}) {
			if n := text(line).columns(); n > o.width(&b) {
				t.Fatalf("%d columns of %d: %q", n, o.width(&b), line)
			}
		}
	})
}
