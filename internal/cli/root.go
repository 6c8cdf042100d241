package cli

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"
)

// Root is embedded in the struct of each command's subcommands: it has what
// every command can do.
type Root struct {
	ConfigFile string      `name:"config" placeholder:"FILE" group:"Other" help:"Read flags from the YAML file FILE: lines such as store: news. Flags given here count more, then the environment's (TIDINGS_STORE), then the file's."`
	Version    versionFlag `name:"version" group:"Other" help:"Tell the version of this program."`

	Config     configCommands    `cmd:"" help:"Look at settings from a file and the environment."`
	Completion completionCommand `cmd:"" help:"Print a script that completes this command in a shell."`
	Reference  referenceCommand  `cmd:"" hidden:"" help:"Print what documentation is made of."`
}

// versionFlag tells the version instead of doing anything else.
type versionFlag bool

// BeforeReset is called by kong where the flag was given.
func (versionFlag) BeforeReset(k *kong.Kong) error {
	_, err := fmt.Fprintln(k.Stdout, k.Model.Name, Version())
	k.Exit(Done)
	return err
}

// Version is the module's version and the commit that this program was built
// from, as far as the build knows them.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown: built without module information"
	}
	version := info.Main.Version
	if version == "" {
		version = "(devel)"
	}
	var parts []string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			parts = append(parts, "commit "+s.Value)
		case s.Key == "vcs.modified" && s.Value == "true":
			parts = append(parts, "with changes")
		}
	}
	return version + " (" + strings.Join(append(parts, info.GoVersion), ", ") + ")"
}
