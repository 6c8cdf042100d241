// Peers measures Tidings beside the libraries that people would use instead:
// the same documents, predicted, then learnt, by one thread each.
//
//	go run ./eval/peers ../shared/datasets/wikipedia-current-events.jsonl.gz
//
// Each contender is a process of its own, which reads the documents into
// memory and then measures itself: learning them is counted, reading them is
// not. They take turns, several times, and the median counts.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		stop()
		os.Exit(1)
	}
}

// settings are the command's flags.
type settings struct {
	venv    string
	scripts string
	rounds  int
	limit   int
	loop    string
	files   []string
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	var s settings
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.StringVar(&s.venv, "venv", "", "directory of the virtual environment that the peers are installed in (default: in the user's cache)")
	flags.StringVar(&s.scripts, "scripts", "eval/peers", "where the peers' scripts are")
	flags.IntVar(&s.rounds, "rounds", 3, "how often each contender runs")
	flags.IntVar(&s.limit, "limit", 0, "take the first so many documents of each file (0: all)")
	flags.StringVar(&s.loop, "loop", "", "be one contender: measure this loop of Tidings, plain or oracle, on one file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s.files = flags.Args()
	if len(s.files) == 0 {
		return errors.New("no documents; name JSON lines, gzip, each with a label")
	}
	if s.loop != "" {
		return contend(s, out)
	}
	python, err := environment(ctx, s, progress)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, file := range s.files {
		if err := compare(ctx, s, contenders(s, self, python), file, out, progress); err != nil {
			return err
		}
	}
	return nil
}

// result is what a contender says of itself, as one line of JSON.
type result struct {
	Version          string  `json:"version"`
	Documents        int     `json:"documents"`
	Right            int     `json:"right"`             // predicted before it was learnt
	Seconds          float64 `json:"seconds"`           // by the clock
	ProcessorSeconds float64 `json:"processor_seconds"` // of all its threads
}

// contender is a command that takes a file and a limit behind its arguments,
// and options behind those.
type contender struct {
	name    string
	command []string
	options []string
	results []result
}

// contenders lists who is measured, the one that the others are compared with
// first. The peers' settings are those that their users begin with, and others
// where those are slow or bad here: River's rate was the best of .01, .1, 1 and
// 3 on the first 5,000 documents of Wikipedia.
func contenders(s settings, self, python string) []contender {
	script := func(name string) []string { return []string{python, "-B", filepath.Join(s.scripts, name)} }
	loop := func(name string) []string { return []string{self, "-loop", name} }
	return []contender{
		{name: "Tidings", command: loop("plain")},
		{name: "Tidings, the oracle's loop", command: loop("oracle")},
		{name: "Vowpal Wabbit, hinge", command: script("with_vowpal_wabbit.py"), options: []string{"hinge"}},
		{name: "Vowpal Wabbit, squared", command: script("with_vowpal_wabbit.py"), options: []string{"squared"}},
		{name: "Vowpal Wabbit, logistic", command: script("with_vowpal_wabbit.py"), options: []string{"logistic"}},
		{name: "scikit-learn, 2^18 features", command: script("with_scikit_learn.py"), options: []string{"18"}},
		{name: "scikit-learn, 2^20 features", command: script("with_scikit_learn.py"), options: []string{"20"}},
		{name: "River", command: script("with_river.py"), options: []string{"0.01"}},
		{name: "River, rate 3", command: script("with_river.py"), options: []string{"3"}},
	}
}

// compare lets the contenders take turns and prints the table.
func compare(ctx context.Context, s settings, all []contender, file string, out, progress io.Writer) error {
	for round := range s.rounds {
		for i := range all {
			fmt.Fprintf(progress, "%s, round %d of %d: %s\n", filepath.Base(file), round+1, s.rounds, all[i].name)
			r, err := all[i].run(ctx, file, s.limit, progress)
			if err != nil {
				return fmt.Errorf("%s: %w", all[i].name, err)
			}
			all[i].results = append(all[i].results, r)
		}
	}
	return table(out, file, all)
}

// run starts the contender, alone and kept to one thread.
func (c *contender) run(ctx context.Context, file string, limit int, progress io.Writer) (r result, err error) {
	args := slices.Clone(c.command)
	if c.options == nil {
		args = append(args, "-limit", strconv.Itoa(limit), file)
	} else {
		args = append(append(args, file, strconv.Itoa(limit)), c.options...)
	}
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Env = append(os.Environ(), "GOMAXPROCS=1", "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1")
	command.Stderr = progress
	line, err := command.Output()
	if ctx.Err() != nil {
		return r, ctx.Err()
	}
	if err != nil {
		return r, fmt.Errorf("%v failed: %w", args, err)
	}
	if err := json.Unmarshal(line, &r); err != nil {
		return r, fmt.Errorf("%v printed %.200q, not a line of result: %w", args, line, err)
	}
	if r.Documents <= 0 || r.Seconds <= 0 || r.ProcessorSeconds <= 0 {
		return r, fmt.Errorf("%v measured nothing: %.200s", args, line)
	}
	return r, nil
}

// median is the run in the middle, by processor time.
func (c *contender) median() result {
	runs := slices.SortedFunc(slices.Values(c.results), func(a, b result) int {
		return cmp.Compare(a.ProcessorSeconds, b.ProcessorSeconds)
	})
	return runs[len(runs)/2]
}

// table prints the medians. The ratio is of processor time, which a busy
// machine disturbs less than the clock.
func table(out io.Writer, file string, all []contender) error {
	first := all[0].median()
	_, err := fmt.Fprintf(out, "\n%s: %d documents, medians of %d runs\n%-28s %11s %8s %9s %9s  %s\n",
		filepath.Base(file), first.Documents, len(all[0].results), "", "documents/s", "us CPU", "Tidings x", "accuracy", "version")
	for i := range all {
		m := all[i].median()
		if m.Documents != first.Documents {
			return fmt.Errorf("%s: %s took %d documents, Tidings %d", file, all[i].name, m.Documents, first.Documents)
		}
		n := float64(m.Documents)
		_, printed := fmt.Fprintf(out, "%-28s %11.0f %8.1f %9.2f %9.4f  %s\n", all[i].name, n/m.Seconds, 1e6*m.ProcessorSeconds/n,
			m.ProcessorSeconds/first.ProcessorSeconds, float64(m.Right)/n, m.Version)
		err = errors.Join(err, printed)
	}
	return err
}
