package tidings_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"tidings/internal/broker/brokertest"
	"tidings/internal/state/redistest"
)

// patience is for a command of a second or less on a busy machine.
const patience = 3 * time.Minute

// readmeRedis is the README's; one of the test's own stands for it.
const readmeRedis = "redis://127.0.0.1:6379/0"

// guide does what a section says.
type guide struct {
	t        *testing.T
	bin, dir string
	port     string // of the broker
	http     string // port of POST /documents
	web      string // URL of what stands for the web
	redis    string // URL of a Redis, once one is asked for
	commands int
	printed  string // by the section's commands so far
	beside   []*beside
}

// newGuide is a guide in a directory of its own, with the files that the README
// speaks of, and with what stands for the web.
func newGuide(t *testing.T, bin string) *guide {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(web))
	t.Cleanup(s.Close)
	g := &guide{t: t, bin: bin, dir: t.TempDir(), port: freePort(t), http: freePort(t), web: s.URL}
	g.files()
	return g
}

func (g *guide) follow(b block) {
	g.t.Helper()
	if g.redis == "" && strings.Contains(b.text, readmeRedis) {
		g.redis = redistest.Start(g.t)
	}
	switch b.language {
	case "sh", "sh network":
		for line := range strings.Lines(b.text) {
			g.commands++
			command, background := strings.CutSuffix(strings.TrimSpace(line), " &")
			switch {
			case b.language == "sh network":
				g.ask(command)
			case background:
				g.start("the broker is at|documents are taken by POST|until stopped", "sh", "-c", "exec "+g.command(command))
			case strings.HasPrefix(command, "nats req "):
				g.request(command)
			default:
				g.run(command)
			}
		}
	case "yaml":
		g.write("tidings.yaml", b.text)
	case "go":
		source, program := filepath.Join(g.dir, "reader.go"), filepath.Join(g.dir, "reader")
		g.write("reader.go", g.command(b.text))
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
	return strings.NewReplacer(readmeRedis, g.redis, "go run ./cmd/", g.bin+"/", "4222", g.port, "8090", g.http, "https://example.org", g.web).Replace(line)
}

// environ lets the commands find what stands for the web. MAKEFLAGS of a make
// that runs this test are not the reader's.
func (g *guide) environ() []string {
	return append(os.Environ(), "MAKEFLAGS=", "TIDINGS_MIRROR="+g.web, "TIDINGS_ALLOW_PRIVATE=true", "TIDINGS_CACHE="+filepath.Join(g.dir, "cache"))
}

// run runs one command to its end.
func (g *guide) run(line string) {
	g.t.Helper()
	out, err := g.output(line)
	if err != nil {
		g.t.Fatalf("%s: %v\n%s", line, err, out)
	}
	g.printed += out
}

// output is all that a command prints.
func (g *guide) output(line string) (string, error) {
	ctx, cancel := context.WithTimeout(g.t.Context(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, "sh", "-c", g.command(line))
	c.Dir = g.dir
	if line == "make test" {
		c = exec.CommandContext(ctx, "make", "-n", "test")
	}
	c.Env = g.environ()
	c.WaitDelay = time.Second // what the shell has started may outlive it
	out, err := c.CombinedOutput()
	return string(out), err
}

// ask runs a command that cannot succeed here: what it wants is not in the
// cache, and the web of this test does not have it. That it gets so far shows
// that it is understood.
func (g *guide) ask(line string) {
	g.t.Helper()
	out, err := g.output(line)
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		g.t.Fatalf("%s: %v, want exit code 1\n%s", line, err, out)
	}
	for _, want := range []string{"With a network: ingest datasets fetch ", "Without one, by hand:"} {
		if !strings.Contains(out, want) {
			g.t.Fatalf("%s: nothing says %q\n%s", line, want, out)
		}
	}
}

// request does what nats req SUBJECT 'BODY' does, and wants the document taken.
func (g *guide) request(line string) {
	g.t.Helper()
	subject, body, ok := strings.Cut(strings.TrimPrefix(line, "nats req "), " ")
	if !ok || len(body) < 2 || body[0] != '\'' || body[len(body)-1] != '\'' {
		g.t.Fatalf("%s: this is not nats req SUBJECT 'BODY'", line)
	}
	nc, err := nats.Connect("nats://127.0.0.1:" + g.port)
	if err != nil {
		g.t.Fatal(err)
	}
	defer nc.Close()
	answer, err := nc.Request(subject, []byte(body[1:len(body)-1]), patience)
	if err != nil {
		g.t.Fatalf("%s: %v", line, err)
	}
	if !bytes.Contains(answer.Data, []byte(`"status":"accepted"`)) {
		g.t.Fatalf("%s: %s", line, answer.Data)
	}
	g.printed += string(answer.Data)
	if !strings.HasSuffix(g.printed, "\n") {
		g.printed += "\n"
	}
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

// start starts a process and waits until it prints a line with one of the texts.
func (g *guide) start(texts, name string, args ...string) {
	g.t.Helper()
	p := &beside{Cmd: exec.Command(name, args...)}
	p.Dir, p.Env = g.dir, g.environ()
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
			if slices.ContainsFunc(strings.Split(texts, "|"), func(text string) bool { return strings.Contains(line, text) }) {
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
	case <-time.After(patience):
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	g.t.Fatalf("%s printed no line with %q:\n%s", p, texts, &p.text)
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
		kill := time.AfterFunc(patience, func() { _ = p.Process.Kill() })
		p.read.Wait()
		kill.Stop()
	}
}

// freePort is a port that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	_, port, err := net.SplitHostPort(brokertest.FreeAddress(t))
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
		"feeds.txt": "# mine\n" + g.web + "/news.rss\n", "feeds.opml": `<opml version="2.0"><body><outline xmlUrl="` + g.web + `/news.rss"/></body></opml>`,
		"articles.jsonl": lines.String(), "articles.jsonl.gz": packed.String(), "train.jsonl": lines.String(), "test.jsonl": lines.String(),
		"labels.csv": "id,label,by\n5,weather,ann\n7,sport,\n", "articles.csv": csv.String(), "sorted.csv": "label,title,text\n" + sorted[0] + sorted[1],
	} {
		g.write(name, content)
	}
}

func (g *guide) write(name, content string) {
	g.t.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, name), []byte(content), 0o600); err != nil {
		g.t.Fatal(err)
	}
}

// web answers as a feed and as Wikipedia do, and has nothing else.
func web(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/news.rss":
		_, _ = io.WriteString(w, `<rss version="2.0"><channel><title>News</title>
<item><guid>urn:1</guid><title>Cup final</title><description>The team won.</description><category>sport</category></item>
<item><guid>urn:2</guid><title>Storm</title><description>Rain and wind.</description><category>weather</category></item>
</channel></rss>`)
	case "/w/api.php":
		var pages []map[string]any
		for title := range strings.SplitSeq(r.URL.Query().Get("titles"), "|") {
			text := "{{Current events|content=\n;Sports\n*A team won the final. [https://example.org/a (Source)]\n}}"
			slot := map[string]any{"main": map[string]any{"content": text}}
			pages = append(pages, map[string]any{"title": title, "revisions": []any{map[string]any{"slots": slot}}})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"query": map[string]any{"pages": pages}})
	default:
		http.NotFound(w, r)
	}
}
