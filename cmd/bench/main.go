// Command bench measures the hot paths of Throughline against their limits, in
// one run and interleaved, and prints ratios: absolute numbers depend on the
// machine, ratios hardly.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/pprof"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one line of the table: a value against its limit, measured in the same run.
type row struct {
	name         string
	value, limit string
	ratio, goal  float64
	atLeast      bool // the ratio must reach the goal; otherwise it must stay within
	absent       bool // there was nothing to measure or to compare with
}

// absentRow is a goal that this run can not measure.
func absentRow(name string, goal float64) row { return row{name: name, goal: goal, absent: true} }

func (r row) holds() bool {
	if r.absent {
		return false
	}
	if r.atLeast {
		return r.ratio >= r.goal
	}
	return r.ratio <= r.goal
}

// options are the flags.
type options struct {
	rounds, sockets, cards int
	window                 time.Duration // of one measurement of a rate
	dir                    string        // on the disk that is measured
	gitea, mlflow          string        // addresses of peers
}

type part struct {
	name string
	run  func(context.Context, options) ([]row, error)
}

var parts = []part{{"ingest", ingest}, {"board", board}, {"fanout", fanout}, {"logging", logging}, {"start", starting}, {"peers", peers}}

func main() { os.Exit(start()) }

// start measures what the flags choose and returns the exit code.
func start() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o options
	chosen := flag.String("part", "", "only this part: ingest, board, fanout, logging, start or peers")
	flag.IntVar(&o.rounds, "rounds", 5, "interleaved rounds; the median counts")
	flag.IntVar(&o.sockets, "sockets", 1000, "open boards of the fan-out")
	flag.IntVar(&o.cards, "cards", 10000, "cards of the large board")
	flag.StringVar(&o.dir, "dir", "", "folder on the disk to measure; without, the system's temporary one")
	flag.DurationVar(&o.window, "window", 1500*time.Millisecond, "how long each rate is measured in a round")
	flag.StringVar(&o.gitea, "gitea", "", "address of a Gitea's board page of 100 cards to compare with")
	flag.StringVar(&o.mlflow, "mlflow", "", "address of an MLflow server to compare with")
	profile := flag.String("profile", "", "write a CPU profile to this file")
	flag.Parse()
	if err := profiled(*profile); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	defer pprof.StopCPUProfile()
	if err := run(ctx, os.Stdout, *chosen, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}

func profiled(file string) error {
	if file == "" {
		return nil
	}
	f, err := os.Create(file) // #nosec G304 -- the file that whoever runs the measurement named
	if err != nil {
		return err
	}
	return pprof.StartCPUProfile(f)
}

func run(ctx context.Context, out io.Writer, chosen string, o options) error {
	var rows []row
	for _, p := range parts {
		if chosen != "" && chosen != p.name {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s …\n", p.name)
		measured, err := p.run(ctx, o)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		rows = append(rows, measured...)
	}
	if len(rows) == 0 {
		return fmt.Errorf("there is no part %q", chosen)
	}
	print(out, rows)
	return nil
}

func print(out io.Writer, rows []row) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, strings.Join([]string{"NAME", "VALUE", "LIMIT", "RATIO", "GOAL", "HOLDS"}, "\t"))
	for _, r := range rows {
		fmt.Fprintln(table, strings.Join(r.cells(), "\t"))
	}
}

func (r row) cells() []string {
	sign, word := "≤", "no"
	if r.atLeast {
		sign = "≥"
	}
	goal := fmt.Sprintf("%s %.2f", sign, r.goal)
	if r.absent {
		return []string{r.name, "–", "absent", "–", goal, "absent"}
	}
	if r.holds() {
		word = "yes"
	}
	return []string{r.name, r.value, r.limit, fmt.Sprintf("%.2f", r.ratio), goal, word}
}
