package cmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Properties, of workers that are processes, killed with SIGKILL, stopped with
// SIGSTOP, and whose broker restarts, at 1 and 2 partitions: the account is that
// of a run that nothing disturbed, and all faults have struck.
func TestIsolatedWorkersAreKilledAndGoOn(t *testing.T) {
	file := dataset(t, "wikipedia-current-events.jsonl.gz")
	for _, partitions := range []string{"1", "2"} {
		t.Run(partitions, func(t *testing.T) {
			want := account{}
			for _, args := range [][]string{nil, {"--isolate", "process", "--faults", "kill:classify@1000, kill[begun]:classify@3000, pause:classify@2000 for 300ms, broker-restart@4000, duplicate:20%", "--seed", "7"}} {
				summary := filepath.Join(t.TempDir(), "summary.json")
				command(t, "classify", append([]string{"--from", file, "--limit", "6000", "--partitions", partitions, "--summary", summary}, args...)...)
				got := readAccount(t, summary)
				if args == nil {
					want = got
				} else if got != want {
					t.Errorf("\n got %+v\nwant %+v", got, want)
				}
				told, err := os.ReadFile(summary)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(string(told), `"strikes": []`) {
					t.Errorf("not all faults struck:\n%s", told)
				}
			}
		})
	}
}

// Properties: an interrupt stops the workers with the process that started
// them, in good order; when that one is killed they end, too.
func TestIsolatedWorkersEndWithWhoStartedThem(t *testing.T) {
	file := dataset(t, "wikipedia-current-events.jsonl.gz")
	for name, signal := range map[string]syscall.Signal{"interrupted": syscall.SIGINT, "killed": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			p := start(t, "classify", "--from", file, "--rate", "200/s", "--partitions", "2", "--isolate", "process")
			p.find(t, `(classifying): [1-9]`)
			workers := children(t, p.Process.Pid)
			if len(workers) != 4 {
				t.Fatalf("%d workers, want one a stage", len(workers))
			}
			if err := p.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if signal == syscall.SIGINT {
				p.end(t, 130)
			} else {
				<-p.done
			}
			for end := time.Now().Add(time.Minute); len(workers) > 0; {
				if syscall.Kill(workers[0], 0) != nil {
					workers = workers[1:]
				} else if time.Now().After(end) {
					t.Fatalf("processes %v still run", workers)
				}
			}
		})
	}
}

// children are the processes that a process has started.
func children(t *testing.T, pid int) (all []int) {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) == 2 && fields[1] == strconv.Itoa(pid) {
			child, err := strconv.Atoi(fields[0])
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, child)
		}
	}
	return all
}
