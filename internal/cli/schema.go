package cli

import (
	_ "embed"
	"fmt"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"tidings/internal/config"
)

// keys lists the flags of all commands, as no command's program has the others'.
// `make docs` writes it again, and a test compares.
//
//go:embed keys.txt
var keys string

// schemaOf is what all commands know, and the model's own command as it is.
func schemaOf(app *kong.Application) (config.Schema, error) {
	all, err := config.ParseSchema(keys)
	if err != nil {
		return nil, fmt.Errorf("keys.txt: %w", err)
	}
	own, err := ownSchema(app)
	if err != nil {
		return nil, err
	}
	for command := range all {
		if command == app.Name || strings.HasPrefix(command, app.Name+" ") {
			delete(all, command)
		}
	}
	for command, flags := range own {
		all[command] = flags
	}
	return all, nil
}

// ownSchema is what one program's commands know.
func ownSchema(app *kong.Application) (config.Schema, error) {
	own := config.Schema{}
	for _, node := range commandsOf(app.Node) {
		path := pathOf(node)
		own.Add(path, "", "")
		for _, flag := range settable(node) {
			kind, err := kindOf(flag)
			if err != nil {
				return nil, fmt.Errorf("%s --%s: %w", path, flag.Name, err)
			}
			own.Add(path, flag.Name, kind)
		}
	}
	return own, nil
}

// commandsOf are the commands below a node that do something with settings.
func commandsOf(node *kong.Node) (nodes []*kong.Node) {
	for _, child := range node.Children {
		if _, ok := child.Target.Addr().Interface().(builtin); ok {
			continue
		}
		if _, ok := child.Target.Addr().Interface().(Command); ok {
			nodes = append(nodes, child)
		}
		nodes = append(nodes, commandsOf(child)...)
	}
	return nodes
}

// settable are the flags that a command gets from files and the environment too.
func settable(node *kong.Node) (flags []*kong.Flag) {
	for _, group := range node.AllFlags(true) {
		for _, flag := range group {
			if !isCallOnly(flag.Name) {
				flags = append(flags, flag)
			}
		}
	}
	return flags
}

// isCallOnly says whether a flag is about the single call: no file has it.
func isCallOnly(name string) bool { return name == "config" || name == "help" || name == "version" }

// kindOf says what a flag takes.
func kindOf(flag *kong.Flag) (config.Kind, error) {
	t := flag.Target.Type()
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if _, ok := reflect.New(t).Interface().(interface{ UnmarshalText([]byte) error }); ok {
		return config.Words, nil
	}
	if t.PkgPath() == "time" {
		return config.Words, nil
	}
	switch t.Kind() {
	case reflect.String:
		return config.Words, nil
	case reflect.Bool:
		return config.Switch, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return config.Whole, nil
	case reflect.Float32, reflect.Float64:
		return config.Real, nil
	case reflect.Slice:
		if t.Elem().Kind() == reflect.String {
			return config.Several, nil
		}
	case reflect.Map:
		if t.Key().Kind() == reflect.String && t.Elem().Kind() == reflect.String {
			return config.Fields, nil
		}
	}
	return "", fmt.Errorf("a configuration file cannot hold a %s yet; see kindOf", t)
}
