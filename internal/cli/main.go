// Package cli holds what the commands share: their flags, so that the same
// flag means the same everywhere, the opening of sources and brokers from
// them, signals and exit codes.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes of every command.
const (
	Done        = 0
	Failed      = 1
	Usage       = 2
	ClaimBroken = 3   // what the run claims does not hold
	Interrupted = 130 // Ctrl-C or SIGTERM
)

// ErrClaimBroken reports that a run did not keep what it claims.
var ErrClaimBroken = errors.New("the claim is broken")

// UsageError is a mistake in the command line.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

// Streams are where a command reads and writes.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// Command is what Main runs: a pointer to a struct whose fields are flags, which
// kong parses args into.
type Command interface {
	Run(ctx context.Context, s Streams) error
}

// gcPercent makes the collector run twice as often as by default. Most of what
// a process with an embedded broker holds are buffers without pointers: they
// cost the collector little and people much memory.
const gcPercent = 50

// Main parses args into root, whose fields are the command's subcommands, each
// a Command, one of them the default; runs the one that args name until it is
// done or somebody stops it, and returns the exit code. The first Ctrl-C stops
// in good order, the second at once.
func Main(name, description string, root any, args []string, s Streams) int {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	exited, code := false, 0
	k, err := newParser(name, description, root, s, func(c int) { exited, code = true, c })
	if err != nil {
		fmt.Fprintf(s.Err, "%s: %v\n", name, err)
		return Failed
	}
	parsed, err := k.Parse(args)
	if exited {
		return code
	}
	if err != nil {
		name, err := explain(err, name)
		fmt.Fprintf(s.Err, "%s: %v; %s --help tells more\n", name, err, name)
		return Usage
	}
	selected := parsed.Selected()
	command, ok := selected.Target.Addr().Interface().(Command)
	if !ok {
		fmt.Fprintf(s.Err, "%s: %s has no Run\n", name, selected.Path())
		return Failed
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	return report(ctx, pathOf(selected), command.Run(ctx, s), s)
}

func newParser(name, description string, root any, s Streams, exit func(int)) (*kong.Kong, error) {
	return kong.New(root,
		kong.Name(name), kong.Description(description),
		kong.Writers(s.Out, s.Err), kong.Vars(Vars()),
		kong.KindMapper(reflect.String, kong.MapperFunc(decodeString)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Help(printHelp), kong.Exit(exit))
}

// pathOf is how a command is called: "classify doctor", or "classify" where it
// is the default.
func pathOf(node *kong.Node) string {
	if node.Parent != nil && node.Parent.DefaultCmd == node {
		node = node.Parent
	}
	return node.FullPath()
}

// explain makes of kong's error which command it is about and what to do.
func explain(err error, name string) (string, error) {
	parse := (*kong.ParseError)(nil)
	if !errors.As(err, &parse) || parse.Context == nil {
		return name, err
	}
	ctx := parse.Context
	node := ctx.Selected()
	if node == nil {
		node = ctx.Model.Node
	}
	last := ctx.Path[len(ctx.Path)-1]
	rest := last.Remainder()
	if ctx.Error == nil || len(rest) == 0 || strings.HasPrefix(rest[0], "-") {
		return pathOf(node), err
	}
	word, parent := rest[0], node
	if parent.Parent != nil && parent.Parent.DefaultCmd == parent {
		parent = parent.Parent
	}
	subcommands := subcommandsOf(parent)
	switch {
	case last.Flag != nil && slices.Contains(subcommands, word):
		err = fmt.Errorf("--%s comes after the subcommand: write %s %s --%s", last.Flag.Name, pathOf(parent), word, last.Flag.Name)
	case last.Command == nil && last.App == nil:
	case nearest(word, subcommands) != "":
		err = fmt.Errorf("%q is no subcommand; did you mean %q?", word, nearest(word, subcommands))
	case last.Command != nil && last.Command != parent:
		err = fmt.Errorf("%q is neither a flag nor a subcommand; a flag takes one value, so repeat the flag for several, and quote a pattern of file names", word)
	}
	return pathOf(node), err
}

// subcommandsOf are the names of a command's subcommands that people see.
func subcommandsOf(node *kong.Node) (names []string) {
	for _, child := range node.Children {
		if !child.Hidden {
			names = append(names, child.Name)
		}
	}
	return names
}

// decodeString reads a flag's text. An empty one is mostly a variable of the
// shell that is not set, and would silently stand for the flag's default.
func decodeString(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("text", &text); err != nil {
		return err
	}
	if text == "" {
		return errors.New("the value is empty; give one, or leave the flag out")
	}
	target.SetString(text)
	return nil
}

func report(ctx context.Context, name string, err error, s Streams) int {
	var usage *UsageError
	switch {
	case err == nil:
		return Done
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return Interrupted
	case errors.As(err, &usage):
		fmt.Fprintf(s.Err, "%s: %v; %s --help tells more\n", name, err, name)
		return Usage
	case errors.Is(err, ErrClaimBroken):
		fmt.Fprintf(s.Err, "%s: %v\n", name, err)
		return ClaimBroken
	default:
		fmt.Fprintf(s.Err, "%s: %v\n", name, err)
		return Failed
	}
}
