package cmd_test

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/testscript"
)

// Properties: what each script's first lines say.
//
// Besides the commands of testscript, scripts use these:
//
//	exits CODE PROGRAM ARGS...   run it; it must end with this exit code
//	start NAME PROGRAM ARGS...   run it beside the script, its output in NAME.out and NAME.err
//	await FILE REGEXP [VAR]      wait until the file has it; VAR becomes its first group
//	ends NAME CODE [SIGNAL]      send the signal, wait until it ends, with this exit code
//	documents N FILE [sorted]    write that many labelled documents, always the same
//	lines FILE TEXT...           append lines; \xff, \n and \x00 are bytes, <1000> so many letters, <1000 words> so many different words
//	pack FORM FROM TO [BYTES]    compress (gzip, zstd), and keep only the first bytes; of a folder make a tar or zip
//	cut FILE BYTES               keep its first bytes
//	change FILE AT               invert a byte
//	json FILE [KEY=VALUE...]     every line is a JSON object; with keys: the file is one, and has them
//	same A B                     two summaries tell of the same run
//	times N FILE REGEXP          so many lines match
//	untimed FILE                 take speed and latency out of what compare --json wrote
//	took FILE REGEXP MIN         the first group is a duration of at least MIN
//	occupied VAR                 somebody listens at host:port VAR
//	server VAR plain|VERSION     a NATS server at URL VAR: without JetStream, or of an old version
//	mirror VAR DIR [BYTES]       an HTTP server at URL VAR has the files of DIR; its first answer stops after so many bytes
//	predictions URL PIPELINE N   read with a NATS client: N predictions, each position once, in order
//	ask URL SUBJECT FILE OUT     send the file as a NATS request; the answer goes to OUT
//	post URL TYPE FILE OUT       send the file as an HTTP request of this content type; status and answer go to OUT
//	web VAR FOLDER               an HTTP server at URL VAR: the folder's files as they are, "HTTP 503 10" being a status and its Retry-After
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Values[processesKey{}] = processes{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": positive(2, exits), "start": positive(2, startProcess), "await": positive(2, await), "ends": positive(2, ends),
			"documents": positive(2, documents), "lines": positive(2, lines), "pack": positive(3, pack),
			"json": positive(1, checkJSON), "same": positive(2, same), "times": positive(3, times), "took": positive(3, took), "untimed": positive(1, untimed),
			"occupied": positive(1, occupied), "server": positive(2, fakeServer), "redis": positive(2, new(redisServers).do), "mirror": positive(2, startMirror), "predictions": positive(3, predictions),
			"web": positive(2, web), "cut": positive(2, cut), "change": positive(2, change),
			"ask": positive(4, ask), "post": positive(4, post),
		},
	})
}

// positive makes a command that has no negation and needs some arguments.
func positive(least int, f func(*testscript.TestScript, []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < least {
			ts.Fatalf("see the list of commands at TestScripts")
		}
		ts.Check(f(ts, args))
	}
}

func exits(ts *testscript.TestScript, args []string) error {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		return err
	}
	if strconv.Itoa(code) != args[0] {
		return fmt.Errorf("exit code %d, want %s", code, args[0])
	}
	return nil
}

// processes are those beside a script, by name.
type processes map[string]*background

type processesKey struct{}

type background struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

func startProcess(ts *testscript.TestScript, args []string) error {
	c := exec.Command(args[1], args[2:]...)
	c.Dir = ts.MkAbs(".")
	for _, to := range []struct {
		stream *io.Writer
		name   string
	}{{&c.Stdout, ".out"}, {&c.Stderr, ".err"}} {
		f, err := os.Create(ts.MkAbs(args[0] + to.name))
		if err != nil {
			return err
		}
		defer f.Close()
		*to.stream = f
	}
	if _, err := c.StdinPipe(); err != nil { // stays open, and nothing comes
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	p := &background{cmd: c, ended: make(chan struct{})}
	go func() {
		_ = c.Wait()
		close(p.ended)
	}()
	ts.Defer(func() {
		_ = c.Process.Kill()
		<-p.ended
	})
	ts.Value(processesKey{}).(processes)[args[0]] = p
	return nil
}

// patience is how long a script waits for anything.
const patience = 3 * time.Minute

func await(ts *testscript.TestScript, args []string) error {
	re, err := regexp.Compile("(?m)" + args[1])
	if err != nil {
		return err
	}
	path := ts.MkAbs(args[0])
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-look.C {
		text, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if m := re.FindSubmatch(text); m != nil {
			if len(args) > 2 {
				ts.Setenv(args[2], string(m[len(m)-1]))
			}
			return nil
		}
	}
	text, _ := os.ReadFile(path)
	return fmt.Errorf("%s has no %q after %s:\n%s", args[0], args[1], patience, tail(text))
}

func ends(ts *testscript.TestScript, args []string) error {
	p := ts.Value(processesKey{}).(processes)[args[0]]
	if p == nil {
		return fmt.Errorf("no process %q was started", args[0])
	}
	if len(args) > 2 {
		signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": os.Kill}
		if err := p.cmd.Process.Signal(signals[args[2]]); err != nil {
			return err
		}
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		return fmt.Errorf("%s does not end", args[0])
	}
	if code := strconv.Itoa(p.cmd.ProcessState.ExitCode()); code != args[1] {
		text, _ := os.ReadFile(ts.MkAbs(args[0] + ".err"))
		return fmt.Errorf("%s: exit code %s, want %s:\n%s", args[0], code, args[1], tail(text))
	}
	return nil
}

// vocabulary is what the documents of each label are made of.
var vocabulary = []struct{ label, words string }{
	{"politics", "vote law senate minister treaty poll campaign mayor"},
	{"science", "atom cell quantum genome orbit laser fossil enzyme"},
	{"sport", "goal match team cup league striker referee stadium"},
}

func documents(ts *testscript.TestScript, args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	var b bytes.Buffer
	state := uint32(1)
	random := func(below int) int {
		state = state*1664525 + 1013904223 // the constants of Numerical Recipes
		return int(state>>16) % below
	}
	day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		topic := vocabulary[random(len(vocabulary))]
		if len(args) > 2 && args[2] == "sorted" {
			topic = vocabulary[i*len(vocabulary)/n]
		}
		words := strings.Fields(topic.words)
		var text []string
		for range 12 {
			text = append(text, words[random(len(words))])
		}
		fmt.Fprintf(&b, `{"id":"d%d","time":%q,"label":%q,"title":"%s %s","text":%q}`+"\n",
			i+1, day.Add(time.Duration(i)*time.Hour).Format(time.RFC3339), topic.label, text[0], text[1], strings.Join(text, " "))
	}
	return os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o600)
}

