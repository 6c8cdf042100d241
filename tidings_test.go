package tidings_test

import (
	"errors"
	"strings"
	"testing"

	"tidings"
)

// Properties: a document within the limits passes; each way to be wrong has its
// own reason.
func TestCheckNamesWhatIsWrong(t *testing.T) {
	good := tidings.Document{ID: "1", Label: "sport", Labels: []string{"sport", "chess"}, Title: "Title", Text: "Text"}
	tests := map[string]struct {
		change func(*tidings.Document)
		want   tidings.Reason
	}{
		"good":             {func(*tidings.Document) {}, ""},
		"title alone":      {func(d *tidings.Document) { d.Text = "" }, ""},
		"no id":            {func(d *tidings.Document) { d.ID = "" }, tidings.ReasonNoID},
		"long id":          {func(d *tidings.Document) { d.ID = strings.Repeat("x", tidings.IDBytesMax+1) }, tidings.ReasonIDTooLong},
		"longest id":       {func(d *tidings.Document) { d.ID = strings.Repeat("x", tidings.IDBytesMax) }, ""},
		"NUL in id":        {func(d *tidings.Document) { d.ID = "a\x00b" }, tidings.ReasonNUL},
		"long label":       {func(d *tidings.Document) { d.Label = strings.Repeat("x", 10_000) }, tidings.ReasonLabelTooLong},
		"NUL in label":     {func(d *tidings.Document) { d.Label = "\x00" }, tidings.ReasonNUL},
		"long other label": {func(d *tidings.Document) { d.Labels[1] = strings.Repeat("x", 10_000) }, tidings.ReasonLabelTooLong},
		"many labels":      {func(d *tidings.Document) { d.Labels = make([]string, tidings.LabelsMax+1) }, tidings.ReasonTooManyLabels},
		"no text":          {func(d *tidings.Document) { d.Title, d.Text = " ", "\n\t" }, tidings.ReasonNoText},
		"longest text":     {func(d *tidings.Document) { d.Title, d.Text = "", strings.Repeat("x", tidings.TextBytesMax) }, ""},
		"long text":        {func(d *tidings.Document) { d.Text = strings.Repeat("x", tidings.TextBytesMax) }, tidings.ReasonTextTooLong},
		"NUL in text":      {func(d *tidings.Document) { d.Text = "a\x00b" }, ""},
		"text not UTF-8":   {func(d *tidings.Document) { d.Text = "a\xffb" }, tidings.ReasonNotUTF8},
		"label not UTF-8":  {func(d *tidings.Document) { d.Label = "\xff" }, tidings.ReasonNotUTF8},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := good
			d.Labels = append([]string(nil), good.Labels...)
			test.change(&d)
			var got tidings.Reason
			var refused *tidings.DocumentError
			if err := d.Check(); errors.As(err, &refused) {
				got = refused.Reason
			} else if err != nil {
				t.Fatalf("not a DocumentError: %v", err)
			}
			if got != test.want {
				t.Errorf("reason %q, want %q", got, test.want)
			}
		})
	}
}

// Properties: positions are ordered by sequence, then by line.
func TestPositionsAreOrderedAsTheLog(t *testing.T) {
	ordered := []tidings.Position{{}, {Line: 1}, {Sequence: 1}, {Sequence: 1, Line: 7}, {Sequence: 2}}
	for i, p := range ordered {
		for j, q := range ordered {
			got, want := p.Compare(q), 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got != want {
				t.Errorf("%v against %v: %d, want %d", p, q, got, want)
			}
		}
	}
}

func TestVectorIsEmptyAfterReset(t *testing.T) {
	v := tidings.Vector{Index: []uint32{1, 2}, Value: []float64{1, 2}, Chars: 1}
	v.Reset()
	if len(v.Index) != 0 || len(v.Value) != 0 || v.Chars != 0 || cap(v.Index) != 2 {
		t.Errorf("%+v", v)
	}
}
