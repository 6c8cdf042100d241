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
	own := app.Flags
	defer func() { app.Flags = own }()
	if node := ctx.Selected(); node != nil || app.DefaultCmd == nil {
		if node != nil { // what every command has comes last
			flags := node.Flags
			defer func() { node.Flags = flags }()
			node.Flags, app.Flags = append(append([]*kong.Flag{}, flags...), own...), nil
		}
		return kong.DefaultHelpPrinter(options, ctx)
	}
	usage := strings.Join(strings.Fields(app.Name+" "+app.DefaultCmd.FlagSummary(true)+" [flags]"), " ")
	fmt.Fprintf(ctx.Stdout, "Usage: %s\n", usage)
	if len(subcommandsOf(app.Node)) > 0 {
		fmt.Fprintf(ctx.Stdout, "       %s <command> ...\n", app.Name)
	}
	app.Flags = append(append([]*kong.Flag{}, app.DefaultCmd.Flags...), own...)
	options.NoAppSummary = true
	return kong.DefaultHelpPrinter(options, ctx)
}
