package main

import (
	"fmt"
	"text/tabwriter"

	"throughline/models/store"
)

type secretsCommand struct {
	Status secretsStatus `cmd:"" help:"List the keys that seal secrets, and how many each has sealed."`
	Rotate secretsRotate `cmd:"" help:"Make a new key and seal every secret with it, also beside a running server."`
}

type secretsStatus struct{ database }

// Run lists the ring, never a key itself.
func (c secretsStatus) Run(a *app) error {
	return a.withStore(c.database, func(s *store.Store) error {
		keys, err := s.SecretKeys(a.ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		defer func() { _ = table.Flush() }()
		fmt.Fprintln(table, "KEY\tSEALS NEW SECRETS\tHAS SEALED")
		for _, k := range keys {
			fmt.Fprintf(table, "%s\t%s\t%d\n", k.ID, yesNo(k.Newest), k.Secrets)
		}
		return nil
	})
}

type secretsRotate struct {
	database
	DropOld bool `name:"drop-old" help:"Then drop the keys that nothing is sealed with any more."`
}

// Run rotates. Without --drop-old earlier backups can still be read with the ring.
func (c secretsRotate) Run(a *app) error {
	return a.withStore(c.database, func(s *store.Store) error {
		n, err := s.RotateSecrets(a.ctx, commandLine)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "%d secrets are sealed with a new key.\n", n)
		if !c.DropOld {
			return nil
		}
		dropped, err := s.DropOldKeys(a.ctx, commandLine)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "%d old keys are dropped: backups made before can no longer show their secrets.\n", len(dropped))
		return nil
	})
}
