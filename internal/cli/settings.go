package cli

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"tidings/internal/config"
	"tidings/internal/near"
)

// envPrefix begins the environment's names of flags: TIDINGS_STORE_SIZE is
// --store-size.
const envPrefix = "TIDINGS_"

func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// setting is a flag's value from elsewhere than the command line.
type setting struct {
	value  any    // as kong decodes it
	text   string // as it was written
	origin string // "tidings.yaml:3:7" or "TIDINGS_STORE"
	at     config.Position
}

// settings are those of one command, by the flag's name. They resolve what the
// command line leaves open, the environment before the file.
type settings map[string]setting

// Validate is for kong: all is checked already.
func (s settings) Validate(*kong.Application) error { return nil }

// Resolve gives kong the value of a flag that was not given.
func (s settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if found, ok := s[flag.Name]; ok {
		return found.value, nil
	}
	return nil, nil
}

// blame gives the settings that an error speaks of, sorted by name: nobody finds
// them on the command line.
func (s settings) blame(err error) (names []string) {
	text := err.Error()
	for name, found := range s {
		if speaksOf(text, "--"+name) || speaksOf(text, name+" "+found.text) ||
			len(found.text) > 2 && strings.Contains(text, fmt.Sprintf("%q", found.text)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// speaksOf says whether the words stand in text, and not as part of longer ones.
func speaksOf(text, words string) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], words)
		if i < 0 {
			return false
		}
		from += i + len(words)
		if from == len(text) || !strings.ContainsRune("-_abcdefghijklmnopqrstuvwxyz0123456789", rune(text[from])) {
			return true
		}
	}
}

// explained is the error with where the settings come from.
func (s settings) explained(err error) error {
	var origins []string
	for _, name := range s.blame(err) {
		origins = append(origins, fmt.Sprintf("%s is set by %s", name, s[name].origin))
	}
	if len(origins) > 0 {
		return fmt.Errorf("%w (%s)", err, strings.Join(origins, ", "))
	}
	return err
}

// gather collects the settings of a command from a file, "" is none, and from
// the environment. given are the flags of the command line, which no variable
// has to suit. The error joins all that is wrong.
func gather(app *kong.Application, node *kong.Node, file string, environ, given []string, warn io.Writer) (settings, error) {
	schema, err := schemaOf(app)
	if err != nil {
		return nil, err
	}
	found, problems := settings{}, []error{}
	if file != "" {
		entries, err := config.Read(file)
		problems = append(split(err), schema.Check(entries)...)
		if len(problems) == 0 {
			problems = found.fromFile(schema, node, entries)
		}
		config.Sort(problems)
	}
	found.fromEnvironment(schema, app.Name, node, environ, given, &problems, warn)
	return found, errors.Join(problems...)
}

// fromFile takes over what a file sets for the command.
func (s settings) fromFile(schema config.Schema, node *kong.Node, entries []config.Entry) (problems []error) {
	mine := schema.For(pathOf(node), entries)
	for _, flag := range settable(node) {
		entry, ok := mine[flag.Name]
		if !ok {
			continue
		}
		value := plainValue(flag, entry.Value)
		if err := decodes(flag, value); err != nil {
			problems = append(problems, &config.Problem{At: entry.Value.At, Err: fmt.Errorf("%s: %w", flag.Name, err)})
			continue
		}
		s[flag.Name] = setting{value: value, text: entry.Value.Text, origin: entry.Value.At.String(), at: entry.Value.At}
	}
	return problems
}

// fromEnvironment takes over what variables set for the command, and warns of
// those that set nothing of any.
func (s settings) fromEnvironment(schema config.Schema, name string, node *kong.Node, environ, given []string, problems *[]error, warn io.Writer) {
	flags := map[string]*kong.Flag{}
	for _, flag := range settable(node) {
		flags[envName(flag.Name)] = flag
	}
	known := []string{envName("config")}
	for _, flag := range schema.Names("") {
		known = append(known, envName(flag))
	}
	for _, pair := range environ {
		variable, text, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(variable, envPrefix) || strings.HasPrefix(variable, envPrefix+"TEST_") {
			continue
		}
		flag, ok := flags[variable]
		switch {
		case ok && slices.Contains(given, flag.Name):
		case ok && text == "":
			*problems = append(*problems, fmt.Errorf("%s is empty; give it a value, or unset it", variable))
		case ok:
			if err := decodes(flag, text); err != nil {
				*problems = append(*problems, fmt.Errorf("%s: %w", variable, err))
				continue
			}
			s[flag.Name] = setting{value: text, text: text, origin: variable}
		case !slices.Contains(known, variable):
			hint := ""
			if other := near.Name(strings.TrimPrefix(variable, envPrefix), bare(known)); other != "" {
				hint = fmt.Sprintf("; did you mean %s?", envPrefix+other)
			}
			fmt.Fprintf(warn, "%s: the environment's %s is not known and sets nothing%s\n", name, variable, hint)
		}
	}
}

// bare are the environment's names without their prefix, which all have.
func bare(variables []string) (names []string) {
	for _, v := range variables {
		names = append(names, strings.TrimPrefix(v, envPrefix))
	}
	return names
}

// plainValue is a file's value as kong decodes it.
func plainValue(flag *kong.Flag, v config.Value) any {
	switch v.Form {
	case config.Bool:
		if flag.IsBool() {
			return strings.EqualFold(v.Text, "true")
		}
	case config.List:
		list := []any{}
		for _, item := range v.List {
			list = append(list, item.Text)
		}
		return list
	case config.Mapping:
		fields := map[string]any{}
		for _, e := range v.Entries {
			fields[e.Key] = e.Value.Text
		}
		return fields
	}
	return v.Text
}

// decodes says whether the flag takes the value.
func decodes(flag *kong.Flag, value any) error {
	target := reflect.New(flag.Target.Type()).Elem()
	return decode(flag, value, target)
}

func decode(flag *kong.Flag, value any, target reflect.Value) error {
	kind, err := kindOf(flag)
	if err != nil {
		return err
	}
	switch v := value.(type) {
	case []any:
		if kind != config.Several {
			return errors.New("it takes one value here, and this is a list; what is for one command alone belongs below that command's name")
		}
	case map[string]any:
		if kind != config.Fields {
			return errors.New("it takes no names here, and this is a mapping")
		}
	case string:
		if v == "" {
			return errors.New("the value is empty; give one, or leave the line out")
		}
	case bool:
		if kind != config.Switch {
			return errors.New("it takes a text here, and this is true or false")
		}
	}
	if target.Kind() == reflect.Pointer {
		target.Set(reflect.New(target.Type().Elem()))
	}
	scan := kong.Scan().PushTyped(value, kong.FlagValueToken)
	if err := flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: scan}, target); err != nil {
		return err
	}
	if flag.Enum != "" && !slices.Contains(strings.Split(flag.Enum, ","), fmt.Sprint(value)) {
		return fmt.Errorf("%q is not known; there are %s", value, flag.Enum)
	}
	return nil
}
