package jsonl

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tidings"
)

func TestLabelsHaveOneForm(t *testing.T) {
	tests := map[string]string{
		"": "", " ": "", "\u2028": "", "sport": "sport", " sport\t": "sport", "Sport": "Sport", "SPORT": "SPORT",
		"caf\u00e9": "caf\u00e9", "cafe\u0301": "caf\u00e9", "\u00a0caf\u00e9 ": "caf\u00e9", "two  words": "two  words", "ﬁ": "ﬁ",
	}
	for label, want := range tests {
		if got := Label(label); got != want {
			t.Errorf("%q: got %q, want %q", label, got, want)
		}
		if got := Label(want); got != want {
			t.Errorf("%q: again %q", want, got)
		}
	}
}

func TestLateLabelsAreRead(t *testing.T) {
	tests := map[string]struct {
		line   string
		want   tidings.LateLabel
		reason tidings.Reason
	}{
		"least":       {line: `{"id":"a","label":"sport"}`, want: tidings.LateLabel{ID: "a", Label: "sport"}},
		"all":         {line: `{"by":"ann","id":"a","label":" caf\u0065\u0301","position":"12/3","time":"2020-01-02","text":7}`, want: tidings.LateLabel{ID: "a", Label: "café", By: "ann", Position: tidings.Position{Sequence: 12, Line: 3}, Time: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC)}},
		"numbers":     {line: `{"id":7,"label":3}`, want: tidings.LateLabel{ID: "7", Label: "3"}},
		"no label":    {line: `{"id":"a"}`, reason: tidings.ReasonNoLabel},
		"empty label": {line: `{"id":"a","label":" "}`, reason: tidings.ReasonNoLabel},
		"no id":       {line: `{"label":"a"}`, reason: tidings.ReasonNoID},
		"long label":  {line: `{"id":"a","label":"` + strings.Repeat("l", 257) + `"}`, reason: tidings.ReasonLabelTooLong},
		"long by":     {line: `{"id":"a","label":"b","by":"` + strings.Repeat("l", 257) + `"}`, reason: tidings.ReasonByTooLong},
		"NUL":         {line: `{"id":"a","label":"b\u0000"}`, reason: tidings.ReasonNUL},
		"bad time":    {line: `{"id":"a","label":"b","time":"soon"}`, reason: tidings.ReasonBadTime},
		"bad place":   {line: `{"id":"a","label":"b","position":"12"}`, reason: tidings.ReasonBadPosition},
		"place 0":     {line: `{"id":"a","label":"b","position":"0/1"}`, reason: tidings.ReasonBadPosition},
		"wrong type":  {line: `{"id":"a","label":["b"]}`, reason: tidings.ReasonNotJSON},
		"no object":   {line: `["a"]`, reason: tidings.ReasonNotJSON},
		"cut":         {line: `{"id":"a","label":"b`, reason: tidings.ReasonNotJSON},
		"no UTF-8":    {line: `{"id":"a","label":"` + "\xff" + `"}`, reason: tidings.ReasonNotUTF8},
	}
	var d Decoder
	for name, tt := range tests {
		got, err := d.DecodeLabel([]byte(tt.line))
		var refused *tidings.DocumentError
		switch {
		case tt.reason != "":
			if !errors.As(err, &refused) || refused.Reason != tt.reason {
				t.Errorf("%s: got %v, want %s", name, err, tt.reason)
			}
		case err != nil || got != tt.want:
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	// A document's line may say "by" and "position" as it likes.
	if _, err := d.Decode([]byte(`{"id":"a","text":"t","by":{},"position":[1]}`)); err != nil {
		t.Error(err)
	}
}

// Properties: a late label that Check lets pass comes back from its line, whose
// bytes are always the same.
func TestAppendLabelThenDecodeIsTheLabel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := tidings.LateLabel{ID: rapid.String().Draw(t, "id"), Label: Label(rapid.String().Draw(t, "label")), By: rapid.String().Draw(t, "by")}
		if rapid.Bool().Draw(t, "placed") {
			want.Position = tidings.Position{Sequence: rapid.Uint64Min(1).Draw(t, "sequence"), Line: rapid.Uint32().Draw(t, "line")}
		}
		if rapid.Bool().Draw(t, "timed") {
			want.Time = time.Unix(0, rapid.Int64Range(-9_200_000_000_000_000_000, 9_200_000_000_000_000_000).Draw(t, "nanoseconds")).UTC()
		}
		line := AppendLabel(nil, &want)
		var d Decoder
		got, err := d.DecodeLabel(line)
		if want.Check() != nil {
			return
		}
		if err != nil || got != want {
			t.Fatalf("%s: got %+v, %v, want %+v", line, got, err, want)
		}
		if again := AppendLabel(nil, &got); string(again) != string(line) {
			t.Fatalf("first %s, then %s", line, again)
		}
	})
}

// Properties: whatever a line holds, it is refused with a reason or gives a
// label that can be written and read again.
func FuzzDecodeLabel(f *testing.F) {
	for _, line := range []string{`{"id":"a","label":"b","time":"2020-01-01","by":"c","position":"1/2"}`, `{}`, `{"id":1,"label":null}`, "\xff", `{"position":"1/99999999999"}`} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var d Decoder
		l, err := d.DecodeLabel(line)
		if err != nil {
			if refused := new(tidings.DocumentError); !errors.As(err, &refused) || refused.Reason == "" || !utf8.ValidString(refused.Detail) {
				t.Fatalf("refused without a reason: %v", err)
			}
			return
		}
		again, err := d.DecodeLabel(AppendLabel(nil, &l))
		if err != nil || again != l {
			t.Fatalf("%+v came back as %+v, %v", l, again, err)
		}
	})
}
