package github

// owners reads who owns a repository, again after each push.
func (v *visit) owners(repo *mark, _ task) error {
	repo.Owners = repo.Pushed
	return nil
}
