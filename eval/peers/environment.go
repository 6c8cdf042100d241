package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// environment returns the Python that has the peers. What is missing is
// installed, outside the tree.
func environment(ctx context.Context, s settings, progress io.Writer) (python string, err error) {
	dir := s.venv
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no place for the peers, name one with -venv: %w", err)
		}
		dir = filepath.Join(cache, "tidings", "peers")
	}
	python = filepath.Join(dir, "bin", "python")
	wanted, err := os.ReadFile(filepath.Join(s.scripts, "requirements.txt"))
	if err != nil {
		return "", fmt.Errorf("what to install is not known; start it at the project's root, or name -scripts: %w", err)
	}
	// The copy of the list is written last: where it is, all of it is installed.
	installed := filepath.Join(dir, "installed.txt")
	if has, err := os.ReadFile(installed); err == nil && string(has) == string(wanted) {
		return python, nil
	}
	for _, command := range [][]string{
		{"python3", "-m", "venv", dir},
		{python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", filepath.Join(s.scripts, "requirements.txt")},
	} {
		fmt.Fprintln(progress, "installing the peers:", command)
		c := exec.CommandContext(ctx, command[0], command[1:]...)
		c.Stdout, c.Stderr = progress, progress
		if err := c.Run(); err != nil {
			return "", fmt.Errorf("the peers cannot be installed: %v: %w; Python 3.11 or later with venv and pip is needed", command, err)
		}
	}
	return python, os.WriteFile(installed, wanted, 0o644)
}
