package config

import (
	"fmt"
	"slices"
	"strings"

	"tidings/internal/near"
)

// Check tells all that is wrong with the names and kinds of a file's settings.
// A setting at the top level is for each command that knows it. One in a section
// is for the command of the section's name, or one of its subcommands.
func (s Schema) Check(entries []Entry) (problems []error) {
	return s.checkSection("", entries)
}

func (s Schema) checkSection(within string, entries []Entry) (problems []error) {
	sections := s.sections(within)
	for _, e := range entries {
		if slices.Contains(sections, e.Key) {
			if e.Value.Form != Mapping && e.Value.Form != Null {
				problems = append(problems, &Problem{e.Value.At, fmt.Errorf("%s: is a command; below it, indented, belong its settings", e.Key)})
				continue
			}
			problems = append(problems, s.checkSection(join(within, e.Key), e.Value.Entries)...)
			continue
		}
		if err := s.checkSetting(within, e); err != nil {
			problems = append(problems, err)
		}
	}
	return problems
}

func join(within, name string) string { return strings.TrimPrefix(within+" "+name, " ") }

func (s Schema) checkSetting(within string, e Entry) error {
	kinds := s.kinds(within, e.Key)
	if len(kinds) == 0 {
		return &Problem{e.At, fmt.Errorf("%s", s.unknown(within, e.Key))}
	}
	wrong := ""
	for _, kind := range kinds {
		text := kind.check(e.Value)
		if text == "" {
			return nil
		}
		if wrong == "" {
			wrong = text
		}
	}
	said := ""
	if e.Value.Text != "" {
		said = fmt.Sprintf(" %q", shortened(e.Value.Text))
	}
	return &Problem{e.Value.At, fmt.Errorf("%s%s: %s", e.Key, said, wrong)}
}

func (s Schema) unknown(within, name string) string {
	if len(name) > shortBytes {
		return fmt.Sprintf("%q is not a setting", shortened(name))
	}
	text := fmt.Sprintf("%q is not a setting", name)
	if within != "" {
		text += " of " + within
		if len(s.kinds("", name)) > 0 {
			return text + ", only of other commands: move it to the top level or into their section"
		}
	}
	if other := near.Name(name, append(s.Names(within), s.sections(within)...)); other != "" {
		return fmt.Sprintf("%s; did you mean %q?", text, other)
	}
	if within == "" {
		return text + "; the flags' names are settings, such as from or store, and `--help` of a command lists them"
	}
	return fmt.Sprintf("%s; %s --help lists them", text, within)
}

// For gives the settings that a command gets: those of the top level, then those
// of its sections from the outside in, where the last one counts. Settings that
// it does not know are for others.
func (s Schema) For(command string, entries []Entry) map[string]Entry {
	settings := map[string]Entry{}
	words := strings.Fields(command)
	for within := ""; ; {
		var next []Entry
		sections := s.sections(within)
		for _, e := range entries {
			switch _, known := s[command][e.Key]; {
			case slices.Contains(sections, e.Key):
				if len(words) > 0 && e.Key == words[0] {
					next = e.Value.Entries
				}
			case known:
				settings[e.Key] = e
			}
		}
		if len(words) == 0 {
			return settings
		}
		within, words, entries = join(within, words[0]), words[1:], next
	}
}
