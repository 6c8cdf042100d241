package cmd_test

import (
	"bytes"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// killsWanted is how often a run is killed before it may end.
const killsWanted = 10

// Properties, at 1, 2 and 4 partitions: a run that is killed with SIGKILL at
// random moments, and started again each time with the same command, ends with
// the account of a run that nobody touched: the same documents, none lost or
// twice, the same predictions, df, model and windows.
func TestAKilledRunEndsAsAnUninterruptedOne(t *testing.T) {
	file := dataset(t, "wikipedia-current-events.jsonl.gz")
	want := untouched(t, file)
	for _, partitions := range []int{1, 2, 4} {
		t.Run(strconv.Itoa(partitions), func(t *testing.T) {
			dir := t.TempDir()
			summary := filepath.Join(dir, "summary.json")
			seed := uint64(time.Now().UnixNano())
			random := rand.New(rand.NewPCG(seed, 0))
			kills := 0
			for kills < 4*killsWanted {
				args := []string{"--from", file, "--store", filepath.Join(dir, "store"), "--partitions", strconv.Itoa(partitions), "--summary", summary}
				if kills < killsWanted {
					args = append(args, "--rate", "12000/s") // long enough to be killed
				}
				c := exec.Command("classify", args...)
				var out bytes.Buffer
				c.Stdout, c.Stderr = &out, &out
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				ended := make(chan error, 1)
				go func() { ended <- c.Wait() }()
				select {
				case err := <-ended:
					if err != nil {
						t.Fatalf("seed %d, after %d kills: %v\n%s", seed, kills, err, tail(out.Bytes()))
					}
					if kills < killsWanted {
						t.Fatalf("seed %d: the run ended after %d kills, this proves too little", seed, kills)
					}
					got := readAccount(t, summary)
					if got != want {
						t.Fatalf("seed %d, after %d kills:\n got %+v\nwant %+v", seed, kills, got, want)
					}
					t.Logf("%d kills, seed %d", kills, seed)
					return
				case <-time.After(lifetime(random, kills)):
					if err := c.Process.Kill(); err != nil {
						t.Fatal(err)
					}
					<-ended
					kills++
				}
			}
			t.Fatalf("seed %d: not done after %d kills", seed, kills)
		})
	}
}

// lifetime is how long the next process lives: at first short, later long
// enough to end.
func lifetime(random *rand.Rand, kills int) time.Duration {
	if kills < killsWanted {
		return 50*time.Millisecond + time.Duration(random.Int64N(int64(500*time.Millisecond)))
	}
	return time.Minute
}

func untouched(t *testing.T, file string) account {
	t.Helper()
	summary := filepath.Join(t.TempDir(), "summary.json")
	command(t, "classify", "--from", file, "--summary", summary)
	want := readAccount(t, summary)
	if want.Documents == 0 || want.Lost+want.Duplicates > 0 {
		t.Fatalf("the uninterrupted run is no yardstick: %+v", want)
	}
	return want
}
