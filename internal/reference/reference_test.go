package reference_test

import (
	"io"
	"strings"
	"testing"

	"tidings/internal/reference"
)

// odd is a command whose texts have all that a format could take for its own.
func odd() reference.Command {
	return reference.Command{
		Name: "odd", Text: "Odd.\n\n  odd --a 'b'   don't",
		Flags: []reference.Flag{{Name: "quote", Placeholder: "A|B", About: "It's `a|b` \\n $HOME [x]: (y) <z> ß.", Key: "quote", Completion: reference.Completion{Words: []string{"it's", "-"}}}},
		Commands: []reference.Command{{
			Name: "odd end", About: ".SH 'not' a macro", Text: "  '''\n.TH no",
			Arguments: []reference.Argument{{Name: "file", About: "One.", Optional: true, Several: true, Completion: reference.Completion{Files: true}}},
		}},
	}
}

// Properties: no text of a flag breaks out of its place.
func TestTextsStayText(t *testing.T) {
	write := func(f func(io.Writer, reference.Command) error) string {
		var b strings.Builder
		if err := f(&b, odd()); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	man := write(reference.Man)
	for _, line := range strings.Split(man, "\n") {
		if strings.HasPrefix(line, ".TH no") || strings.HasPrefix(line, ".SH 'not'") || strings.HasPrefix(line, "'") {
			t.Errorf("the text %q is a macro", line)
		}
	}
	if strings.Contains(man, "ß") || !strings.Contains(man, `\[u00DF]`) {
		t.Error("a letter beyond ASCII is not named")
	}
	if page := write(reference.Markdown); !strings.Contains(page, `| `+"`--quote=A\\|B`"+` |`) || !strings.Contains(page, "odd end [FILE...]") {
		t.Errorf("the page is\n%s", page)
	}
	for name, f := range map[string]func(io.Writer, reference.Command) error{"bash": reference.Bash, "zsh": reference.Zsh, "fish": reference.Fish} {
		if text := write(f); strings.Contains(text, "it's") || strings.Contains(text, "It's") {
			t.Errorf("%s has a quote that ends its word:\n%s", name, text)
		}
	}
}
