package config_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tidings/internal/config"
)

// schema is a small table of flags.
func schema(t testing.TB) config.Schema {
	t.Helper()
	s, err := config.ParseSchema("one\tstore\ttext\none\tjson\tswitch\none\tsize\twhole\none\tshare\treal\none\twindow\tlist\none\tcolumns\tfields\none sub\tdeep\ttext\none sub\tstore\ttext\ntwo\tstore\ttext\ntwo\trate\ttext\n")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Properties: a mistake is told with its place; several are told at once; what is
// right gives none.
func TestProblemsHaveAPlace(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string // the beginnings of lines, in order
	}{
		"right":                {text: "store: a\none: {json: true, size: 3, share: 0.5}\none:sub: x\n", want: []string{"f:3:1: \"one:sub\""}},
		"all kinds":            {text: "one:\n  store: 5\n  json: false\n  size: 0x10\n  share: 1\n  window: [a, b]\n  columns: {a: b}\n  sub:\n    deep: x\ntwo:\n  rate: 5/s\n"},
		"a list of one":        {text: "window: a\ncolumns: a=b\n"},
		"unknown":              {text: "store: a\n\nstroe: b\n", want: []string{"f:3:1: "}},
		"another's":            {text: "two:\n  json: true\n", want: []string{"f:2:3: \"json\" is not a setting of two, only of other"}},
		"wrong kinds":          {text: "json: 1\nsize: 1.5\nshare: much\nstore: [a]\nwindow: {a: b}\n", want: []string{"f:1:7: json", "f:2:7: size", "f:3:8: share", "f:4:8: store", "f:5:9: window"}},
		"empty":                {text: "store:\nwindow: []\nrate: \"\"\n", want: []string{"f:1:", "f:2:9: ", "f:3:7: "}},
		"twice":                {text: "store: a\nstore: b\n", want: []string{"f:2:1: store stands here a second time, first in line 1"}},
		"a section of text":    {text: "one: a\n", want: []string{"f:1:6: one: is a command"}},
		"an empty section":     {text: "one:\n"},
		"no mapping":           {text: "- a\n", want: []string{"f:1:1: this is a list"}},
		"no YAML":              {text: "a: b: c\n", want: []string{"f:1:4: this is no YAML"}},
		"an alias":             {text: "store: &a x\nrate: *a\n", want: []string{"f:1:8: "}},
		"a tag":                {text: "store: !!str x\n", want: []string{"f:1:8: "}},
		"a merge key":          {text: "one:\n  <<: {store: x}\n", want: []string{"f:2:3: "}},
		"two documents":        {text: "store: a\n---\nstore: b\n", want: []string{"f:2:1: a second document"}},
		"a byte order mark":    {text: "\uFEFFstore: a\n", want: []string{"f:1:1: this is no UTF-8"}},
		"Latin-1":              {text: "rate: a\nstore: M\xfcller\n", want: []string{"f:2:9: this is no UTF-8"}},
		"nothing":              {text: ""},
		"comments":             {text: "# a\n\n# b\n"},
		"nested without end":   {text: strings.Repeat("[", 20000), want: []string{"f:1:9: nested deeper than 8"}},
		"entries without end":  {text: strings.Repeat("- ", 20000), want: []string{"f:1:17: nested deeper than 8"}},
		"questions":            {text: strings.Repeat("? ", 20000), want: []string{"f:1:1: "}},
		"larger than any file": {text: strings.Repeat("#", config.FileBytesMax+1), want: []string{"f has more than 65536 bytes"}},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			entries, err := config.Parse("f", []byte(c.text))
			problems := schema(t).Check(entries)
			if joined, ok := err.(interface{ Unwrap() []error }); ok {
				problems = append(problems, joined.Unwrap()...)
			} else if err != nil {
				problems = append(problems, err)
			}
			config.Sort(problems)
			if len(problems) != len(c.want) {
				t.Fatalf("%d problems, want %d: %v", len(problems), len(c.want), errors.Join(problems...))
			}
			for i, want := range c.want {
				if got := problems[i].Error(); !strings.HasPrefix(got, want) {
					t.Errorf("problem %d is %q, want %q...", i, got, want)
				}
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// Properties: a command gets what is at the top, then what its sections say from
// the outside in, the last one counts, and nothing of others.
func TestSectionsCountMoreThanTheTop(t *testing.T) {
	entries, err := config.Parse("f", []byte("store: top\nrate: top\none:\n  store: one\n  json: true\n  sub:\n    deep: sub\ntwo: {rate: two}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]map[string]string{
		"one":     {"store": "one", "json": "true"},
		"one sub": {"store": "one", "deep": "sub"},
		"two":     {"store": "top", "rate": "two"},
	} {
		got := schema(t).For(command, entries)
		if len(got) != len(want) {
			t.Errorf("%s has %d settings, want %d: %v", command, len(got), len(want), got)
		}
		for name, text := range want {
			if got[name].Value.Text != text {
				t.Errorf("%s: %s is %q, want %q", command, name, got[name].Value.Text, text)
			}
		}
	}
}

// Properties: the table that is written is the one that is read.
func TestSchemaIsReadAsWritten(t *testing.T) {
	s := schema(t)
	s.Add("three", "", "")
	again, err := config.ParseSchema(s.String())
	if err != nil {
		t.Fatal(err)
	}
	if again.String() != s.String() {
		t.Errorf("%s\nwas written as\n%s", again, s)
	}
	if _, err := config.ParseSchema("one\tstore\n"); err == nil {
		t.Error("a line without a kind was read")
	}
}

// Properties: no file panics; each mistake has a place in the file; what a
// command gets is what it knows.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"store: a\none:\n  window: [a, b]\n", "one: {json: true, size: 3}\n", "a: &a [*a]\n", "? a\n: b\n", "a: |\n  b\n c", "a: 'b''c'\n",
		"a: \"\\x", "- - -", "{a: b, a}", "---\n...\n---\n", "%YAML 1.2\n", "a:\t b", "!!binary x", "a: >-\n\n", "[{]}", "\"\n", "a: b #c", "<<: *x", ": :", "one:\n sub:\n  deep: 1e3",
	} {
		f.Add([]byte(text))
	}
	s := schema(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := config.Parse("f", data)
		problems := s.Check(entries)
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			problems = append(problems, joined.Unwrap()...)
		}
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 2
		for _, problem := range problems {
			p := (*config.Problem)(nil)
			if !errors.As(problem, &p) || p.At.Line < 1 || p.At.Line > lines || p.At.Column < 1 {
				t.Fatalf("%q: %v has no place in %d lines", data, problem, lines)
			}
		}
		for name := range s.For("one sub", entries) {
			if _, ok := s["one sub"][name]; !ok {
				t.Fatalf("%q: %s is not for it", data, name)
			}
		}
	})
}
