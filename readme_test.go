package tidings_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Properties of the README, section by section, each in a fresh directory that
// holds the files it speaks of:
//   - every command in a sh block succeeds; `go run ./cmd/X` is the command
//     built once, and one that ends in & has to say where its broker is, runs
//     beside the others and stops in good order at the section's end;
//   - every go block compiles, and prints predictions when it runs;
//   - the lines of a text block are printed by the section's commands, but for
//     those that hold measured times.
//
// The port 4222 stands for one that is free. `make test` alone is not run, as
// it is what runs this test: make only says what it would do.
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
			g := &guide{t: t, bin: bin, dir: t.TempDir(), port: freePort(t)}
			g.files()
			defer g.stop()
			for _, b := range s.blocks {
				g.follow(b)
			}
			commands += g.commands
		})
	}
	if commands < 20 {
		t.Errorf("%d commands were found in the README, it has more: the blocks are not read any more", commands)
	}
}

// Properties: the README's tables name every field of the summary and of the
// lines that --out writes.
func TestREADMENamesEveryField(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	g := &guide{t: t, bin: t.TempDir(), dir: t.TempDir()}
	if out, err := exec.Command("go", "build", "-o", g.bin, "./cmd/classify").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	g.files()
	g.run("go run ./cmd/classify --from articles.jsonl.gz --test test.jsonl --out out.jsonl --summary summary.json")
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
					t.Errorf("%s has the field %q, and the README does not name it", name, field)
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

// guide does what a section says.
type guide struct {
	t        *testing.T
	bin, dir string
	port     string
	commands int
	printed  string // by the section's commands so far
	beside   []*beside
}

func (g *guide) follow(b block) {
	g.t.Helper()
	switch b.language {
	case "sh":
		for line := range strings.Lines(b.text) {
			g.commands++
			if line, background := strings.CutSuffix(strings.TrimSpace(line), " &"); background {
				g.start("the broker is at", "sh", "-c", "exec "+g.command(line))
			} else {
				g.run(line)
			}
		}
	case "go":
		source, program := filepath.Join(g.dir, "reader.go"), filepath.Join(g.dir, "reader")
		if err := os.WriteFile(source, []byte(strings.ReplaceAll(b.text, "4222", g.port)), 0o600); err != nil {
			g.t.Fatal(err)
		}
		if out, err := exec.Command("go", "build", "-o", program, source).CombinedOutput(); err != nil {
			g.t.Fatalf("the README's program does not compile: %v\n%s", err, out)
		}
		g.start(`"probability":`, program)
	case "text":
		g.compare(b.text)
	default:
		g.t.Fatalf("the README has a block in %q, which nobody tests", b.language)
	}
}

// command is a command of the README as it runs here.
func (g *guide) command(line string) string {
	line = strings.ReplaceAll(line, "go run ./cmd/", g.bin+"/")
	return strings.ReplaceAll(line, "4222", g.port)
}

// run runs one command to its end.
func (g *guide) run(line string) {
	g.t.Helper()
	line = strings.TrimSpace(line)
	ctx, cancel := context.WithTimeout(g.t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "sh", "-c", "exec "+g.command(line))
	c.Dir = g.dir
	if line == "make test" {
		c = exec.CommandContext(ctx, "make", "-n", "test")
	}
	c.Env = append(os.Environ(), "MAKEFLAGS=") // those of a make that runs this test are not the reader's
	out, err := c.CombinedOutput()
	if err != nil {
		g.t.Fatalf("%s: %v\n%s", line, err, out)
	}
	g.printed += string(out)
}

// compare wants every line of an example to have been printed.
func (g *guide) compare(text string) {
	g.t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		measured := strings.Contains(line, "documents in ") || strings.Contains(line, "  speed ") || strings.Contains(line, "  latency ")
		if !measured && strings.TrimSpace(line) != "…" && !strings.Contains(g.printed, line+"\n") {
			g.t.Errorf("the README shows a line that is not printed:\n%s", line)
		}
	}
}

