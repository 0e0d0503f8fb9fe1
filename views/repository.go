package views

import "throughline/models"

// RepositoryPart is what the page of a repository has more than other subjects.
type RepositoryPart struct {
	Syncs    []models.RepositorySync
	Open     []models.Subject // pull requests
	Pulls    int              // all that are known
	Affected []models.Affected
}

// syncAdvice says what to do about the sync of a repository, empty where nothing is.
func syncAdvice(r models.RepositorySync) string {
	switch {
	case r.State == models.SyncFailing && r.Error == "":
		return "It could not be read at the last attempt; it is tried again by itself."
	case r.State == models.SyncGone:
		return "It was deleted upstream, or the integration's patterns choose it no longer. What was known stays."
	case r.Hook == "missing":
		return "No webhook posts here, so changes are found when it is asked, within minutes. Create the webhook on the integration's page."
	case r.Hook == "failing":
		return "Its webhook's deliveries fail. Look at the webhook's page upstream, and at the integration's deliveries."
	}
	return ""
}
