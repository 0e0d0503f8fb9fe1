package main

import (
	"crypto/rand"
	"fmt"
	"text/tabwriter"

	"throughline/models"
	"throughline/models/store"
)

type userCommand struct {
	Create   userCreate   `cmd:"" help:"Make an account. Without --password one is chosen and printed on the last line."`
	List     userList     `cmd:"" help:"List accounts."`
	Disable  userDisable  `cmd:"" help:"Close an account and all its sessions."`
	Enable   userEnable   `cmd:"" help:"Open a closed account again."`
	Reset    userReset    `cmd:"" name:"reset-second-factor" help:"Take the second factor, the passkeys and the recovery codes of somebody who has lost them, and end the sessions."`
	Password userPassword `cmd:"" help:"Set a password and end the sessions. Without --password one is chosen and printed on the last line."`
}

type userCreate struct {
	database
	Email    string `arg:"" help:"E-mail address to sign in with."`
	Name     string `placeholder:"NAME" help:"Name to show; without, the address."`
	Role     string `placeholder:"ROLE" help:"A role in every project: viewer, contributor, maintainer or administrator; without, none."`
	Password string `placeholder:"PASSWORD" help:"Password; better left out, so that it is in no shell history."`
}

// Run makes an account.
func (c userCreate) Run(a *app) error {
	return a.withStore(c.database, func(s *store.Store) error {
		password, chosen := orChosen(c.Password)
		account, err := s.CreatePerson(a.ctx, commandLine, store.NewPerson{Email: c.Email, Name: c.Name, Password: password, Hub: models.Role(c.Role)})
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "Account %s is made.\n", printable(account.Email))
		if chosen {
			fmt.Fprintln(a.stdout, password)
		}
		return nil
	})
}

// orChosen is the password, or a random one when there is none.
func orChosen(password string) (text string, chosen bool) {
	if password != "" {
		return password, false
	}
	return rand.Text()[:20], true
}

type userList struct{ database }

// Run lists the accounts by address.
func (c userList) Run(a *app) error {
	return a.withStore(c.database, func(s *store.Store) error {
		people, err := s.People(a.ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		defer table.Flush()
		fmt.Fprintln(table, "EMAIL\tNAME\tROLE\tDISABLED\tSINCE")
		for _, p := range people {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", printable(p.Email), printable(p.Name), orDash(string(p.Hub)), yesNo(p.Disabled), day(p.CreatedAt))
		}
		return nil
	})
}

type userDisable struct {
	database
	Email string `arg:"" help:"Whose account."`
}

// Run closes an account.
func (c userDisable) Run(a *app) error { return setDisabled(a, c.database, c.Email, true) }

type userEnable struct {
	database
	Email string `arg:"" help:"Whose account."`
}

// Run opens an account again.
func (c userEnable) Run(a *app) error { return setDisabled(a, c.database, c.Email, false) }

func setDisabled(a *app, d database, email string, disabled bool) error {
	return a.withStore(d, func(s *store.Store) error {
		person, err := s.PersonByEmail(a.ctx, email)
		if err != nil {
			return err
		}
		if err := s.SetDisabled(a.ctx, commandLine, person.ID, disabled); err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "Account %s: disabled %s.\n", printable(person.Email), yesNo(disabled))
		return nil
	})
}

type userPassword struct {
	database
	Email    string `arg:"" help:"Whose password."`
	Password string `placeholder:"PASSWORD" help:"Password; better left out, so that it is in no shell history."`
}

// Run sets a password.
func (c userPassword) Run(a *app) error {
	return a.withStore(c.database, func(s *store.Store) error {
		person, err := s.PersonByEmail(a.ctx, c.Email)
		if err != nil {
			return err
		}
		password, chosen := orChosen(c.Password)
		if err := s.SetPassword(a.ctx, commandLine, person.ID, password); err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "The password of %s is set; its sessions are over.\n", printable(person.Email))
		if chosen {
			fmt.Fprintln(a.stdout, password)
		}
		return nil
	})
}

type userReset struct {
	database
	Email string `arg:"" help:"Whose second factor."`
}

// Run takes every second factor of an account.
func (c userReset) Run(a *app) error {
	return a.withStore(c.database, func(s *store.Store) error {
		person, err := s.PersonByEmail(a.ctx, c.Email)
		if err != nil {
			return err
		}
		if err := s.ResetSecondFactor(a.ctx, commandLine, person.ID); err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "Account %s: no second factor any more; its sessions are over.\n", printable(person.Email))
		return nil
	})
}
