package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"tidings/pipeline"
)

// Limits of workers that are processes.
const (
	crashesMax   = 3                // in a row, of a worker that no fault has killed
	crashesSpan  = time.Minute      // a worker that lives longer has not crashed in a row
	partTime     = 15 * time.Second // how long a worker may take to stop
	lastWordsMax = 2000             // bytes of what a worker said before it crashed
)

// work runs the stages: here, or in processes of their own.
func (r *job) work(ctx context.Context) error {
	if r.flags.Isolate == "" {
		return r.runner.Run(ctx)
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var errs errorList
	var members sync.WaitGroup
	for _, stages := range r.plan.Workers() {
		m := &member{job: r, program: program, stages: stages}
		members.Go(func() {
			// The system kills a process whose parent's thread has ended.
			runtime.LockOSThread()
			if err := m.keep(ctx); err != nil {
				errs.add(err)
				stop()
			}
		})
	}
	members.Wait()
	return errs.join()
}

// member is one worker that is a process, and is started again when it dies.
type member struct {
	job     *job
	program string
	stages  string // "" for the chain
	rebuilt bool   // it has been started with what makes counts again
}

func (m *member) name() string {
	if m.stages == "" {
		return "the chain's worker"
	}
	return "worker " + m.stages
}

// keep keeps the worker alive until the context ends. One that a fault has
// killed is started again; one that keeps crashing is given up.
func (m *member) keep(ctx context.Context) error {
	for crashes := 0; ; {
		began := time.Now()
		planned, words, err := m.live(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case planned:
			crashes = 0
			continue
		case time.Since(began) > crashesSpan:
			crashes = 0
		}
		if crashes++; crashes == crashesMax {
			return fmt.Errorf("%s has ended %d times in a row (%v); what it had committed is kept, and the same command goes on from there. Its last words: %s", m.name(), crashes, err, words)
		}
		m.job.progress.Notice(fmt.Sprintf("%s has ended (%v); it is started again", m.name(), err))
	}
}

// live starts the process and waits until it has ended. planned says that it
// was killed by a fault.
func (m *member) live(ctx context.Context) (planned bool, words string, err error) {
	c := exec.Command(m.program, "worker", "--pipeline", string(m.job.plan.Pipeline), "--stages", cmp.Or(m.stages, "all"), "--every", strconv.Itoa(pipeline.SnapshotEvery))
	if m.job.flags.VerifyReplay {
		c.Args = append(c.Args, "--verify-replay")
	}
	c.Args[0] = os.Args[0]
	c.Env = m.environ()
	c.SysProcAttr = together()
	said := &lastWords{}
	c.Stderr = said
	in, err := c.StdinPipe()
	if err != nil {
		return false, "", err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return false, "", err
	}
	if err := c.Start(); err != nil {
		return false, "", fmt.Errorf("%s cannot be started: %w", m.name(), err)
	}
	var ending sync.WaitGroup
	ended := make(chan struct{})
	ending.Go(func() { m.end(ctx, c.Process, in, ended) })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == askKill {
			planned = true
		}
		m.answer(ctx, c.Process, lines.Text(), in)
	}
	err = c.Wait()
	close(ended)
	ending.Wait()
	if err == nil {
		err = errors.New("without being told to")
	}
	return planned, said.String(), err
}

// environ is this process's, without settings that are not the worker's.
func (m *member) environ() []string {
	url := m.job.flags.NATS // with its credentials, which are nobody's to read
	if url == "" {
		url = m.job.broker.URL()
	}
	env := []string{"TIDINGS_NATS=" + url}
	if redis := m.job.flags.StateURL(); redis != "" {
		env = append(env, "TIDINGS_STATE="+redis)
	}
	if m.job.flags.Snapshots != "" {
		env = append(env, "TIDINGS_SNAPSHOTS="+m.job.flags.Snapshots)
	}
	if m.job.flags.Store != "" {
		env = append(env, "TIDINGS_STORE="+m.job.flags.Store)
	}
	if m.job.flags.brief() {
		env = append(env, "TIDINGS_BRIEF=true")
	}
	if m.job.flags.Rebuild && !m.rebuilt {
		env, m.rebuilt = append(env, "TIDINGS_STATE_REBUILD=true"), true
	}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "TIDINGS_") {
			env = append(env, e)
		}
	}
	return env
}

// end has the process stop when the context ends, and kills it when it does not.
func (m *member) end(ctx context.Context, p *os.Process, in io.Closer, ended <-chan struct{}) {
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	_ = in.Close() // which is how it knows
	patience := time.NewTimer(partTime)
	defer patience.Stop()
	select {
	case <-ended:
	case <-patience.C:
		_ = p.Kill()
	}
}

// answer does what the worker asks for, and says so.
func (m *member) answer(ctx context.Context, p *os.Process, line string, in io.Writer) {
	what, rest, _ := strings.Cut(line, " ")
	switch what {
	case askKill:
		m.job.progress.Notice(m.name() + " is killed by a fault")
	case askRestart:
		if err := m.job.broker.Restart(ctx); err != nil {
			m.job.progress.Notice("a fault: " + err.Error())
		}
	case askPause:
		d, err := time.ParseDuration(rest)
		if err != nil || p.Signal(syscall.SIGSTOP) != nil {
			break
		}
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
		_ = p.Signal(syscall.SIGCONT)
	}
	_, _ = fmt.Fprintln(in, "done")
}

// lastWords keeps the end of what is written to it.
type lastWords struct {
	mu   sync.Mutex
	text []byte
}

func (w *lastWords) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, b...)
	w.text = w.text[max(0, len(w.text)-lastWordsMax):]
	return len(b), nil
}

func (w *lastWords) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.TrimSpace(string(w.text))
}
