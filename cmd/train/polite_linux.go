package main

import (
	"os"
	"runtime"
	"strconv"
	"syscall"
)

// politeNice is the priority of work that is in no hurry: what must be answered
// at once goes before.
const politeNice = 15

// polite leaves the machine to whoever serves: one thread at a time works, and
// only when nobody else wants to. Threads that start later inherit it. Where it
// is not allowed things are only less polite.
func polite() {
	runtime.GOMAXPROCS(1)
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, id, politeNice)
		}
	}
}
