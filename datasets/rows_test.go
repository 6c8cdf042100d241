package datasets

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"tidings/datasets/datasetstest"

	"tidings"
)

func TestABadRowIsARow(t *testing.T) {
	long := `{"id":"long","text":"` + strings.Repeat("x", LineBytesMax) + `"}`
	path := write(t, "articles.jsonl", strings.Join([]string{
		`{"id":"1","text":"x"}`,
		`{"text":"no id"}`,
		`{"id":"3","text":"cut of`,
		``,
		`{"id":"5","text":" ","title":""}`,
		"{\"id\":\"6\",\"text\":\"caf\xe9\"}",
		long,
		`{"id":"8","text":"x","time":"yesterday"}`,
		`{"id":"9","text":"x","time":"1990-01-02","labels":["a","b"]}`,
		`[1]`,
		`{"id":"11","text":"` + strings.Repeat("x", tidings.TextBytesMax+1) + `"}`,
		`{"id":"12","text":"last"}`,
	}, "\n"))
	_, rows := mustRead(t, path, Options{})
	var got strings.Builder
	for _, row := range rows {
		var refused *tidings.DocumentError
		reason := tidings.Reason("good")
		if errors.As(row.Err, &refused) {
			reason = refused.Reason
		}
		fmt.Fprintf(&got, "%d:%s ", row.Line, reason)
	}
	want := "1:good 2:no_id 3:not_json 5:no_text 6:not_utf8 7:bad_row 8:bad_time 9:good 10:not_json 11:text_too_long 12:good "
	if got.String() != want {
		t.Errorf("got  %s\nwant %s", got.String(), want)
	}
	if text, want := rows[1].Err.Error(), path+":2: the document has no id; the row is left out"; text != want {
		t.Errorf("got %q, want %q", text, want)
	}
	if string(rows[2].Raw) != "{\"id\":\"3\",\"text\":\"cut of\n" || len(rows[5].Raw) != RawBytesMax {
		t.Errorf("the heads are %q and %d bytes", rows[2].Raw, len(rows[5].Raw))
	}
	if d := rows[7].Document; d.Label != "a" || len(d.Labels) != 2 || d.Time.Year() != 1990 || d.Source != "" {
		t.Errorf("the document is %+v", d)
	}
}

func TestColumnsAndClassesOfJSONLines(t *testing.T) {
	path := write(t, "a", `{"guid":7,"body":"x","class":2,"tags":["p","q"],"text":{},"id":"no"}`+"\n"+`{"guid":"8","body":"y","class":3}`+"\n")
	_, rows := mustRead(t, path, Options{
		Columns: map[string]string{"id": "guid", "text": "body", "label": "class", "labels": "tags"},
		Classes: []string{"one", "two"},
	})
	if got := texts(rows); got != "7=x !bad_row" || rows[0].Document.Label != "two" || len(rows[0].Document.Labels) != 2 {
		t.Errorf("rows are %s, %+v", got, rows[0].Document)
	}
	if text := rows[1].Err.Error(); !strings.Contains(text, `class "3" is not a number from 1 to 2 (one, two)`) {
		t.Error(text)
	}
}

// TestRowsOfTheSharedData holds the readers against the counts that were taken
// of the files by other means.
func TestRowsOfTheSharedData(t *testing.T) {
	tests := map[string]struct{ rows, bad, labelled, labels, several int }{
		"wikipedia-current-events.jsonl.gz": {rows: 59_914, labelled: 59_914, labels: 10},
		"reuters-21578.jsonl.gz":            {rows: 21_578, bad: 1, labelled: 11_367, labels: 82, several: 1_873},
		"reuters-r8-train.jsonl.gz":         {rows: 5_485, labelled: 5_485, labels: 8},
		"reuters-r8-test.jsonl.gz":          {rows: 2_189, labelled: 2_189, labels: 8},
		"20newsgroups-train.jsonl.gz":       {rows: 11_314, labelled: 11_314, labels: 20},
		"20newsgroups-test.jsonl.gz":        {rows: 7_532, labelled: 7_532, labels: 20},
		"ag-news-test.jsonl.gz":             {rows: 7_600, labelled: 7_600, labels: 4},
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			_, rows := mustRead(t, datasetstest.Path(t, name), Options{})
			got := want
			got.rows, got.bad, got.labelled, got.several = len(rows), 0, 0, 0
			labels := make(map[string]bool)
			for _, row := range rows {
				if row.Err != nil {
					got.bad++
				}
				if row.Document.Label != "" {
					got.labelled++
					labels[row.Document.Label] = true
				}
				if len(row.Document.Labels) > 1 {
					got.several++
				}
			}
			got.labels = len(labels)
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}
