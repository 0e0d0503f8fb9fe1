package main

import (
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// warnUnknown names THROUGHLINE_ variables that are no setting: they are mostly
// misspelt, and would otherwise do nothing in silence.
func warnUnknown(a *app, log *slog.Logger) {
	known := variables()
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if _, ok := a.env(name); ok && strings.HasPrefix(name, "THROUGHLINE_") && !slices.Contains(known, name) {
			log.Warn("this environment variable is no setting and does nothing", "variable", name)
		}
	}
}

// variables are all that stand for a setting.
func variables() (names []string) {
	parser, err := kong.New(&commands{}, kong.Vars{"level": "info"})
	if err != nil {
		return nil
	}
	for _, command := range parser.Model.Leaves(true) {
		for _, flag := range command.Flags {
			if flag.Tag.Has("setting") {
				names = append(names, variable(flag.Name))
			}
		}
	}
	return names
}
