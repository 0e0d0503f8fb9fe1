package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"throughline/cmd/throughline/demo"
	"throughline/models"
	"throughline/models/store"
)

type demoCommand struct {
	settings `set:"level=warn"`
	Still    bool `help:"Tell the story of the past weeks, but let nothing new happen."`
}

// demoEmail is who signs in to the demo.
const demoEmail = "demo@example.com"

// Run serves a database that a made-up team's story is told to, over HTTP like
// everything else. Started again on the same folder it goes on.
func (c demoCommand) Run(a *app) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.DatabaseURL != "" {
		return refusal{errors.New("the demo keeps to its own embedded database: leave out --database-url")}
	}
	log := c.logger(a.stderr)
	s, err := openSite(a.ctx, c.settings, log, true)
	if err != nil {
		return err
	}
	book, err := s.prepareDemo(a)
	if err != nil {
		s.close()
		return err
	}
	teller := &demo.Teller{Base: "http://" + reachable(s.listener.Addr().String()), Book: book, Log: log, Now: time.Now, Still: c.Still}
	fmt.Fprintf(a.stdout, "Throughline %s: telling the story of five weeks …\n", version())
	return s.serve(a.ctx, func(ctx context.Context) { c.tell(ctx, a, s, teller) })
}

// prepareDemo makes the account to sign in with and the token that the story's
// setting-up uses. Both are in the notebook beside the database.
func (s *site) prepareDemo(a *app) (*demo.Book, error) {
	book, err := demo.OpenBook(s.settings.Data)
	if err != nil || book.Token != "" {
		return book, err
	}
	_, err = s.store.CreatePerson(a.ctx, commandLine, store.NewPerson{Email: demoEmail, Name: "Demo", Password: book.Password, Hub: models.Administrator})
	if err != nil {
		return nil, err
	}
	book.Token, _, err = s.store.CreateToken(a.ctx, commandLine, store.NewToken{Name: "demo", Role: models.Administrator})
	if err != nil {
		return nil, err
	}
	return book, book.Save()
}

func (c demoCommand) tell(ctx context.Context, a *app, s *site, teller *demo.Teller) {
	if err := teller.Past(ctx); err != nil {
		if ctx.Err() == nil {
			s.log.Error("tell the story", "error", err)
			fmt.Fprintln(a.stdout, "The story broke off:", err)
		}
		return
	}
	if err := s.tellHealth(ctx, teller); err != nil {
		s.log.Error("tell how the repositories fare", "error", err)
	}
	fmt.Fprintf(a.stdout, welcome, s.address(), demo.Board, demoEmail, teller.Book.Password, s.address(), teller.TryThis(s.address()))
	teller.Present(ctx)
}

// tellHealth keeps what polls would have told of the repositories.
func (s *site) tellHealth(ctx context.Context, teller *demo.Teller) error {
	for _, hook := range demo.Hooks() {
		i, err := s.store.IntegrationFor(ctx, "github", hook)
		if err != nil {
			return err
		}
		batch := teller.Health(hook)
		batch.Cursor = i.Cursor
		if err := s.store.ApplyPoll(ctx, i, i.Cursor, batch); err != nil {
			return err
		}
	}
	return nil
}

const welcome = `
  Board      %s%s
  Sign in    %s
  Password   %s
  Whole line %s/throughline/production/fraud-score

Paste this into another terminal and watch a card move from In progress to In review:
  %s

Stop with Ctrl-C; start again with the same --data to go on.
`
