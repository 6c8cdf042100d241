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
	p := &program{name: name, description: description, root: root, environ: os.Environ(), streams: s}
	parsed, err := p.parse(root, args)
	if p.exited {
		return p.code
	}
	if err != nil {
		name, err := explain(err, name)
		fmt.Fprintf(s.Err, "%s: %v; %s --help tells more\n", name, err, name)
		return Usage
	}
	node := parsed.node
	run := func(context.Context, Streams) error { return fmt.Errorf("%s does nothing by itself", node.Path()) }
	switch command := node.Target.Addr().Interface().(type) {
	case builtin:
		run = func(context.Context, Streams) error { return command.run(p, parsed) }
	case Command:
		run = command.Run
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	err = run(ctx, s)
	if err != nil {
		err = parsed.settings.explained(err)
	}
	return report(ctx, pathOf(node), err, s)
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