// filler stands in a line for so many letters, or for so many words that all
// differ.
var filler = regexp.MustCompile(`<(\d+)( words)?>`)

func lines(ts *testscript.TestScript, args []string) error {
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	for _, line := range args[1:] {
		text, err := strconv.Unquote(`"` + strings.ReplaceAll(line, `"`, `\"`) + `"`)
		if err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
		text = filler.ReplaceAllStringFunc(text, func(match string) string {
			m := filler.FindStringSubmatch(match)
			n, _ := strconv.Atoi(m[1])
			if m[2] == "" {
				return strings.Repeat("x", n)
			}
			var words []byte
			for i := range n {
				words = append(strconv.AppendInt(append(words, 'w'), int64(i), 36), ' ')
			}
			return string(words)
		})
		if _, err := f.WriteString(text + "\n"); err != nil {
			return err
		}
	}
	return f.Close()
}

func pack(ts *testscript.TestScript, args []string) error {
	var b bytes.Buffer
	if args[0] == "tar" || args[0] == "zip" {
		return packFolder(ts, args)
	}
	var w io.WriteCloser = gzip.NewWriter(&b)
	if args[0] == "zstd" {
		z, err := zstd.NewWriter(&b)
		if err != nil {
			return err
		}
		w = z
	}
	if _, err := io.WriteString(w, ts.ReadFile(args[1])); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if len(args) > 3 {
		n, err := strconv.Atoi(args[3])
		if err != nil || n >= b.Len() {
			return fmt.Errorf("%s has %d bytes: cannot keep the first %s", args[2], b.Len(), args[3])
		}
		b.Truncate(n)
	}
	return os.WriteFile(ts.MkAbs(args[2]), b.Bytes(), 0o600)
}

// packFolder makes an archive of a folder.
func packFolder(ts *testscript.TestScript, args []string) error {
	f, err := os.Create(ts.MkAbs(args[2]))
	if err != nil {
		return err
	}
	defer f.Close()
	var w interface {
		AddFS(fs.FS) error
		Close() error
	} = tar.NewWriter(f)
	if args[0] == "zip" {
		w = zip.NewWriter(f)
	}
	return errors.Join(w.AddFS(os.DirFS(ts.MkAbs(args[1]))), w.Close())
}

func checkJSON(ts *testscript.TestScript, args []string) error {
	text := ts.ReadFile(args[0])
	if len(args) == 1 {
		n := 0
		for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); n++ {
			if err := json.Unmarshal(s.Bytes(), &map[string]any{}); err != nil {
				return fmt.Errorf("%s:%d: %w: %s", args[0], n+1, err, s.Text())
			}
		}
		if n == 0 {
			return fmt.Errorf("%s is empty", args[0])
		}
		return nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return fmt.Errorf("%s: %w:\n%s", args[0], err, text)
	}
	for _, want := range args[1:] {
		key, value, _ := strings.Cut(want, "=")
		if got := string(object[key]); got != value {
			return fmt.Errorf("%s: %s is %s, want %s", args[0], key, got, value)
		}
	}
	return nil
}

func same(ts *testscript.TestScript, args []string) error {
	var accounts [2]account
	for i, name := range args[:2] {
		if err := json.Unmarshal([]byte(ts.ReadFile(name)), &accounts[i]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if accounts[0] != accounts[1] {
		return fmt.Errorf("%s: %+v\n%s: %+v", args[0], accounts[0], args[1], accounts[1])
	}
	return nil
}

func times(ts *testscript.TestScript, args []string) error {
	re, err := regexp.Compile(args[2])
	if err != nil {
		return err
	}
	n := 0
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		if re.MatchString(line) {
			n++
		}
	}
	if strconv.Itoa(n) != args[0] {
		return fmt.Errorf("%d lines of %s match %q, want %s", n, args[1], args[2], args[0])
	}
	return nil
}

func took(ts *testscript.TestScript, args []string) error {
	re, err := regexp.Compile(args[1])
	if err != nil {
		return err
	}
	m := re.FindStringSubmatch(ts.ReadFile(args[0]))
	if len(m) < 2 {
		return fmt.Errorf("%s has no %q", args[0], args[1])
	}
	got, err1 := time.ParseDuration(m[1])
	least, err2 := time.ParseDuration(args[2])
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if got < least {
		return fmt.Errorf("it took %s, less than %s", got, least)
	}
	return nil
}
