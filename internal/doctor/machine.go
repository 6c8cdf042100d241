package doctor

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// What a machine should have.
const (
	filesWarning  = 1024
	filesFailure  = 256
	memoryWarning = 1 << 30 // a model at its limit takes about 640 MB
	memoryFailure = 128 << 20
)

func cpu(context.Context, *visit) Result {
	return judgeCPU(runtime.GOMAXPROCS(0), runtime.NumCPU(), runtime.Version())
}

func judgeCPU(procs, cores int, version string) Result {
	found := fmt.Sprintf("%s, using %d of %s (GOMAXPROCS)", version, procs, count(cores, "processor", "processors"))
	if procs > cores {
		return warning(found, "threads wait for each other: slower, and latencies jump; results are the same",
			"leave the variable GOMAXPROCS unset")
	}
	return ok(found)
}

func memory(context.Context, *visit) Result {
	free, limited, known := memoryFree(os.ReadFile)
	if !known {
		return skipped("how much memory is free cannot be seen on this system", "")
	}
	return judgeMemory(free, limited)
}

func judgeMemory(free int64, limited bool) Result {
	found := size(free) + " available"
	if limited {
		found += " (the limit of this container or group)"
	}
	meaning := "a model at its limit of cells takes about 640 MB with its pipeline; when memory runs out the system kills the process: what is committed is kept, and the same command goes on"
	switch {
	case free < memoryFailure:
		return failed(found, meaning, "free at least "+size(memoryFailure)+", better "+size(memoryWarning))
	case free < memoryWarning:
		return warning(found, meaning, "free "+size(memoryWarning)+", or use fewer features (--hash-bits)")
	}
	return ok(found)
}

// memoryFree is what this process can still get: of the machine, and of the
// control group that it runs in.
func memoryFree(read func(string) ([]byte, error)) (free int64, limited, known bool) {
	free = math.MaxInt64
	if text, err := read("/proc/meminfo"); err == nil {
		for line := range bytes.Lines(text) {
			f := strings.Fields(string(line))
			if len(f) >= 2 && f[0] == "MemAvailable:" {
				if kb, err := strconv.ParseInt(f[1], 10, 53); err == nil {
					free, known = kb<<10, true
				}
			}
		}
	}
	limit, ok1 := readNumber(read, "/sys/fs/cgroup/memory.max")
	used, ok2 := readNumber(read, "/sys/fs/cgroup/memory.current")
	if ok1 && ok2 && limit-used < free {
		return max(limit-used, 0), true, true
	}
	return free, false, known
}

func readNumber(read func(string) ([]byte, error), path string) (int64, bool) {
	text, err := read(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil // "max": no limit
}

func openFiles(context.Context, *visit) Result {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return skipped(fmt.Sprintf("the limit of open files cannot be seen: %v", err), "")
	}
	return judgeFiles(limit.Cur)
}

func judgeFiles(limit uint64) Result {
	found := fmt.Sprintf("this process may open %d files", limit)
	if limit > math.MaxInt32 {
		found = "this process may open any number of files"
	}
	meaning := "an embedded broker opens several for each stream and connection; without them it stops storing, and what is stored is kept"
	fix := fmt.Sprintf("raise it with `ulimit -n %d`, or LimitNOFILE in a service", 4*filesWarning)
	switch {
	case limit < filesFailure:
		return failed(found, meaning, fix)
	case limit < filesWarning:
		return warning(found, meaning, fix)
	}
	return ok(found)
}

// size writes a number of bytes.
func size(bytes int64) string {
	const units = "kMGTPE"
	if bytes < 1000 {
		return fmt.Sprintf("%d B", bytes)
	}
	value, unit := float64(bytes)/1000, 0
	for value >= 999.5 && unit < len(units)-1 {
		value /= 1000
		unit++
	}
	if value < 9.95 {
		return fmt.Sprintf("%.1f %cB", value, units[unit])
	}
	return fmt.Sprintf("%.0f %cB", value, units[unit])
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
