package cli

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// program is one call of a command.
type program struct {
	name, description string
	root              any
	environ           []string // as of os.Environ
	streams           Streams

	exited bool // --help or --version has said all
	code   int
}

// builtin is a subcommand of every command, which is about the command itself.
type builtin interface {
	run(p *program, c *call) error
}

// call is what args ask for.
type call struct {
	app      *kong.Application
	context  *kong.Context
	node     *kong.Node // of the command that runs
	file     string     // of --config
	settings settings
}

// fresh is an empty copy of the command's flags.
func (p *program) fresh() any { return reflect.New(reflect.TypeOf(p.root).Elem()).Interface() }

func (p *program) parser(root any) (*kong.Kong, error) {
	k, err := kong.New(root,
		kong.Name(p.name), kong.Description(p.description),
		kong.Writers(p.streams.Out, p.streams.Err), kong.Vars(Vars()),
		kong.KindMapper(reflect.String, kong.MapperFunc(decodeString)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Help(printHelp), kong.Exit(func(c int) { p.exited, p.code = true, c }))
	if err == nil {
		k.Model.HelpFlag.Group = &kong.Group{Key: otherGroup, Title: otherGroup}
	}
	return k, err
}

// otherGroup is the heading of what each command has.
const otherGroup = "Other"

// parse reads args into root, and from file and environment what args leave
// open.
func (p *program) parse(root any, args []string) (*call, error) {
	k, err := p.parser(root)
	if err != nil {
		return nil, err
	}
	c := &call{app: k.Model}
	if err := p.addSettings(k, c, args); err != nil {
		return c, err
	}
	if c.context, err = k.Parse(args); err != nil {
		return c, c.settings.explained(err)
	}
	c.node = c.context.Selected()
	return c, c.leaveIdle()
}

// addSettings looks once through args for what is to run, and gives kong the
// settings for it. Where args are wrong or ask for help there is nothing to add.
func (p *program) addSettings(k *kong.Kong, c *call, args []string) error {
	trace, err := kong.Trace(k, args)
	if err != nil || trace.Error != nil || trace.Selected() == nil {
		return nil
	}
	node := trace.Selected()
	if c.file, err = p.configFile(trace); err != nil {
		return err
	}
	given := []string{}
	for _, step := range trace.Path {
		if step.Flag != nil {
			given = append(given, step.Flag.Name)
			if step.Flag.Name == "help" || step.Flag.Name == "version" {
				return nil
			}
		}
	}
	if _, ok := node.Target.Addr().Interface().(builtin); ok {
		return nil
	}
	c.settings, err = gather(k.Model, node, c.file, p.environ, given, p.streams.Err)
	if err != nil {
		return fmt.Errorf("%w\nnothing was done", err)
	}
	return kong.Resolvers(c.settings).Apply(k)
}

// configFile is the file of --config or TIDINGS_CONFIG, or "".
func (p *program) configFile(trace *kong.Context) (string, error) {
	for _, step := range trace.Path {
		if step.Flag != nil && step.Flag.Name == "config" {
			return fmt.Sprint(trace.FlagValue(step.Flag)), nil
		}
	}
	for _, pair := range p.environ {
		if file, ok := strings.CutPrefix(pair, envName("config")+"="); ok {
			if file == "" {
				return "", errors.New(envName("config") + " is empty; name a file, or unset it")
			}
			return file, nil
		}
	}
	return "", nil
}
