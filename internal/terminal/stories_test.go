package terminal

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever the texts are, nothing steers the terminal and no line is too wide.
func TestStoriesAreHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{Width: rapid.IntRange(20, 200).Draw(t, "width")}
		s := Story{
			Name: rapid.String().Draw(t, "name"), Label: rapid.String().Draw(t, "label"), Headline: rapid.String().Draw(t, "headline"),
			Here: rapid.Uint64().Draw(t, "here"), Documents: rapid.Uint64().Draw(t, "documents"),
			Since: time.Unix(rapid.Int64Range(-1e10, 1e10).Draw(t, "since"), 0),
		}
		var out bytes.Buffer
		if err := RenderStories(&out, []StoryPeriod{{Documents: 3, Stories: []Story{s, s}}}, o); err != nil {
			t.Fatal(err)
		}
		for l := range strings.SplitSeq(out.String(), "\n") {
			if strings.ContainsFunc(l, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x202e }) {
				t.Fatalf("a control character: %q", l)
			}
			if n := text(l).columns(); n > o.width(&out) {
				t.Fatalf("%d columns of %d: %q", n, o.width(&out), l)
			}
		}
	})
}

func TestStoriesTellNameSizeAndHeadline(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2017, 8, n, 0, 0, 0, 0, time.UTC) }
	var out bytes.Buffer
	err := RenderStories(&out, []StoryPeriod{{Start: day(1), End: day(31), Documents: 1234, Stories: []Story{
		{Name: "Hurricane Harvey", Label: "weather", Here: 12, Documents: 14, Since: day(17), Headline: "Houston is \x1b[31mflooded"},
		{Name: "Marawi", Here: 1, Documents: 1, Since: day(2)},
	}}}, Options{Width: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2017-08-01 to 2017-08-31, 1,234 documents", "Hurricane Harvey", "12 documents of 14 since 2017-08-17  weather", "Houston is flooded", "1 document\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	out.Reset()
	if err := RenderStories(&out, nil, Options{Width: 100}); err != nil || !strings.Contains(out.String(), "none: no document with a time") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
