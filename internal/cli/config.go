package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"tidings/internal/config"
)

// Checker is a Command that can tell which values of its flags cannot be, before
// it does anything. It leaves alone what is only missing.
type Checker interface {
	Check() error
}

// configCommands are the subcommands about settings.
type configCommands struct {
	Check configCheck `cmd:"" help:"Tell all that is wrong in configuration files."`
	Print configPrint `cmd:"" help:"Print what each flag is set to, and by what."`
}

// configCheck is `config check`.
type configCheck struct {
	Files []string `arg:"" optional:"" name:"file" help:"The files. Default: that of --config or TIDINGS_CONFIG."`
}

// Help is its longer description.
func (*configCheck) Help() string {
	return `Names and kinds of all settings are checked, and the values of those that are for this command. Exit codes: 0 all is fine, 2 there are problems.`
}

func (c *configCheck) run(p *program, call *call) error {
	files := c.Files
	if len(files) == 0 && call.file != "" {
		files = []string{call.file}
	}
	if len(files) == 0 {
		return &UsageError{errors.New("which file? name one, or give it with --config or TIDINGS_CONFIG")}
	}
	var wrong []string
	for _, file := range files {
		fine, problems := p.check(file)
		for _, problem := range problems {
			fmt.Fprintln(p.streams.Err, problem)
		}
		if len(problems) > 0 {
			wrong = append(wrong, fmt.Sprintf("%s has %s", file, plural(len(problems), "problem")))
			continue
		}
		if _, err := fmt.Fprintf(p.streams.Out, "%s: %s\n", file, fine); err != nil {
			return err
		}
	}
	if len(wrong) > 0 {
		return &UsageError{fmt.Errorf("%s; a command refuses such a file before it does anything", strings.Join(wrong, ", "))}
	}
	return nil
}

// check reads one file as each of this program's commands would.
func (p *program) check(file string) (fine string, problems []error) {
	k, err := p.parser(p.fresh())
	if err != nil {
		return "", []error{err}
	}
	schema, err := schemaOf(k.Model)
	if err != nil {
		return "", []error{err}
	}
	entries, err := config.Read(file)
	problems = append(split(err), schema.Check(entries)...)
	if config.Sort(problems); len(problems) > 0 {
		return "", problems
	}
	seen := map[string]bool{}
	used := map[string]bool{}
	for _, node := range commandsOf(k.Model.Node) {
		found := settings{}
		wrong := found.fromFile(schema, node, entries)
		if len(wrong) == 0 {
			wrong = found.checkValues(node)
		}
		for _, problem := range wrong {
			if text := problem.Error(); !seen[text] { // a setting of several commands
				seen[text] = true
				problems = append(problems, problem)
			}
		}
		for _, s := range found {
			used[s.origin] = true
		}
	}
	config.Sort(problems)
	count := len(used)
	return fmt.Sprintf("fine; %s of it %s for %s", plural(count, "setting"), isAre(count), p.name), problems
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// checkValues asks the command itself about the values.
func (s settings) checkValues(node *kong.Node) (problems []error) {
	checker, ok := node.Target.Addr().Interface().(Checker)
	if !ok {
		return nil
	}
	for _, flag := range settable(node) {
		if err := flag.Reset(); err != nil {
			return []error{err}
		}
		if found, ok := s[flag.Name]; ok {
			if err := decode(flag, found.value, flag.Target); err != nil {
				return []error{err}
			}
		}
	}
	for _, err := range split(checker.Check()) {
		err = fmt.Errorf("%s: %w", pathOf(node), err)
		if names := s.blame(err); len(names) > 0 {
			err = &config.Problem{At: s[names[0]].at, Err: err}
		}
		problems = append(problems, err)
	}
	return problems
}

// split takes joined errors apart.
func split(err error) []error {
	if err == nil {
		return nil
	}
	if usage, ok := err.(*UsageError); ok {
		err = usage.Err
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, split(e)...)
		}
		return all
	}
	return []error{err}
}

// configPrint is `config print`.
type configPrint struct {
	Args []string `arg:"" optional:"" passthrough:"" name:"args" help:"A subcommand and flags, as they would be given to the command itself."`
}

// Help is its longer description.
func (*configPrint) Help() string {
	return `The output is a configuration file itself: each line says in a comment whether a flag, the environment, a file or the default has set it. Passwords and tokens in URLs are masked.`
}

func (c *configPrint) run(p *program, outer *call) error {
	inner := *p
	root := inner.fresh()
	k, err := inner.parser(root)
	if err != nil {
		return err
	}
	for _, node := range append(commandsOf(k.Model.Node), k.Model.Node) {
		for _, flag := range node.Flags {
			flag.Required = false // what is missing is seen in the output
		}
		for _, argument := range node.Positional {
			argument.Required = false
		}
	}
	args := c.Args
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if outer.file != "" && !slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "--config") }) {
		inner.environ = append([]string{envName("config") + "=" + outer.file}, withoutConfig(p.environ)...)
	}
	found := &call{app: k.Model}
	if err := inner.addSettings(k, found, args); err != nil {
		return &UsageError{err}
	}
	if found.context, err = k.Parse(args); err != nil {
		_, err = explain(found.settings.explained(err), p.name)
		return &UsageError{err}
	}
	*p = inner
	if inner.exited {
		return nil
	}
	found.node = found.context.Selected()
	return printSettings(p.streams.Out, found)
}

func withoutConfig(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(pair string) bool { return strings.HasPrefix(pair, envName("config")+"=") })
}

// printSettings writes the settings of a call as YAML.
func printSettings(to io.Writer, c *call) error {
	given := map[string]bool{}
	for _, step := range c.context.Path {
		if step.Flag != nil && !step.Resolved {
			given[step.Flag.Name] = true
		}
	}
	lines := []string{"# " + pathOf(c.node)}
	if c.file != "" {
		lines[0] += ", with the file " + c.file
	}
	for _, flag := range settable(c.node) {
		found, resolved := c.settings[flag.Name]
		switch {
		case given[flag.Name]:
			lines = append(lines, yamlLine(flag, "a flag"))
		case resolved:
			lines = append(lines, yamlLine(flag, found.origin))
		case flag.HasDefault:
			lines = append(lines, yamlLine(flag, "default"))
		default:
			lines = append(lines, "# "+flag.Name+":  # not set")
		}
	}
	_, err := io.WriteString(to, strings.Join(lines, "\n")+"\n")
	return err
}
