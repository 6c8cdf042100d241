package config

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	yamlparser "github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// depthMax bounds how deep a file may nest: command, subcommand, flag, the
// fields of its value, and some.
const depthMax = 8

// problemsMax bounds how many mistakes of a file are told.
const problemsMax = 50

// parser turns the library's tree into entries, and collects what is wrong.
type parser struct {
	file     string
	problems []error
}

func (p *parser) problem(at Position, format string, args ...any) {
	if len(p.problems) < problemsMax {
		p.problems = append(p.problems, &Problem{at, fmt.Errorf(format, args...)})
	}
}

func (p *parser) at(t *token.Token) Position {
	if t == nil || t.Position == nil {
		return Position{p.file, 1, 1}
	}
	return Position{p.file, max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

// parse gives the top level. The error is one that leaves nothing to go on with.
func (p *parser) parse(data []byte) (entries []Entry, err error) {
	defer func() {
		// The library has panicked on odd input; whoever wrote the file can only be told.
		if r := recover(); r != nil {
			entries, err = nil, fmt.Errorf("%s is no YAML that can be read: %v", p.file, r)
		}
	}()
	if at, ok := p.notText(data); ok {
		return nil, &Problem{at, errors.New("this is no UTF-8 text: save the file as UTF-8 without a byte order mark")}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, nil
	}
	tokens := lexer.Tokenize(string(data))
	if err := p.checkTokens(tokens); err != nil {
		return nil, err
	}
	file, err := yamlparser.Parse(tokens, 0, yamlparser.AllowDuplicateMapKey())
	if err != nil {
		if syntax := yaml.Error(nil); errors.As(err, &syntax) {
			return nil, &Problem{p.at(syntax.GetToken()), fmt.Errorf("this is no YAML: %s", syntax.GetMessage())}
		}
		return nil, fmt.Errorf("%s is no YAML: %w", p.file, err)
	}
	for i, document := range file.Docs {
		if document.Body == nil {
			continue
		}
		if i > 0 {
			p.problem(p.at(document.Start), "a second document: put all settings into one, without a line of ---")
			break
		}
		value := p.value(document.Body, 0)
		if value.Form != Mapping && value.Form != Null {
			p.problem(value.At, "this is %s; settings are written as `name: value`, a line each", value.Form)
			continue
		}
		entries = value.Entries
	}
	return entries, nil
}

func (p *parser) notText(data []byte) (Position, bool) {
	line, start := 1, 0
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 || r == 0 || r == '\uFEFF' {
			return Position{p.file, line, utf8.RuneCount(data[start:i]) + 1}, true
		}
		if i += n; r == '\n' {
			line, start = line+1, i
		}
	}
	return Position{}, false
}

// checkTokens refuses what settings do not need, before the library's parser
// spends time on it: that takes the square of the depth.
func (p *parser) checkTokens(tokens token.Tokens) error {
	depth, nested, line := 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType, token.DirectiveType:
			return &Problem{p.at(t), fmt.Errorf("%q: anchors, aliases, tags and directives of YAML are not for settings; write the value itself, in quotes if it begins like this", shortened(t.Value))}
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.MappingKeyType:
			return &Problem{p.at(t), errors.New(`"?": settings are written as "name: value", a line each`)}
		case token.SequenceEntryType:
			if t.Position.Line != line {
				nested, line = 0, t.Position.Line
			}
			nested++
		}
		if depth > depthMax || nested > depthMax {
			return &Problem{p.at(t), fmt.Errorf("nested deeper than %d, which no setting is", depthMax)}
		}
	}
	return nil
}

const shortBytes = 40

func shortened(s string) string {
	if len(s) > shortBytes {
		return s[:shortBytes] + "..."
	}
	return s
}

func (p *parser) value(node ast.Node, depth int) Value {
	v := Value{At: p.at(node.GetToken()), Form: Null}
	if depth > depthMax {
		p.problem(v.At, "nested deeper than %d, which no setting is", depthMax)
		return v
	}
	switch n := node.(type) {
	case *ast.MappingNode:
		v.Form, v.Entries = Mapping, p.entries(n.Values, depth)
	case *ast.MappingValueNode:
		v.Form, v.Entries = Mapping, p.entries([]*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		v.Form = List
		for _, item := range n.Values {
			v.List = append(v.List, p.value(item, depth+1))
		}
	case *ast.NullNode:
	case *ast.BoolNode:
		v.Form, v.Text = Bool, n.Token.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		v.Form, v.Text = Number, node.GetToken().Value
	case *ast.StringNode:
		v.Form, v.Text = Text, n.Value
	case *ast.LiteralNode:
		v.Form, v.Text = Text, n.Value.Value
	default:
		p.problem(v.At, "YAML's %s is not for settings", node.Type())
	}
	return v
}

func (p *parser) entries(nodes []*ast.MappingValueNode, depth int) (entries []Entry) {
	first := map[string]Position{}
	for _, n := range nodes {
		key, at := n.Key.GetToken().Value, p.at(n.Key.GetToken())
		if before, ok := first[key]; ok {
			p.problem(at, "%s stands here a second time, first in line %d: keep one", key, before.Line)
			continue
		}
		first[key] = at
		entries = append(entries, Entry{Key: key, At: at, Value: p.value(n.Value, depth+1)})
	}
	return entries
}
