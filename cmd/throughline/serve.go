package main

import (
	"fmt"

	"throughline/models"
)

type serveCommand struct{ settings }

// Run serves until it is told to stop.
func (c serveCommand) Run(a *app) error {
	if err := c.check(); err != nil {
		return err
	}
	log := c.logger(a.stderr)
	warnUnknown(a, log)
	s, err := openSite(a.ctx, c.settings, log, false)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "Throughline %s listens on %s\n", version(), s.address())
	if err := s.offerSetup(a); err != nil {
		s.close()
		return err
	}
	return s.serve(a.ctx)
}

// offerSetup prints a link that makes the first account, where there is none.
func (s *site) offerSetup(a *app) error {
	code, err := s.store.NewSetupLink(a.ctx)
	if models.CodeOf(err) == models.Conflict && err != nil {
		return nil // somebody is there
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "Nobody has an account yet. Make the first one here, once, within a day:\n  %s/setup/%s\n", s.address(), code)
	return nil
}
