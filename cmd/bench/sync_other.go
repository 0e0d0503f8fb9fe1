//go:build !linux

package main

import "os"

// flushed is the nearest to fdatasync there is.
func flushed(f *os.File) error { return f.Sync() }
