// Command throughline is the whole program: the server, the demo and the
// commands that look after a hub.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"throughline/models"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr))
}

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitRefuse = 2 // wrong command line or settings, or a database of a newer version
)

// lookup is where environment variables come from.
type lookup func(name string) (string, bool)

// app is what every command runs with.
type app struct {
	ctx            context.Context
	env            lookup
	stdout, stderr io.Writer
}

// commands is the command line.
type commands struct {
	Serve     serveCommand     `cmd:"" help:"Run the server."`
	Demo      demoCommand      `cmd:"" help:"Run the server with a made-up team's story that goes on by itself."`
	Migrate   migrateCommand   `cmd:"" help:"Bring the database's schema up to date, and stop."`
	Token     tokenCommand     `cmd:"" help:"Make, list and revoke the tokens of bots."`
	User      userCommand      `cmd:"" help:"Make, list and disable accounts, set passwords."`
	Audit     auditCommand     `cmd:"" help:"Check and export the record of who did what."`
	Person    personCommand    `cmd:"" help:"Export or anonymise what is known of a person."`
	Retention retentionCommand `cmd:"" help:"Clear away what has been kept for long enough."`
	Health    healthCommand    `cmd:"" help:"Ask a running server whether it is ready: exit 0 when it is."`
	Secrets   secretsCommand   `cmd:"" help:"Look after the keys that seal secrets at rest."`
	Event     eventCommand     `cmd:"" help:"Tell a hub what happened, from a shell: a run, a pipeline run, a deployment."`
	GitHook   gitHookCommand   `cmd:"" help:"Print the post-receive hook for Git repositories without a forge."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
	Sbom      sbomCommand      `cmd:"" help:"Print what this binary is made of: SPDX 2.3, JSON."`
}

// run is the program: it ends when ctx does, or earlier, with an exit code.
func run(ctx context.Context, args []string, env lookup, stdout, stderr io.Writer) (code int) {
	defer func() {
		if asked, ok := recover().(helpShown); ok {
			code = int(asked)
		}
	}()
	chosen, err := parse(args, env, stdout, stderr)
	if err == nil {
		err = chosen.Run(&app{ctx: ctx, env: env, stdout: stdout, stderr: stderr})
	}
	return report(err, stderr)
}

// helpShown ends the parsing after --help was printed: kong knows only exit.
type helpShown int

func parse(args []string, env lookup, stdout, stderr io.Writer) (*kong.Context, error) {
	parser, err := kong.New(&commands{}, kong.Name("throughline"),
		kong.Description("Throughline: pull requests, runs, pipelines and model cards on one live board; every deployed model linked to its code, data and owners."),
		kong.Vars{"level": "info"}, kong.Writers(stdout, stderr), kong.Exit(func(code int) { panic(helpShown(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.ValueFormatter(helpWithVariable), kong.Resolvers(fromEnvironment(env)))
	if err != nil {
		return nil, err
	}
	chosen, err := parser.Parse(args)
	if err != nil {
		return nil, refusal{fmt.Errorf("%w\nRun \"throughline --help\" to see what there is", err)}
	}
	return chosen, nil
}

// refusal is an error that is the caller's to mend: exit 2.
type refusal struct{ error }

func report(err error, stderr io.Writer) int {
	if err == nil {
		return exitDone
	}
	fmt.Fprintln(stderr, "throughline:", inert(err.Error()))
	var wrong refusal
	if errors.As(err, &wrong) || models.CodeOf(err) == models.Conflict {
		return exitRefuse
	}
	return exitFailed
}

// version is the program's, from the build: a tag, or the commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "devel"
	}
	return info.Main.Version
}
