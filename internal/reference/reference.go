// Package reference writes what a command's documentation and completion are
// made of: a chapter of the reference page, a man page, and scripts for bash,
// zsh and fish.
//
// The rule to keep: all of it comes from one description of the command, which
// is made from its flags; nothing is written here that a flag does not say.
// Nothing is kept between calls.
package reference

import "strings"

// Command is a command or a subcommand.
type Command struct {
	Name      string // with those above it: "ingest datasets list"
	About     string // a line
	Text      string // more, with examples indented; "" is none
	Flags     []Flag // its own; those of the commands above hold as well
	Arguments []Argument
	Commands  []Command
}

// Flag is a flag of a command.
type Flag struct {
	Name        string
	Short       string // one letter, or ""
	Placeholder string // of the value
	About       string
	Default     string
	Group       string
	Key         string // in configuration files, "" where it cannot be there
	Environment string // the variable's name, "" where there is none
	Required    bool
	Switch      bool // takes no value
	Several     bool // may be repeated
	Completion  Completion
}

// Argument is a word that a command takes.
type Argument struct {
	Name, About       string
	Optional, Several bool
	Completion        Completion
}

// Completion is what can be written for a value.
type Completion struct {
	Words          []string
	Files, Folders bool
}

// Usage is the command's synopsis.
func (c Command) Usage() string {
	words := []string{c.Name}
	for _, f := range c.Flags {
		if f.Required {
			words = append(words, f.String())
		}
	}
	if len(c.Flags) > 0 {
		words = append(words, "[flags]")
	}
	for _, a := range c.Arguments {
		words = append(words, a.String())
	}
	return strings.Join(words, " ")
}

// String is the flag as it is written: --from=FILE.
func (f Flag) String() string {
	if f.Switch {
		return "--" + f.Name
	}
	return "--" + f.Name + "=" + f.Placeholder
}

// String is the argument as a synopsis shows it: [FILE...].
func (a Argument) String() string {
	text := strings.ToUpper(a.Name)
	if a.Several {
		text += "..."
	}
	if a.Optional {
		text = "[" + text + "]"
	}
	return text
}

// all is the command and what is below it, in order.
func (c Command) all() []Command {
	list := []Command{c}
	for _, sub := range c.Commands {
		list = append(list, sub.all()...)
	}
	return list
}

// line is a text's first sentence, for where there is little room.
func line(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if i := strings.Index(text, ". "); i >= 0 {
		text = text[:i]
	}
	return strings.TrimSuffix(text, ".")
}

// group is flags under one heading.
type group struct {
	name  string
	flags []Flag
}

// grouped are flags by their headings, in the order of first appearance.
func grouped(flags []Flag) (groups []group) {
	at := map[string]int{}
	for _, f := range flags {
		name := f.Group
		if name == "" {
			name = "Flags"
		}
		i, ok := at[name]
		if !ok {
			i = len(groups)
			at[name] = i
			groups = append(groups, group{name: name})
		}
		groups[i].flags = append(groups[i].flags, f)
	}
	return groups
}
