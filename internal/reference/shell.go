package reference

import (
	"fmt"
	"io"
	"strings"
	"text/template"
)

// place is a command as the scripts see it: what may follow there.
type place struct {
	Path      string // "classify config"
	Flags     []Flag // its own and those that hold everywhere
	Commands  []Command
	Arguments Completion // of all its arguments
}

// places are the command and all subcommands.
func places(root Command) (all []place) {
	var everywhere []Flag
	for _, f := range root.Flags {
		if f.Key == "" {
			everywhere = append(everywhere, f)
		}
	}
	for _, c := range root.all() {
		p := place{Path: c.Name, Flags: c.Flags, Commands: c.Commands}
		if c.Name != root.Name {
			p.Flags = append(append([]Flag{}, c.Flags...), everywhere...)
		}
		for _, a := range c.Arguments {
			p.Arguments.Words = append(p.Arguments.Words, a.Completion.Words...)
			p.Arguments.Files = p.Arguments.Files || a.Completion.Files
			p.Arguments.Folders = p.Arguments.Folders || a.Completion.Folders
		}
		all = append(all, p)
	}
	return all
}

// script fills one of the templates below.
func script(w io.Writer, text string, root Command) error {
	t, err := template.New("completion").Funcs(template.FuncMap{
		"line": line, "words": func(c Completion) string { return strings.Join(c.Words, " ") },
		"quote": quote, "below": func(path, name string) string { return path + " " + name }, "last": last,
		"described": func(name, about string) string { return strings.ReplaceAll(name, ":", `\:`) + ":" + about },
	}).Parse(text)
	if err != nil {
		return fmt.Errorf("completion: %w", err)
	}
	return t.Execute(w, struct {
		Name   string
		Places []place
	}{root.Name, places(root)})
}

// quote makes one word of a text in bash, zsh and fish alike.
func quote(s string) string { return "'" + strings.NewReplacer(`\`, "", "'", "’").Replace(s) + "'" }

func last(name string) string { return name[strings.LastIndex(name, " ")+1:] }

// Bash writes a script that completes the command in bash, 3.2 or later.
func Bash(w io.Writer, root Command) error { return script(w, bash, root) }

// Zsh writes a script that completes the command in zsh.
func Zsh(w io.Writer, root Command) error { return script(w, zsh, root) }

// Fish writes a script that completes the command in fish.
func Fish(w io.Writer, root Command) error { return script(w, fish, root) }

// In bash a word ends at =, so --model=a are three words.
const bash = `# Completion of {{.Name}} in bash: source <({{.Name}} completion bash)

_{{.Name}}_offer() { # KIND CURRENT [WORDS]
    local word
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(
        if [[ -n ${3-} ]]; then compgen -W "$3" -- "$2"; fi
        case $1 in
        files) compgen -f -- "$2" ;;
        folders) compgen -d -- "$2" ;;
        esac
    )
    if [[ $1 != words ]]; then compopt -o filenames 2>/dev/null; fi
}

_{{.Name}}_complete() {
    local current=${COMP_WORDS[COMP_CWORD]} flag= at={{.Name}} i
    COMPREPLY=()
    if ((COMP_CWORD > 0)); then flag=${COMP_WORDS[COMP_CWORD - 1]}; fi
    if [[ $current == = ]]; then
        current=
    elif [[ $flag == = ]]; then
        flag=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$at ${COMP_WORDS[i]}" in
{{- range $p := .Places}}{{range .Commands}}
        {{quote .Name}}) at={{quote .Name}} ;;
{{- end}}{{end}}
        *) break ;;
        esac
    done
    case "$at $flag" in
{{- range $p := .Places}}{{range .Flags}}{{if not .Switch}}
    {{quote (print $p.Path " --" .Name)}}) {{if .Completion.Files}}_{{$.Name}}_offer files "$current" {{quote (words .Completion)}}{{else if .Completion.Folders}}_{{$.Name}}_offer folders "$current"{{else if .Completion.Words}}_{{$.Name}}_offer words "$current" {{quote (words .Completion)}}{{else}}:{{end}}; return ;;
{{- end}}{{end}}{{end}}
    esac
    case $at in
{{- range .Places}}
    {{quote .Path}})
        if [[ $current == -* ]]; then
            _{{$.Name}}_offer words "$current" '{{range .Flags}} --{{.Name}}{{end}}'
        else
            _{{$.Name}}_offer {{if .Arguments.Files}}files{{else if .Arguments.Folders}}folders{{else}}words{{end}} "$current" '{{range .Commands}} {{last .Name}}{{end}} {{words .Arguments}}'
        fi
        ;;
{{- end}}
    esac
}

