package main

import (
	"fmt"

	"throughline/integrations/git"
)

// gitHookCommand prints the hook for repositories without a forge.
type gitHookCommand struct{}

// Help says how to install it.
func (gitHookCommand) Help() string {
	return "Install it on the server of the repository: throughline git-hook > REPOSITORY/hooks/post-receive, and make it executable. " +
		"Its first lines say what it needs to know."
}

// Run prints it.
func (gitHookCommand) Run(a *app) error {
	_, err := fmt.Fprint(a.stdout, git.Hook)
	return err
}
