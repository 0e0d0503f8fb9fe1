package main

import (
	"fmt"

	"throughline/models/store"
)

type migrateCommand struct {
	database
	logging
}

// Run brings the schema up to date and tells from which version to which.
func (c migrateCommand) Run(a *app) error {
	if err := c.settings(); err != nil {
		return err
	}
	from, to, err := store.Migrate(a.ctx, c.options(c.logger(a.stderr)))
	if err != nil {
		return err
	}
	if from == to {
		fmt.Fprintf(a.stdout, "The schema is up to date: version %d.\n", to)
		return nil
	}
	fmt.Fprintf(a.stdout, "The schema went from version %d to %d.\n", from, to)
	return nil
}

func (c migrateCommand) settings() error {
	var w wrong
	c.database.check(&w)
	c.logging.check(&w)
	return w.err()
}
