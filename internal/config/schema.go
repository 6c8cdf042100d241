package config

import (
	"bufio"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Kind is what a flag takes.
type Kind string

// The kinds of flags.
const (
	Words   Kind = "text"   // one text
	Switch  Kind = "switch" // true or false
	Whole   Kind = "whole"  // a whole number
	Real    Kind = "real"   // a number
	Several Kind = "list"   // one text or several
	Fields  Kind = "fields" // names with a text each
)

// Schema says which command knows which setting: of "classify" or "classify
// doctor", the kind of each flag by its name.
type Schema map[string]map[string]Kind

// ParseSchema reads what Schema.String writes.
func ParseSchema(text string) (Schema, error) {
	s := Schema{}
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 3 {
			return nil, fmt.Errorf("line %d has %d columns, not command, flag and kind", n, len(fields))
		}
		s.Add(fields[0], fields[1], Kind(fields[2]))
	}
	return s, lines.Err()
}

// Add notes that a command knows a flag; an empty flag notes the command alone.
func (s Schema) Add(command, flag string, kind Kind) {
	if s[command] == nil {
		s[command] = map[string]Kind{}
	}
	if flag != "" {
		s[command][flag] = kind
	}
}

// String is a line for each flag, sorted: command, flag and kind, a tab between.
func (s Schema) String() string {
	var b strings.Builder
	for _, command := range s.commands() {
		flags := sortedKeys(s[command])
		if len(flags) == 0 {
			fmt.Fprintf(&b, "%s\t\t\n", command)
		}
		for _, flag := range flags {
			fmt.Fprintf(&b, "%s\t%s\t%s\n", command, flag, s[command][flag])
		}
	}
	return b.String()
}

func (s Schema) commands() []string { return sortedKeys(s) }

func sortedKeys[V any](m map[string]V) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// Names are all settings that some command within knows, sorted. Within "" are
// all commands, within "ingest" it and its subcommands.
func (s Schema) Names(within string) (names []string) {
	for _, command := range s.commands() {
		if inside(command, within) {
			names = append(names, sortedKeys(s[command])...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func inside(command, within string) bool {
	return within == "" || command == within || strings.HasPrefix(command, within+" ")
}

// sections are the commands directly below one, by the last word of their name.
func (s Schema) sections(within string) (names []string) {
	for _, command := range s.commands() {
		rest, ok := command, true
		if within != "" {
			rest, ok = strings.CutPrefix(command, within+" ")
		}
		if ok {
			first, _, _ := strings.Cut(rest, " ")
			names = append(names, first)
		}
	}
	return slices.Compact(names)
}

// kinds are what the commands within take for a flag.
func (s Schema) kinds(within, flag string) (kinds []Kind) {
	for _, command := range s.commands() {
		if kind, ok := s[command][flag]; ok && inside(command, within) && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// check says what is wrong with a value for a flag of this kind; "" is nothing.
func (k Kind) check(v Value) string {
	switch k {
	case Words:
		return plain(v)
	case Switch:
		if v.Form != Bool {
			return "write true or false"
		}
	case Whole:
		if _, err := strconv.ParseInt(v.Text, 0, 64); err != nil || v.Form != Number {
			if _, err := strconv.ParseUint(v.Text, 0, 64); err != nil || v.Form != Number {
				return "write a whole number"
			}
		}
	case Real:
		if v.Form != Number {
			return "write a number"
		}
	case Several:
		if v.Form == Mapping {
			return "it takes one value or a list, and this is a mapping"
		}
		if v.Form != List {
			return plain(v)
		}
		if len(v.List) == 0 {
			return "the list is empty: give it a value, or leave the line out"
		}
		for _, item := range v.List {
			if text := plain(item); text != "" {
				return text
			}
		}
	case Fields:
		if v.Form == List {
			return "it takes names with a value each, and this is a list"
		}
		if v.Form != Mapping {
			return plain(v)
		}
		for _, e := range v.Entries {
			if text := plain(e.Value); text != "" {
				return e.Key + ": " + text
			}
		}
	}
	return ""
}

func plain(v Value) string {
	switch {
	case v.Form == List:
		return "it takes one value, and this is a list"
	case v.Form == Mapping:
		return "it takes one value, and this is a mapping"
	case v.Form == Null || v.Text == "":
		return "the value is empty: give one, or leave the line out"
	}
	return ""
}
