package jsonl

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"tidings"
)

func TestDecodeReadsTheFields(t *testing.T) {
	tests := map[string]struct{ line, id, label, title, text, labels string }{
		"all":                       {line: `{"id":"1","time":"2020-01-02","label":"a","labels":["a","b"],"title":"T","text":"x","source":"s"}`, id: "1", label: "a", title: "T", text: "x", labels: "a|b"},
		"spaces and a newline":      {line: " { \"id\" : \"1\" , \"text\" : \"x\" } \r\n", id: "1", text: "x"},
		"escapes":                   {line: `{"id":"a\"b","text":"\u00e9\n\ud83d\ude00\/","title":"\t"}`, id: `a"b`, text: "é\n😀/", title: "\t"},
		"escaped name":              {line: `{"\u0069d":"1","te\u0078t":"x"}`, id: "1", text: "x"},
		"unknown fields":            {line: `{"id":"1","x":{"id":"2","y":[1,{}]},"z":null,"text":"x"}`, id: "1", text: "x"},
		"names match exactly":       {line: `{"id":"1","Text":"y","text":"x","ID":"2"}`, id: "1", text: "x"},
		"the last of a name counts": {line: `{"id":"1","text":"x","id":"2"}`, id: "2", text: "x"},
		"null is absent":            {line: `{"id":"1","label":null,"labels":null,"text":"x"}`, id: "1", text: "x"},
		"number as id and label":    {line: `{"id":12,"label":-3.5e1,"text":"x"}`, id: "12", label: "-3.5e1", text: "x"},
		"first of labels":           {line: `{"id":"1","label":"","labels":["\u0061",null,7, "c,]"],"text":"x"}`, id: "1", label: "a", labels: "a|7|c,]", text: "x"},
		"lone surrogate":            {line: `{"id":"1","text":"a\ud800b"}`, id: "1", text: "a\ufffdb"},
		"two high surrogates":       {line: `{"id":"1","text":"\ud800\ud83d\ude00"}`, id: "1", text: "\ufffd😀"},
		"NUL in the text":           {line: `{"id":"1","text":"a\u0000b"}`, id: "1", text: "a\x00b"},
		"empty object":              {line: `{}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var d Decoder
			f, err := d.Decode([]byte(tt.line))
			if err != nil {
				t.Fatal(err)
			}
			got := [5]string{string(f.ID), string(f.Label), string(f.Title), string(f.Text), string(bytes.Join(f.Labels, []byte("|")))}
			if want := [5]string{tt.id, tt.label, tt.title, tt.text, tt.labels}; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := map[string]struct {
		line   string
		reason tidings.Reason
		detail string // must be in the error
	}{
		"empty":                  {"", tidings.ReasonNotJSON, "empty"},
		"blank":                  {" \r\n", tidings.ReasonNotJSON, "empty"},
		"an array":               {`[{"id":"1"}]`, tidings.ReasonNotJSON, "an array"},
		"a string":               {`"x"`, tidings.ReasonNotJSON, "a string"},
		"null":                   {`null`, tidings.ReasonNotJSON, "null"},
		"no JSON":                {`hello`, tidings.ReasonNotJSON, "byte 0"},
		"garbage behind":         {`{"id":"1"} x`, tidings.ReasonNotJSON, "byte 11"},
		"a second object":        {`{"id":"1"}{"id":"2"}`, tidings.ReasonNotJSON, "byte 10"},
		"cut off":                {`{"id":"1","text":"ab`, tidings.ReasonNotJSON, "ends inside"},
		"cut off in a list":      {`{"labels":["a",`, tidings.ReasonNotJSON, "ends inside"},
		"comma before the brace": {`{"id":"1",}`, tidings.ReasonNotJSON, "byte"},
		"comma before bracket":   {`{"labels":["a",]}`, tidings.ReasonNotJSON, "byte"},
		"no comma":               {`{"id":"1" "text":"x"}`, tidings.ReasonNotJSON, "byte 10"},
		"name without quotes":    {`{id:"1"}`, tidings.ReasonNotJSON, "byte 1"},
		"number as name":         {`{1:"1"}`, tidings.ReasonNotJSON, "byte 1"},
		"control character":      {"{\"id\":\"a\nb\"}", tidings.ReasonNotJSON, "byte 8"},
		"unknown escape":         {`{"id":"a\qb"}`, tidings.ReasonNotJSON, "byte 8"},
		"bad hex":                {`{"id":"\u12G4"}`, tidings.ReasonNotJSON, "byte 7"},
		"bad escape, unread":     {`{"x":"\q"}`, tidings.ReasonNotJSON, "byte 6"},
		"bad number, unread":     {`{"x":01}`, tidings.ReasonNotJSON, "byte 6"},
		"NaN":                    {`{"x":NaN}`, tidings.ReasonNotJSON, "byte 5"},
		"not UTF-8":              {"{\"id\":\"a\xff\"}", tidings.ReasonNotUTF8, "byte 8"},
		"byte order mark":        {"\ufeff{\"id\":\"a\"}", tidings.ReasonNotJSON, "byte 0"},
		"number as text":         {`{"id":"1","text":12}`, tidings.ReasonNotJSON, `byte 17: the field "text" has a number`},
		"object as text":         {`{"text":{}}`, tidings.ReasonNotJSON, `byte 8: the field "text" has an object`},
		"boolean as label":       {`{"label":true}`, tidings.ReasonNotJSON, `byte 9: the field "label" has a boolean`},
		"string as labels":       {`{"labels": "a"}`, tidings.ReasonNotJSON, `byte 11: the field "labels" has a string`},
		"list in labels":         {`{"labels":["a",["b"]]}`, tidings.ReasonNotJSON, `byte 15: the field "labels" has an array`},
		"too deep":               {`{"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, tidings.ReasonNotJSON, "depth"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var d Decoder
			f, err := d.Decode([]byte(tt.line))
			var refused *tidings.DocumentError
			if f != nil || !errors.As(err, &refused) {
				t.Fatalf("got %v, %v; want a *tidings.DocumentError", f, err)
			}
			if refused.Reason != tt.reason || !strings.Contains(refused.Detail, tt.detail) {
				t.Errorf("got %s: %s; want %s with %q", refused.Reason, refused.Detail, tt.reason, tt.detail)
			}
			if len(refused.Detail) > 200 {
				t.Errorf("the detail has %d bytes", len(refused.Detail))
			}
			if f, err := d.Decode([]byte(`{"id":"1","text":"x"}`)); err != nil || string(f.ID) != "1" {
				t.Errorf("the next line gave %v, %v", f, err)
			}
		})
	}
}

func TestDecodeLooksUpNames(t *testing.T) {
	d := Decoder{Names: map[string]string{"guid": "id", "body": "text"}}
	f, err := d.Decode([]byte(`{"guid":"1","body":"x","id":"2","text":{},"label":"c"}`))
	if err != nil || string(f.ID) != "1" || string(f.Text) != "x" || len(f.Label) != 0 {
		t.Fatalf("got %+v, %v", f, err)
	}
}

func TestDecodeLeavesTheLineAlone(t *testing.T) {
	line := []byte(`{"id":"\u0041","text":"a\nb","labels":["x","\t"],"z":[1,2]}`)
	before := bytes.Clone(line)
	var d Decoder
	for range 3 {
		if _, err := d.Decode(line); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(line, before) {
		t.Errorf("the line became %q", line)
	}
}

func TestDecodeAndCheckAllocateNothing(t *testing.T) {
	lines := [][]byte{
		[]byte(`{"id":"1","time":"2020-01-02T03:04:05Z","label":"a","title":"T","text":"plain","topic":""}`),
		[]byte(`{"id":"2","time":"2020-01-02","labels":["a","b\n"],"title":"T\t","text":"es\ncaped \u00e9"}`),
	}
	var d Decoder
	decode := func() {
		for _, line := range lines {
			f, err := d.Decode(line)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Check(); err != nil {
				t.Fatal(err)
			}
		}
	}
	decode()
	if n := testing.AllocsPerRun(100, decode); n != 0 {
		t.Errorf("%v allocations a round, want 0", n)
	}
}

// FuzzDecodeAgreesWithEncodingJSON holds Decode against the standard library:
//
//   - both take or both refuse a line, except that Decode also refuses lines
//     that are not UTF-8 or not an object, and fields of a wrong type;
//   - what it takes has the same values;
//   - nothing panics, and a decoder that met a bad line reads the next.
func FuzzDecodeAgreesWithEncodingJSON(f *testing.F) {
	for _, seed := range []string{
		`{"id":"1","time":"2020-01-02","label":"a","labels":["a","b"],"title":"T","text":"x","source":"s"}`,
		`{"id":"a\"b","text":"\u00e9\n\ud83d\ude00\/","x":{"y":[1,-2.5e+3,true,null]}}`,
		`{"id":"1","id":"2","text":"\ud800\udc00\ud800"}`, `{"id":1,"label":null,"labels":[1,null,"b"]}`,
		`{"id":"1",}`, `{"id":"1"} x`, `[]`, ``, `{"a":01}`, "{\"id\":\"\x01\"}", "{\"id\":\"\xff\"}", `{"id":"\q"}`, `{"":""}`, "{\"id\":\"\x7f\u2028\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if len(line) > 5_000 {
			t.Skip("nesting is limited, see TestDecodeRefuses")
		}
		var d Decoder
		got, err := d.Decode(line)
		var want map[string]json.RawMessage
		wantErr := json.Unmarshal(line, &want)
		if err != nil {
			var refused *tidings.DocumentError
			if !errors.As(err, &refused) {
				t.Fatalf("%v is no *tidings.DocumentError", err)
			}
			wrongType := strings.Contains(refused.Detail, "the field") || want == nil
			if wantErr == nil && utf8.Valid(line) && !wrongType {
				t.Fatalf("refused, but encoding/json takes it: %v", err)
			}
			return
		}
		if wantErr != nil {
			t.Fatalf("taken, but encoding/json refuses: %v", wantErr)
		}
		for name, value := range map[string][]byte{"id": got.ID, "time": got.Time, "title": got.Title, "text": got.Text, "source": got.Source} {
			if s := scalarOf(t, want[name]); s != string(value) {
				t.Fatalf("%s is %q, want %q", name, value, s)
			}
		}
		labels := labelsOf(t, want["labels"])
		if s := string(bytes.Join(got.Labels, []byte{0})); s != strings.Join(labels, "\x00") {
			t.Fatalf("labels are %q, want %q", s, labels)
		}
		label := scalarOf(t, want["label"])
		if label == "" && len(labels) > 0 {
			label = labels[0]
		}
		if string(got.Label) != label {
			t.Fatalf("label is %q, want %q", got.Label, label)
		}
		checkAgrees(t, got)
	})
}

func scalarOf(t *testing.T, raw json.RawMessage) string {
	if len(raw) == 0 || raw[0] != '"' {
		if string(raw) == "null" {
			return ""
		}
		return string(raw)
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func labelsOf(t *testing.T, raw json.RawMessage) []string {
	if len(raw) == 0 {
		return nil
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(raw, &elements); err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, element := range elements {
		if string(element) != "null" {
			labels = append(labels, scalarOf(t, element))
		}
	}
	return labels
}

// checkAgrees holds Fields.Check against Document.Check.
func checkAgrees(t interface{ Fatalf(string, ...any) }, f *Fields) {
	got := f.Check()
	doc, want := f.Document()
	if want == nil {
		want = doc.Check()
	}
	if (got == nil) != (want == nil) || got != nil && got.Error() != want.Error() {
		t.Fatalf("Fields.Check says %v, Document.Check says %v", got, want)
	}
}