// beside is a process that runs beside the section's commands.
type beside struct {
	*exec.Cmd
	mu   sync.Mutex
	text bytes.Buffer
	read sync.WaitGroup
}

// start starts a process and waits until it prints a line with that text.
func (g *guide) start(text, name string, args ...string) {
	g.t.Helper()
	p := &beside{Cmd: exec.Command(name, args...)}
	p.Dir = g.dir
	r, w := io.Pipe()
	p.Stdout, p.Stderr = w, w
	if err := p.Start(); err != nil {
		g.t.Fatal(err)
	}
	g.beside = append(g.beside, p)
	seen, closed := make(chan struct{}), make(chan struct{})
	p.read.Go(func() {
		defer close(closed)
		var once sync.Once
		for in := bufio.NewReader(r); ; {
			line, err := in.ReadString('\n')
			p.mu.Lock()
			p.text.WriteString(line)
			p.mu.Unlock()
			if strings.Contains(line, text) {
				once.Do(func() { close(seen) })
			}
			if err != nil {
				return
			}
		}
	})
	ended := make(chan error, 1)
	go func() {
		ended <- p.Wait()
		_ = w.Close()
	}()
	p.read.Go(func() { g.expect(p, <-ended) })
	select {
	case <-seen:
		return
	case <-closed:
	case <-time.After(time.Minute):
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	g.t.Fatalf("%s printed no line with %q:\n%s", p, text, &p.text)
}

// expect wants a process that was interrupted to have ended by that.
func (g *guide) expect(p *beside, err error) {
	const interrupted = 130 // what the commands exit with; other programs die of the signal
	status, ok := p.ProcessState.Sys().(syscall.WaitStatus)
	if code := p.ProcessState.ExitCode(); code != interrupted && !(ok && status.Signaled() && status.Signal() == os.Interrupt) {
		p.mu.Lock()
		defer p.mu.Unlock()
		g.t.Errorf("%s ended with exit code %d (%v):\n%s", p, code, err, &p.text)
	}
}

// stop interrupts what runs beside, the last one first, and waits for it.
func (g *guide) stop() {
	for i := len(g.beside) - 1; i >= 0; i-- {
		p := g.beside[i]
		_ = p.Process.Signal(os.Interrupt) // it may have ended, which expect tells
		kill := time.AfterFunc(time.Minute, func() { _ = p.Process.Kill() })
		p.read.Wait()
		kill.Stop()
	}
}

// freePort is a port that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// files makes the files that the README speaks of.
func (g *guide) files() {
	g.t.Helper()
	const documents = 400
	var lines, csv strings.Builder
	csv.WriteString("published,section,headline,body\n")
	var sorted [2]string
	for i := range documents {
		label, text := "sport", "the team won the match in extra time"
		if i%2 == 1 {
			label, text = "weather", "rain and wind from the west, storms at night"
		}
		fmt.Fprintf(&lines, `{"id":"%d","time":"2026-01-%02dT12:00:00Z","label":%q,"title":"Report %d","text":%q}`+"\n", i, 1+i*30/documents, label, i, text)
		fmt.Fprintf(&csv, "2026-01-%02d,%s,Report %d,%q\n", 1+i*30/documents, label, i, text)
		sorted[i%2] += fmt.Sprintf("%s,Report %d,%q\n", label, i, text)
	}
	lines.WriteString(`{"id":"0","title":"An id that came before"}` + "\n")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(lines.String()))
	if err := z.Close(); err != nil {
		g.t.Fatal(err)
	}
	for name, content := range map[string]string{
		"articles.jsonl": lines.String(), "articles.jsonl.gz": packed.String(), "train.jsonl": lines.String(), "test.jsonl": lines.String(),
		"articles.csv": csv.String(), "sorted.csv": "label,title,text\n" + sorted[0] + sorted[1],
	} {
		if err := os.WriteFile(filepath.Join(g.dir, name), []byte(content), 0o600); err != nil {
			g.t.Fatal(err)
		}
	}
}
