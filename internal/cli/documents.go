package cli

import (
	"errors"
	"fmt"
	"io"

	"tidings/internal/reference"
)

// completionCommand is `completion`.
type completionCommand struct {
	Shell string `arg:"" name:"shell" complete:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is its longer description.
func (*completionCommand) Help() string {
	return `Load it where your shell reads its settings, for classify for instance:

  source <(classify completion bash)                                          in ~/.bashrc
  source <(classify completion zsh)                                           in ~/.zshrc, after compinit
  classify completion fish > ~/.config/fish/completions/classify.fish`
}

func (c *completionCommand) run(p *program, call *call) error {
	write, ok := map[string]func(io.Writer, reference.Command) error{
		"bash": reference.Bash, "zsh": reference.Zsh, "fish": reference.Fish,
	}[c.Shell]
	if !ok {
		text := fmt.Sprintf("shell %q is not known; there are bash, zsh and fish", c.Shell)
		return &UsageError{errors.New(text)}
	}
	root, err := describe(call.app)
	if err != nil {
		return err
	}
	return write(p.streams.Out, root)
}

// referenceCommand prints what is in docs and keys.txt.
type referenceCommand struct {
	Form string `arg:"" enum:"markdown,man,keys" help:"markdown, man or keys."`
}

func (c *referenceCommand) run(p *program, call *call) error {
	if c.Form == "keys" {
		own, err := ownSchema(call.app)
		if err == nil {
			_, err = io.WriteString(p.streams.Out, own.String())
		}
		return err
	}
	root, err := describe(call.app)
	if err != nil {
		return err
	}
	if c.Form == "man" {
		return reference.Man(p.streams.Out, root)
	}
	return reference.Markdown(p.streams.Out, root)
}
