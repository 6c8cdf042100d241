//go:build !linux

package main

import "syscall"

// together keeps a terminal's interrupt for the process that starts workers.
// They end when their standard input does.
func together() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
