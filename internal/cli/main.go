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

// Command is what Main runs: kong parses flags into it.
type Command interface {
	Run(ctx context.Context, s Streams) error
}

// Main parses args into the command's flags, runs it until it is done or
// somebody stops it, and returns the exit code. The first Ctrl-C stops in good
// order, the second at once.
func Main(name, description string, grammar any, args []string, s Streams) int {
	exited, code := false, 0
	k, err := kong.New(grammar,
		kong.Name(name), kong.Description(description),
		kong.Writers(s.Out, s.Err), kong.Vars(Vars()),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Exit(func(c int) { exited, code = true, c }))
	if err != nil {
		fmt.Fprintf(s.Err, "%s: %v\n", name, err)
		return Failed
	}
	parsed, err := k.Parse(args)
	if exited {
		return code
	}
	if err != nil {
		fmt.Fprintf(s.Err, "%s: %v; %s --help tells more\n", name, err, name)
		return Usage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	command, ok := parsed.Selected().Target.Addr().Interface().(Command)
	if !ok {
		fmt.Fprintf(s.Err, "%s: %s does nothing\n", name, parsed.Command())
		return Failed
	}
	return report(ctx, name, command.Run(ctx, s), s)
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
