package tidings_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Properties of the README, section by section, each in a fresh directory that
// holds the files it speaks of:
//   - every command in a sh block succeeds; `go run ./cmd/X` is the command
//     built once, and one that ends in & has to say that it serves or reads,
//     runs beside the others and stops in good order at the section's end;
//   - every command in a "sh network" block asks for data that only a network
//     has: it is understood, and says how to get that;
//   - every go block compiles, and prints predictions when it runs;
//   - a yaml block is the file tidings.yaml of the commands behind it;
//   - the lines of a text block are printed by the section's commands, but for
//     those that hold measured times.
//
// The ports 4222 and 8090 stand for ones that are free, redis://127.0.0.1:6379/0
// for a Redis that the test runs, and a server here stands for the web: for
// example.org and for Wikipedia. `nats req` is done with the client library, as
// few machines have the nats command. `make test` alone is not run, as it is what
// runs this test: make only says what it would do.
func TestREADMECommandsRun(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin, "./cmd/...").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	commands := 0
	for _, s := range sections(string(readme)) {
		if len(s.blocks) == 0 {
			continue
		}
		t.Run(s.title, func(t *testing.T) {
			g := newGuide(t, bin)
			defer g.stop()
			for _, b := range s.blocks {
				g.follow(b)
			}
			commands += g.commands
		})
	}
	if commands < 45 {
		t.Errorf("%d commands were found in the README, it has more: the blocks are not read any more", commands)
	}
}

// Properties: the README's tables name every field of the summary and of the
// lines that --out writes, or those of docs/results.md do.
func TestREADMENamesEveryField(t *testing.T) {
	var readme []byte
	for _, name := range []string{"README.md", "docs/results.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		readme = append(readme, text...)
	}
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin, "./cmd/classify").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	g := newGuide(t, bin)
	g.run("go run ./cmd/classify --from articles.jsonl.gz --test test.jsonl --out out.jsonl --summary summary.json --ngrams 1-2")
	named := map[string]bool{}
	for _, name := range []string{"out.jsonl", "summary.json"} {
		f, err := os.Open(filepath.Join(g.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lines := json.NewDecoder(f); ; {
			var fields map[string]any
			if err := lines.Decode(&fields); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			for field := range fields {
				if !named[field] && !bytes.Contains(readme, []byte("`"+field+"`")) {
					t.Errorf("%s has the field %q, and neither the README nor docs/results.md names it", name, field)
				}
				named[field] = true
			}
		}
	}
}

// section is a part of the README under one heading.
type section struct {
	title  string
	blocks []block
}

// block is a fenced block.
type block struct{ language, text string }

func sections(readme string) (all []section) {
	fence, inside := block{}, false
	for line := range strings.Lines(readme) {
		title, heading := strings.CutPrefix(line, "## ")
		language, fenced := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case inside && fenced:
			last := &all[len(all)-1]
			last.blocks, inside = append(last.blocks, fence), false
		case inside:
			fence.text += line
		case fenced:
			fence, inside = block{language: language}, true
		case heading:
			all = append(all, section{title: strings.TrimSpace(title)})
		}
	}
	return all
}