complete -F _{{.Name}}_complete {{.Name}}
`

const zsh = `#compdef {{.Name}}
# Completion of {{.Name}} in zsh: source <({{.Name}} completion zsh), after compinit

_{{.Name}}() {
    local current=$words[CURRENT] flag=$words[CURRENT-1] at={{.Name}} i
    local -a flags commands
    if [[ $current == --*=* ]]; then
        flag=${current%%=*}
        compset -P '*='
    fi
    for ((i = 2; i < CURRENT; i++)); do
        case "$at $words[i]" in
{{- range $p := .Places}}{{range .Commands}}
        ({{quote .Name}}) at={{quote .Name}} ;;
{{- end}}{{end}}
        (*) break ;;
        esac
    done
    case "$at $flag" in
{{- range $p := .Places}}{{range .Flags}}{{if not .Switch}}
    ({{quote (print $p.Path " --" .Name)}}) {{if .Completion.Words}}compadd -- {{range .Completion.Words}}{{quote .}} {{end}}; {{end}}{{if .Completion.Files}}_files; {{else if .Completion.Folders}}_files -/; {{end}}return ;;
{{- end}}{{end}}{{end}}
    esac
    case $at in
{{- range .Places}}
    ({{quote .Path}})
        flags=(
{{- range .Flags}}
            {{quote (described (print "--" .Name) (line .About))}}
{{- end}}
        )
        commands=(
{{- range .Commands}}
            {{quote (described (last .Name) (line .About))}}
{{- end}}
        )
        if [[ $current == -* ]]; then
            _describe -o 'flag' flags
        else
            if (($#commands)); then _describe 'command' commands; fi
{{- if .Arguments.Words}}
            compadd -- {{range .Arguments.Words}}{{quote .}} {{end}}
{{- end}}{{if .Arguments.Files}}
            _files
{{- else if .Arguments.Folders}}
            _files -/
{{- end}}
        fi
        ;;
{{- end}}
    esac
}

if [[ $funcstack[1] == _{{.Name}} ]]; then
    _{{.Name}} "$@"
else
    compdef _{{.Name}} {{.Name}}
fi
`

const fish = `# Completion of {{.Name}} in fish: {{.Name}} completion fish | source

function __{{.Name}}_at
    set -l at {{.Name}}
    for word in (commandline -opc)[2..-1]
        switch "$at $word"
{{- range $p := .Places}}{{range .Commands}}
            case {{quote .Name}}
                set at {{quote .Name}}
{{- end}}{{end}}
            case '*'
                break
        end
    end
    test "$at" = "$argv[1]"
end

complete -c {{.Name}} -f
{{- range $p := .Places}}
{{- range .Commands}}
complete -c {{$.Name}} -n {{printf "\"__%s_at '%s'\"" $.Name $p.Path}} -a {{last .Name}} -d {{quote (line .About)}}
{{- end}}
{{- range .Flags}}
complete -c {{$.Name}} -n {{printf "\"__%s_at '%s'\"" $.Name $p.Path}} -l {{.Name}}{{if not .Switch}}{{if .Completion.Files}} -r -F{{else}} -x{{end}}{{if .Completion.Words}} -a {{quote (words .Completion)}}{{else if .Completion.Folders}} -a '(__fish_complete_directories)'{{end}}{{end}} -d {{quote (line .About)}}
{{- end}}
{{- if .Arguments.Words}}
complete -c {{$.Name}} -n {{printf "\"__%s_at '%s'\"" $.Name $p.Path}} -a {{quote (words .Arguments)}}
{{- end}}{{if .Arguments.Files}}
complete -c {{$.Name}} -n {{printf "\"__%s_at '%s'\"" $.Name $p.Path}} -F
{{- end}}
{{- end}}
`
