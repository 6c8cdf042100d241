package cmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// completions are what a shell offers after a line, in a folder that holds
// news.jsonl and the folder store.
var completions = map[string]struct {
	line  string
	want  []string // all of it has to be offered
	never []string
}{
	"flags":                   {line: "classify --mod", want: []string{"--model"}, never: []string{"--store"}},
	"flags of a subcommand":   {line: "classify doctor --js", want: []string{"--json"}},
	"flags of all commands":   {line: "classify doctor --conf", want: []string{"--config"}},
	"not another's flags":     {line: "classify doctor --summ", never: []string{"--summary"}},
	"subcommands":             {line: "classify do", want: []string{"doctor"}, never: []string{"config"}},
	"subcommands below":       {line: "classify config ", want: []string{"check", "print"}, never: []string{"doctor"}},
	"values":                  {line: "classify --model ", want: []string{"arow", "ftrl"}, never: []string{"doctor", "news.jsonl"}},
	"values after =":          {line: "classify --model=a", want: []string{"arow"}, never: []string{"ftrl"}},
	"formats":                 {line: "classify --format c", want: []string{"csv"}},
	"files":                   {line: "classify --test n", want: []string{"news.jsonl"}},
	"sources":                 {line: "classify --from s", want: []string{"sample"}},
	"data sets":               {line: "classify --from ag", want: []string{"ag-news"}},
	"folders":                 {line: "classify --store s", want: []string{"store"}, never: []string{"sample"}},
	"nothing for a free text": {line: "classify --pipeline n", never: []string{"news.jsonl"}},
	"shells":                  {line: "classify completion ", want: []string{"bash", "fish", "zsh"}},
	"files of config check":   {line: "classify config check n", want: []string{"news.jsonl"}},
}

// Properties: what each shell offers, asked in the shell itself.
func TestCompletionOffersWhatFits(t *testing.T) {
	for shell, ask := range map[string]func(t *testing.T, script, line string) []string{"bash": askBash, "zsh": askZsh, "fish": askFish} {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(shell); err != nil {
				if os.Getenv("CI") != "" {
					t.Fatalf("%s IS MISSING: nothing says that its completion works; `make shells` installs it", strings.ToUpper(shell))
				}
				t.Skipf("%s IS MISSING: nothing says that its completion works; `make shells` installs it", strings.ToUpper(shell))
			}
			script := filepath.Join(t.TempDir(), "completion")
			if err := os.WriteFile(script, printed(t, "classify", "completion", shell), 0o600); err != nil {
				t.Fatal(err)
			}
			for name, c := range completions {
				t.Run(name, func(t *testing.T) {
					got := ask(t, script, c.line)
					for _, w := range c.want {
						if !slices.Contains(got, w) {
							t.Errorf("%q: %q is not offered: %q", c.line, w, got)
						}
					}
					for _, w := range c.never {
						if slices.Contains(got, w) {
							t.Errorf("%q: %q is offered: %q", c.line, w, got)
						}
					}
				})
			}
		})
	}
}

// Properties: the script of each command is one that the shell can read.
func TestCompletionOfEachCommandIsRead(t *testing.T) {
	for _, name := range programs {
		for _, shell := range []string{"bash", "zsh", "fish"} {
			script := printed(t, name, "completion", shell)
			if _, err := exec.LookPath(shell); err != nil {
				t.Logf("%s IS MISSING: nobody has read the script for it", strings.ToUpper(shell))
				continue
			}
			c := commandOf(t, shell, "-n", "/dev/stdin")
			c.Stdin = strings.NewReader(string(script))
			if out, err := c.CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%s -n of %s: %v\n%s", shell, name, err, out)
			}
		}
	}
}

// shellFolder holds a file and a folder to complete.
func shellFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "store"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "news.jsonl"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func runShell(t *testing.T, dir, shell string, args ...string) string {
	t.Helper()
	c := commandOf(t, shell, args...)
	c.Dir, c.Env = dir, append(os.Environ(), "HOME="+dir, "TERM=dumb")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", shell, err, out)
	}
	return string(out)
}

// askBash splits the line as bash does, where = is a word of its own.
func askBash(t *testing.T, script, line string) []string {
	words := strings.Fields(strings.ReplaceAll(line, "=", " = "))
	if strings.HasSuffix(line, " ") {
		words = append(words, "")
	}
	program := `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _classify_complete; printf '%s\n' "${COMPREPLY[@]}"`
	out := runShell(t, shellFolder(t), "bash", append([]string{"--norc", "-uc", program, "bash", script}, words...)...)
	return strings.Fields(out)
}

func askFish(t *testing.T, script, line string) (offered []string) {
	out := runShell(t, shellFolder(t), "fish", "-N", "-c", `source $argv[1]; complete -C $argv[2]`, script, line)
	for l := range strings.Lines(out) {
		word, _, _ := strings.Cut(strings.TrimSpace(l), "\t")
		_, value, isFlag := strings.Cut(word, "=")
		if isFlag {
			word = value
		}
		offered = append(offered, strings.TrimSuffix(word, "/"))
	}
	return offered
}

// askZsh runs zsh's completion with a function in the place of compadd that
// tells what would be offered: zsh shows it in a terminal alone. The terminal
// echoes what is typed, so what is waited for is typed in two pieces.
func askZsh(t *testing.T, script, line string) []string {
	program := `zmodload zsh/zpty
zpty shell zsh -f -i
line() { zpty -w shell $1 }
line 'PS1=; PROMPT_EOL_MARK=; unsetopt zle_bracketed_paste; LISTMAX=1000; stty columns 400 rows 1000'
line "autoload -U compinit; compinit -u -d $1.dump; source $1"
line 'zstyle ":completion:*" list-colors ""; zstyle ":completion:*" list-packed no'
line 'offer() { compadd() { local -a words; local w; if [[ " $* " == *" -O "* || " $* " == *" -A "* || " $* " == *" -D "* ]]; then builtin compadd "$@"; return; fi; builtin compadd -O words "$@"; for w in $words; do print -r "OFF""ER $w"; done; builtin compadd "$@" }; _main_complete; print -r "OFFERED ""ALL"; exit }'
line 'zle -C offer complete-word offer; bindkey "^T" offer; print -r READ""Y'
zpty -r -m shell out '*READY*'
zpty -n -w shell "$2"$'\x14'
zpty -r -m shell out '*OFFERED ALL*'
print -r -- $out`
	out := runShell(t, shellFolder(t), "zsh", "-f", "-c", program, "zsh", script, line)
	var offered []string
	for l := range strings.Lines(out) {
		if _, word, ok := strings.Cut(strings.TrimSpace(l), "OFFER "); ok {
			offered = append(offered, strings.TrimSuffix(word, "/"))
		}
	}
	return offered
}
