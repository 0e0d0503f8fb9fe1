package main

import (
	"fmt"
	"runtime"
)

type versionCommand struct{}

// Run prints the version of the program and of its compiler.
func (versionCommand) Run(a *app) error {
	fmt.Fprintf(a.stdout, "throughline %s (%s)\n", version(), runtime.Version())
	return nil
}
