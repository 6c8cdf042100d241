package broker

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// lockFile is the file in a store directory that the process holds which runs
// its server.
const lockFile = "tidings.lock"

// Holder is a process that holds a store.
type Holder struct {
	PID     int
	Command string // its program's name; "" when it cannot be told
}

// StoreHolder finds the process that holds a store directory. ok is false when
// the system does not tell: Linux alone does, and of processes that are
// visible from here.
func StoreHolder(dir string) (h Holder, ok bool) {
	path := filepath.Join(dir, lockFile)
	info, err := os.Stat(path)
	if err != nil {
		return Holder{}, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return Holder{}, false
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return Holder{}, false
	}
	for _, pid := range lockers(locks, stat.Ino) {
		if has(pid, info) {
			return Holder{PID: pid, Command: commandOf(pid)}, true
		}
	}
	return Holder{}, false
}

// lockers reads from /proc/locks which processes hold a lock of the kind that
// flock(2) takes on a file with this inode, on whatever device.
func lockers(locks []byte, inode uint64) (pids []int) {
	for s := bufio.NewScanner(bytes.NewReader(locks)); s.Scan(); {
		// 1: FLOCK  ADVISORY  WRITE 4711 08:01:123456 0 EOF
		f := strings.Fields(s.Text())
		if len(f) < 6 || f[1] != "FLOCK" || !strings.HasSuffix(f[5], ":"+strconv.FormatUint(inode, 10)) {
			continue
		}
		if pid, err := strconv.Atoi(f[4]); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}

// has says whether a process has the file open.
func has(pid int, file os.FileInfo) bool {
	dir := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		if open, err := os.Stat(filepath.Join(dir, e.Name())); err == nil && os.SameFile(open, file) {
			return true
		}
	}
	return false
}

// commandOf is the program's name.
// Its arguments may hold secrets.
func commandOf(pid int) string {
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if err != nil {
		return ""
	}
	program, _, _ := strings.Cut(string(line), "\x00")
	return filepath.Base(program)
}
