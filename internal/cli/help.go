package cli

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// printHelp shows a command's help. Without a subcommand that is what the
// command is for, the flags of what it does by default, as most people look for
// these, and the list of subcommands.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	app := ctx.Model
	if ctx.Selected() != nil || app.DefaultCmd == nil {
		return kong.DefaultHelpPrinter(options, ctx)
	}
	usage := strings.Join(strings.Fields(app.Name+" "+app.DefaultCmd.FlagSummary(true)+" [flags]"), " ")
	fmt.Fprintf(ctx.Stdout, "Usage: %s\n", usage)
	if len(subcommandsOf(app.Node)) > 0 {
		fmt.Fprintf(ctx.Stdout, "       %s <command> ...\n", app.Name)
	}
	own := app.Flags
	app.Flags = append(append([]*kong.Flag{}, app.DefaultCmd.Flags...), own...)
	defer func() { app.Flags = own }()
	options.NoAppSummary = true
	return kong.DefaultHelpPrinter(options, ctx)
}
