package cli

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"tidings/internal/config"
	"tidings/internal/reference"
)

// describe tells a program's commands and flags without kong, for documentation
// and completion.
func describe(app *kong.Application) (reference.Command, error) {
	root, err := describeNode(app.Node)
	if err != nil {
		return root, err
	}
	root.About, root.Text = "", app.Help
	if app.DefaultCmd != nil {
		own, err := describeFlags(app.DefaultCmd.Flags)
		if err != nil {
			return root, err
		}
		root.Flags = append(own, root.Flags...)
		root.Arguments = describeArguments(app.DefaultCmd)
	}
	return root, nil
}

func describeNode(node *kong.Node) (c reference.Command, err error) {
	c = reference.Command{Name: node.FullPath(), About: node.Help, Text: node.Detail, Arguments: describeArguments(node)}
	if c.Flags, err = describeFlags(node.Flags); err != nil {
		return c, fmt.Errorf("%s: %w", c.Name, err)
	}
	for _, child := range node.Children {
		if child.Hidden {
			continue
		}
		sub, err := describeNode(child)
		if err != nil {
			return c, err
		}
		c.Commands = append(c.Commands, sub)
	}
	return c, nil
}

func describeArguments(node *kong.Node) (arguments []reference.Argument) {
	for _, p := range node.Positional {
		arguments = append(arguments, reference.Argument{
			Name: p.Name, About: p.Help, Optional: !p.Required, Several: p.IsCumulative(), Completion: completionOf(p, p.Name),
		})
	}
	return arguments
}

func describeFlags(flags []*kong.Flag) (all []reference.Flag, err error) {
	for _, flag := range flags {
		if flag.Hidden {
			continue
		}
		f := reference.Flag{
			Name: flag.Name, About: flag.Help, Default: flag.Default, Required: flag.Required,
			Switch: flag.IsBool(), Completion: completionOf(flag.Value, flag.PlaceHolder),
		}
		if flag.Short != 0 {
			f.Short = string(flag.Short)
		}
		if flag.Group != nil {
			f.Group = flag.Group.Title
		}
		if !f.Switch {
			f.Placeholder = flag.FormatPlaceHolder()
		}
		if !isCallOnly(flag.Name) {
			kind, err := kindOf(flag)
			if err != nil {
				return nil, fmt.Errorf("--%s: %w", flag.Name, err)
			}
			f.Key, f.Environment, f.Several = flag.Name, envName(flag.Name), kind == config.Several
		} else if flag.Name == "config" {
			f.Environment = envName(flag.Name)
		}
		all = append(all, f)
	}
	return all, nil
}

// completionOf says what can be written for a value. A flag tells it in a tag,
// complete:"sample,log,FILE", where FILE and DIR stand for paths and ${...} for
// the variables of Vars that list words; a placeholder FILE or DIR says it as
// well.
func completionOf(v *kong.Value, placeholder string) (c reference.Completion) {
	tag := v.Tag.Get("complete")
	if tag == "" {
		tag = placeholder
		if v.Enum != "" {
			tag = v.Enum
		} else if tag = strings.ToUpper(tag); tag != "FILE" && tag != "DIR" {
			return c
		}
	}
	for name, value := range Vars() {
		tag = strings.ReplaceAll(tag, "${"+name+"}", strings.NewReplacer(", ", ",", " or ", ",", " and ", ",").Replace(value))
	}
	for word := range strings.SplitSeq(tag, ",") {
		switch word = strings.TrimSpace(word); word {
		case "FILE":
			c.Files = true
		case "DIR":
			c.Folders = true
		case "":
		default:
			c.Words = append(c.Words, word)
		}
	}
	return c
}
