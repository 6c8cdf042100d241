package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fleet is a command with a default and a subcommand.
type fleet struct {
	Root
	Sail   sail   `cmd:"" default:"withargs" hidden:"" name:"run"`
	Anchor anchor `cmd:"" help:"Stay."`
}

type sail struct {
	Store   string            `name:"store" placeholder:"DIR" help:"Where."`
	Knots   int               `name:"knots" default:"5" help:"How fast."`
	Night   bool              `name:"night" help:"At night too."`
	Port    []string          `name:"port" sep:"none" help:"Where to."`
	Crew    map[string]string `name:"crew" mapsep:"," help:"Who."`
	Depth   *uint64           `name:"depth" help:"How deep."`
	Hold    Size              `name:"hold" default:"1GB" help:"How much."`
	Captain string            `name:"captain" required:"" help:"Who says so."`
}

func (*sail) Run(context.Context, Streams) error { return nil }

type anchor struct {
	Depth uint64 `name:"depth" help:"How deep."`
}

func (*anchor) Run(context.Context, Streams) error { return nil }

// parsed reads args with a file of that text and an environment.
func parsed(t *testing.T, text string, environ []string, args ...string) (*fleet, *bytes.Buffer, error) {
	t.Helper()
	root, said := &fleet{}, &bytes.Buffer{}
	if text != "" {
		path := filepath.Join(t.TempDir(), "f.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		environ = append(environ, "TIDINGS_CONFIG="+path)
	}
	p := &program{name: "fleet", root: root, environ: environ, streams: Streams{Out: said, Err: said}}
	_, err := p.parse(root, args)
	return root, said, err
}

// Properties: a flag counts more than the environment, that more than the file,
// that more than the default, flag by flag; a required flag may come from any.
func TestFlagsCountMoreThanEnvironmentThanFile(t *testing.T) {
	file := "captain: file\nknots: 1\nstore: file\nfleet:\n  store: section\n"
	root, _, err := parsed(t, file, []string{"TIDINGS_KNOTS=2", "TIDINGS_CAPTAIN=environment"}, "--knots", "3")
	if err != nil {
		t.Fatal(err)
	}
	if got := root.Sail; got.Knots != 3 || got.Captain != "environment" || got.Store != "section" || got.Hold != 1e9 {
		t.Errorf("got %+v", got)
	}
}

// Properties: each kind of flag takes its value from a file, and from the
// environment as it is written on the command line.
func TestEachKindComesFromFileAndEnvironment(t *testing.T) {
	check := func(root *fleet, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		s := root.Sail
		if s.Knots != 7 || !s.Night || len(s.Port) == 0 || s.Port[0] != "a,b" || s.Crew["cook"] != "Ann" || s.Crew["mate"] != "Bo" || s.Depth == nil || *s.Depth != 9 || s.Hold != 2e9 {
			t.Errorf("got %+v", s)
		}
	}
	root, _, err := parsed(t, "captain: c\nknots: 7\nnight: true\nport: [\"a,b\", c]\ncrew: {cook: Ann, mate: Bo}\ndepth: 9\nhold: 2GB\n", nil)
	check(root, err)
	if len(root.Sail.Port) != 2 {
		t.Errorf("ports are %q", root.Sail.Port)
	}
	root, _, err = parsed(t, "", []string{"TIDINGS_CAPTAIN=c", "TIDINGS_KNOTS=7", "TIDINGS_NIGHT=true", "TIDINGS_PORT=a,b", "TIDINGS_CREW=cook=Ann,mate=Bo", "TIDINGS_DEPTH=9", "TIDINGS_HOLD=2GB"})
	check(root, err)
}

// Properties: a value that does not fit is an error with its place or variable,
// unless a flag makes it needless.
func TestWrongValuesAreToldWithWhereTheyStand(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		environ []string
		args    []string
		want    string // "" is no error
	}{
		"file":                 {file: "captain: c\nknots: fast\n", want: "f.yaml:2:8: knots \"fast\": write a whole number"},
		"too large":            {file: "captain: c\ndepth: 99999999999999999999\n", want: "f.yaml:2:8: depth"},
		"a size":               {file: "captain: c\nhold: big\n", want: "f.yaml:2:7: hold: "},
		"environment":          {environ: []string{"TIDINGS_CAPTAIN=c", "TIDINGS_KNOTS=fast"}, want: "TIDINGS_KNOTS: "},
		"empty":                {environ: []string{"TIDINGS_CAPTAIN="}, want: "TIDINGS_CAPTAIN is empty"},
		"overruled":            {environ: []string{"TIDINGS_CAPTAIN=c", "TIDINGS_KNOTS=fast"}, args: []string{"--knots", "1"}},
		"of another command":   {environ: []string{"TIDINGS_CAPTAIN=", "TIDINGS_DEPTH=3"}, args: []string{"anchor"}},
		"missing":              {file: "knots: 1\n", want: "missing flags: --captain"},
		"config in the file":   {file: "config: other.yaml\n", want: "\"config\" is not a setting"},
		"several":              {file: "stroe: x\nknots: fast\nnight: 1\n", want: "f.yaml:3:8: night"},
		"of a command's child": {file: "captain: c\nfleet:\n  anchor:\n    depth: deep\n", want: "f.yaml:4:12: depth"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := parsed(t, c.file, c.environ, c.args...)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Properties: a variable that nobody knows is told with the nearest name, and
// one of another command is not.
func TestUnknownVariablesAreTold(t *testing.T) {
	_, said, err := parsed(t, "", []string{"TIDINGS_CAPTAIN=c", "TIDINGS_KNOST=1", "TIDINGS_PARTITIONS=2", "TIDINGS_TEST_X=1"})
	if err != nil {
		t.Fatal(err)
	}
	want := "fleet: the environment's TIDINGS_KNOST is not known and sets nothing; did you mean TIDINGS_KNOTS?\n"
	if said.String() != want {
		t.Errorf("said %q, want %q", said, want)
	}
}

// Properties: nothing of a password or token is left, and what is none stays.
func TestSecretsAreMasked(t *testing.T) {
	for text, want := range map[string]string{
		"nats://me:geheim@host:4222":          "nats://me:***@host:4222",
		"nats://geheim@host":                  "nats://***@host",
		"redis://:geheim@host/0":              "redis://:***@host/0",
		"nats://me:gehe@im@host":              "nats://me:***@host",
		"nats://me:ge/heim,geheim@host":       "nats://me:***@host",
		"nats://a:geheim@h,nats://b:geheim@i": "nats://a:***@i",
		"https://host/feed?token=geheim&x=1":  "https://host/feed?token=***&x=1",
		"nats://host:4222":                    "nats://host:4222",
		"me@host":                             "me@host",
	} {
		if got := mask(text); got != want {
			t.Errorf("mask(%q) is %q, want %q", text, got, want)
		}
	}
}

// Properties: an error of a setting says where it is set, and no other does.
func TestErrorsSayWhereASettingStands(t *testing.T) {
	s := settings{"store": {text: "news", origin: "f.yaml:1:8"}, "store-size": {text: "1kB", origin: "TIDINGS_STORE_SIZE"}, "model": {text: "arrow", origin: "f.yaml:2:8"}}
	for text, want := range map[string]string{
		"--store is in use":             "--store is in use (store is set by f.yaml:1:8)",
		"--store-size allows 1kB":       "--store-size allows 1kB (store-size is set by TIDINGS_STORE_SIZE)",
		`model "arrow" is not known`:    `model "arrow" is not known (model is set by f.yaml:2:8)`,
		"the store is full":             "the store is full",
		"--from is missing, --storage?": "--from is missing, --storage?",
	} {
		if got := s.explained(errors.New(text)).Error(); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
