package main

import (
	"os"
	"syscall"
)

// flushed is fdatasync, which SQLite uses at commits.
func flushed(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
