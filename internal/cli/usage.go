package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"tidings/internal/near"
)

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
	case near.Name(word, subcommands) != "":
		err = fmt.Errorf("%q is no subcommand; did you mean %q?", word, near.Name(word, subcommands))
	case last.Command != nil && last.Command != parent && !anyFlag(ctx) && len(subcommands) > 0:
		err = fmt.Errorf("%q is neither a flag nor a subcommand; the subcommands are %s", word, strings.Join(subcommands, ", "))
	case last.Command != nil && last.Command != parent:
		err = fmt.Errorf("%q is neither a flag nor a subcommand; a flag takes one value, so repeat the flag for several, and quote a pattern of file names", word)
	}
	return pathOf(node), err
}

func anyFlag(ctx *kong.Context) bool {
	return slices.ContainsFunc(ctx.Path, func(step *kong.Path) bool { return step.Flag != nil })
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
