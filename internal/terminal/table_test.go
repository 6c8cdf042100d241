package terminal

import (
	"bytes"
	"strings"
	"testing"
)

// Properties of tables: numbers stand below each other; what comes from outside
// cannot steer the terminal; where the width does not do, names stand on lines
// of their own, and no line is wider than allowed; missing cells and no rows at
// all do no harm.
func TestTablesFitAndAreClean(t *testing.T) {
	table := Table{
		Title: "Runs", Remark: "all of them", Heads: []string{"run", "accuracy", "lost"},
		Rows: [][]string{{"oracle", "0.9"}, {"at-most-once\x1b[2J", "0.8801", "120"}}, Bad: []int{1},
		Notes: []string{"what it says\nin words"},
	}
	tests := map[string]struct {
		width int
		want  string
	}{
		"wide": {width: 80, want: `
  run           accuracy  lost
  oracle             0.9
  at-most-once    0.8801   120

  what it says in words
`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := RenderTables(&b, []Table{table}, Options{Width: test.width}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(b.String(), strings.TrimPrefix(test.want, "\n")) {
				t.Errorf("got\n%s\nwant\n%s", b.String(), test.want)
			}
		})
	}
	table.Rows = append(table.Rows, []string{strings.Repeat("long ", 15), "1", "2"})
	var b bytes.Buffer
	if err := RenderTables(&b, []Table{table, {}}, Options{Width: WidthMin, Color: true}); err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(b.String()) {
		l = strings.NewReplacer("\x1b[31m", "", "\x1b[0m", "", "\x1b[1m", "", "\x1b[2m", "").Replace(strings.TrimSuffix(l, "\n"))
		if text(l).columns() > WidthMin || strings.Contains(l, "\x1b") {
			t.Errorf("%q is too wide, or steers the terminal", l)
		}
	}
	if want := "at-most-once\n"; !strings.Contains(b.String(), "at-most-once\x1b[0m\n") && !strings.Contains(b.String(), want) {
		t.Errorf("no name has a line of its own:\n%s", b.String())
	}
}
