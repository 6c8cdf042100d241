package reference

import (
	"fmt"
	"io"
	"strings"
)

// Markdown writes the command's chapter of the reference page.
func Markdown(w io.Writer, root Command) error {
	var b strings.Builder
	for _, c := range root.all() {
		chapter(&b, c)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func chapter(b *strings.Builder, c Command) {
	fmt.Fprintf(b, "%s %s\n\n", strings.Repeat("#", 2+min(strings.Count(c.Name, " "), 2)), c.Name)
	for _, text := range []string{c.About, c.Text} {
		if text != "" {
			b.WriteString(paragraphs(text) + "\n")
		}
	}
	fmt.Fprintf(b, "```text\n%s\n```\n\n", c.Usage())
	for _, a := range c.Arguments {
		fmt.Fprintf(b, "* `%s` %s\n", a.String(), cell(a.About))
	}
	if len(c.Arguments) > 0 {
		b.WriteString("\n")
	}
	for _, g := range grouped(c.Flags) {
		fmt.Fprintf(b, "| %s | default | environment | what it does |\n|---|---|---|---|\n", g.name)
		for _, f := range g.flags {
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", code(f.String()), code(f.Default), code(f.Environment), cell(f.About))
		}
		b.WriteString("\n")
	}
}

// paragraphs makes code blocks of indented lines.
func paragraphs(text string) string {
	var b strings.Builder
	inside := false
	for l := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		indented := strings.HasPrefix(l, "  ")
		if indented != inside {
			if indented {
				b.WriteString("```text\n")
			} else {
				b.WriteString("```\n")
			}
			inside = indented
		}
		b.WriteString(strings.TrimPrefix(l, "  ") + "\n")
	}
	if inside {
		b.WriteString("```\n")
	}
	return b.String()
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(s, "|", `\|`) + "`"
}

func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(s)
}
