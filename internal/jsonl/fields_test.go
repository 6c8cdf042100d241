package jsonl

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tidings"
)

func TestParseTime(t *testing.T) {
	const bad = "refused"
	tests := map[string]string{
		"":                               "0001-01-01T00:00:00Z",
		"2020-01-02":                     "2020-01-02T00:00:00Z",
		"2020-02-29":                     "2020-02-29T00:00:00Z",
		"2021-02-29":                     bad,
		"2020-1-2":                       bad,
		"2020-13-01":                     bad,
		"1987-02-26T15:01:01.790Z":       "1987-02-26T15:01:01.79Z",
		"2020-01-02T03:04:05+02:00":      "2020-01-02T01:04:05Z",
		"2020-01-02T03:04:05.123456789Z": "2020-01-02T03:04:05.123456789Z",
		"2020-01-02T03:04:05":            bad,
		"2020-01-02 03:04:05Z":           bad,
		"2020-01-02T25:04:05Z":           bad,
		"2020-01-02T":                    bad,
		"T2020-01-0":                     bad,
		"1577934245":                     bad,
		"yesterday":                      bad,
		"1677-12-31T23:59:59Z":           bad,
		"1678-01-01":                     "1678-01-01T00:00:00Z",
		"1678-01-01T00:00:00+01:00":      bad,
		"2261-12-31T23:59:59.999999999Z": "2261-12-31T23:59:59.999999999Z",
		"2262-01-01":                     bad,
		"0001-01-01T00:00:00Z":           bad,
		"0000-01-01":                     bad,
		"9999-12-31":                     bad,
		"10000-01-01T00:00:00Z":          bad,
		strings.Repeat("9", 10_000):      bad,
	}
	for text, want := range tests {
		got, err := ParseTime([]byte(text))
		var refused *tidings.DocumentError
		switch {
		case want == bad:
			if !errors.As(err, &refused) || refused.Reason != tidings.ReasonBadTime || len(refused.Detail) > 200 {
				t.Errorf("%.40q: got %v, %v; want %s", text, got, err, tidings.ReasonBadTime)
			}
		case err != nil || got.Format(time.RFC3339Nano) != want || got.Location() != time.UTC:
			t.Errorf("%q: got %v, %v; want %s", text, got, err, want)
		}
	}
}

// The properties of a document's line:
//
//   - a document that Check lets pass comes back as it was, its labels as Label makes them;
//   - the line is valid UTF-8 and one line, whatever the document holds;
//   - it is the same when written again.
func TestAppendThenDecodeIsTheDocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := documents().Draw(t, "document")
		line := Append(nil, &want)
		want.Label = Label(want.Label)
		for i, label := range want.Labels {
			want.Labels[i] = Label(label)
		}
		var d Decoder
		f, err := d.Decode(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		checkAgrees(t, f)
		got, err := f.Document()
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if want.Check() == nil && !cmp.Equal(got, want) {
			t.Fatalf("%s", cmp.Diff(want, got))
		}
		if again := Append(nil, &got); want.Check() == nil && string(again) != string(line) {
			t.Fatalf("first %s, then %s", line, again)
		}
		if strings.ContainsAny(string(line), "\r\n") {
			t.Fatalf("more than one line: %q", line)
		}
	})
}

func documents() *rapid.Generator[tidings.Document] {
	return rapid.Custom(func(t *rapid.T) tidings.Document {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\xff", "a\xe9b", "\x00", "\u2028", `"\`, "</a>", "\r\n"}))
		d := tidings.Document{ID: text.Draw(t, "id"), Label: text.Draw(t, "label"), Title: text.Draw(t, "title"), Text: text.Draw(t, "text"), Source: rapid.String().Draw(t, "source")}
		if rapid.Bool().Draw(t, "timed") {
			d.Time = time.Unix(0, rapid.Int64Range(-9_200_000_000_000_000_000, 9_200_000_000_000_000_000).Draw(t, "nanoseconds")).UTC()
		}
		if Label(d.Label) != "" {
			d.Labels = rapid.SliceOfN(rapid.String(), 0, 4).Draw(t, "labels")
			if len(d.Labels) == 0 {
				d.Labels = nil
			}
		}
		return d
	})
}

func TestAppendIsCanonical(t *testing.T) {
	tests := map[string]struct {
		d    tidings.Document
		want string
	}{
		"empty": {want: `{"id":""}`},
		"full": {
			d: tidings.Document{ID: "1", Time: time.Date(2020, 1, 2, 3, 4, 5, 6_000_000, time.FixedZone("", 3600)), Label: "a", Labels: []string{"a", "b"},
				Title: "T<>&", Text: "line\nbreak \"quoted\" é\u2028", Source: "s"},
			want: `{"id":"1","time":"2020-01-02T02:04:05.006Z","label":"a","labels":["a","b"],"title":"T<>&","text":"line\nbreak \"quoted\" é` + "\u2028" + `","source":"s"}`,
		},
		"not UTF-8": {d: tidings.Document{ID: "1", Text: "caf\xe9"}, want: `{"id":"1","text":"caf` + "\ufffd" + `"}`},
	}
	for name, tt := range tests {
		if got := string(Append(nil, &tt.d)); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}
