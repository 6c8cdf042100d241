package main

import "syscall"

// together makes a worker die with the process that started it, also when it
// stands still, and keeps a terminal's interrupt for that one alone.
func together() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
