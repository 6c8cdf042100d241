package reference

import (
	"fmt"
	"io"
	"strings"
)

// Man writes the command's man page, its subcommands included.
func Man(w io.Writer, root Command) error {
	b := &strings.Builder{}
	fmt.Fprintf(b, ".TH %s 1 \"\" \"Tidings\" \"Tidings\"\n", strings.ToUpper(root.Name))
	fmt.Fprintf(b, ".SH NAME\n%s \\- %s\n", root.Name, roff(line(root.Text)))
	b.WriteString(".SH SYNOPSIS\n")
	for _, c := range root.all() {
		if len(c.Commands) == 0 || c.Name == root.Name {
			fmt.Fprintf(b, "\\fB%s\\fR%s\n.br\n", roff(c.Name), roff(strings.TrimPrefix(c.Usage(), c.Name)))
		}
	}
	b.WriteString(".SH DESCRIPTION\n" + manParagraphs(root.Text))
	b.WriteString(".SH OPTIONS\n")
	manFlags(b, root.Flags)
	if len(root.Commands) > 0 {
		b.WriteString(".SH COMMANDS\n")
	}
	for _, c := range root.all()[1:] {
		if len(c.Commands) > 0 {
			continue
		}
		fmt.Fprintf(b, ".SS %s\n%s\n", roff(c.Usage()), roff(c.About))
		if c.Text != "" {
			b.WriteString(".PP\n" + manParagraphs(c.Text))
		}
		for _, a := range c.Arguments {
			fmt.Fprintf(b, ".TP\n.I %s\n%s\n", roff(a.String()), roff(a.About))
		}
		manFlags(b, c.Flags)
	}
	b.WriteString(`.SH CONFIGURATION
Each option can stand in a YAML file that
.B \-\-config
names, without its dashes: at the top level for every command that knows it, or below a command's name for that command alone.
.SH ENVIRONMENT
Each option has a variable: TIDINGS_ and its name in capitals, with _ for \-. It counts more than the file and less than the option. TIDINGS_CONFIG names the file.
`)
	_, err := io.WriteString(w, b.String())
	return err
}

func manFlags(b *strings.Builder, flags []Flag) {
	for _, g := range grouped(flags) {
		if len(grouped(flags)) > 1 {
			fmt.Fprintf(b, ".PP\n.B %s\n", roff(g.name))
		}
		for _, f := range g.flags {
			short := ""
			if f.Short != "" {
				short = "-" + f.Short + ", "
			}
			fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(short+f.String()), roff(f.About))
		}
	}
}

// manParagraphs keeps indented lines as they are.
func manParagraphs(text string) string {
	var b strings.Builder
	inside := false
	for l := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		switch indented := strings.HasPrefix(l, "  "); {
		case indented && !inside:
			b.WriteString(".PP\n.nf\n")
			inside = true
		case !indented && inside:
			b.WriteString(".fi\n")
			inside = false
		}
		if l == "" {
			b.WriteString(".PP\n")
		} else {
			b.WriteString(roff(l) + "\n")
		}
	}
	if inside {
		b.WriteString(".fi\n")
	}
	return b.String()
}

// roff escapes a line: a dash is a dash and not a hyphen, no text is a macro, and
// letters beyond ASCII are named, as not every roff reads UTF-8.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ").Replace(strings.TrimRight(s, " "))
	var b strings.Builder
	for _, r := range s {
		if r > '~' {
			fmt.Fprintf(&b, `\[u%04X]`, r)
		} else {
			b.WriteRune(r)
		}
	}
	s = b.String()
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
