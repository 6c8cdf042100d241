//go:build !linux

package main

import (
	"runtime"
	"syscall"
)

// polite leaves the machine to whoever serves: one thread at a time works, with
// a low priority.
func polite() {
	runtime.GOMAXPROCS(1)
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 15)
}
