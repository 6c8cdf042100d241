package cmd_test

import (
	"bufio"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tidings/internal/broker/brokertest"
)

// process is a command that runs beside the test.
type process struct {
	*exec.Cmd
	name string
	mu   sync.Mutex
	text strings.Builder
	seen chan string // lines of standard error
	done chan error
}

// start starts a command; the test's end kills it if it still runs.
func start(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(name, args...), name: name + " " + strings.Join(args, " "), seen: make(chan string, 1000), done: make(chan error, 1)}
	r, w := io.Pipe()
	p.Stdout, p.Stderr = w, w
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		for lines := bufio.NewScanner(r); lines.Scan(); {
			p.mu.Lock()
			p.text.WriteString(lines.Text() + "\n")
			p.mu.Unlock()
			select {
			case p.seen <- lines.Text():
			default:
			}
		}
	})
	go func() {
		err := p.Wait()
		_ = w.Close()
		reading.Wait()
		p.done <- err
	}()
	t.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// find waits for a line that matches and returns its first group.
func (p *process) find(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	deadline := time.After(brokertest.Patience)
	for {
		select {
		case line := <-p.seen:
			if m := re.FindStringSubmatch(line); m != nil {
				return m[len(m)-1]
			}
		case err := <-p.done:
			t.Fatalf("%s ended (%v) without a line %q:\n%s", p.name, err, pattern, p.output())
		case <-deadline:
			t.Fatalf("%s printed no line %q:\n%s", p.name, pattern, p.output())
		}
	}
}

// end waits for the process and wants the exit code.
func (p *process) end(t *testing.T, code int) {
	t.Helper()
	select {
	case <-p.done:
		if got := p.ProcessState.ExitCode(); got != code {
			t.Fatalf("%s: exit code %d, want %d:\n%s", p.name, got, code, p.output())
		}
	case <-time.After(brokertest.Patience):
		t.Fatalf("%s does not end:\n%s", p.name, p.output())
	}
}

// Properties: the stages of one pipeline divided among processes, and the
// source fed by yet another, give the account of one process; the process with
// the last stage writes the summary at the end of the source; all stop in good
// order.
func TestStagesInSeveralProcesses(t *testing.T) {
	file := dataset(t, "wikipedia-current-events.jsonl.gz")
	want := untouched(t, file)
	for _, partitions := range []string{"2", "tokenize=2,df=4,classify=2,topics=2"} {
		t.Run(partitions, func(t *testing.T) {
			dir := t.TempDir()
			summary := filepath.Join(dir, "summary.json")
			first := start(t, "classify", "--listen", "127.0.0.1:0", "--store", dir, "--stages", "tokenize,df/0", "--partitions", partitions)
			url := first.find(t, `broker is at (nats://[0-9.:]+)`)
			var others []*process
			for _, stages := range []string{"df/1", "classify/0", "classify/1", "topics"} {
				args := []string{"--nats", url, "--stages", stages, "--partitions", partitions}
				if stages == "df/1" && partitions != "2" {
					args[3] = "df/1,df/2,df/3"
				}
				if stages == "topics" {
					args = append(args, "--summary", summary, "--from", "log", "--until", "end")
					command(t, "ingest", "--nats", url, "--from", file)
				}
				others = append(others, start(t, "classify", args...))
			}
			others[len(others)-1].end(t, 0)
			if got := readAccount(t, summary); got != want {
				t.Fatalf("\n got %+v\nwant %+v", got, want)
			}
			for _, p := range append(others[:len(others)-1:len(others)-1], first) {
				if err := p.Process.Signal(syscall.SIGINT); err != nil {
					t.Fatal(err)
				}
				p.end(t, 130)
			}
		})
	}
}
