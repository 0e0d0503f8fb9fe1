package github

import (
	"encoding/base64"
	"strings"
	"time"

	"throughline/models"
)

// codeownersPlaces are where GitHub looks for CODEOWNERS; the first counts.
var codeownersPlaces = []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"}

const ownersAgain = time.Hour // a busy repository is pushed to all the time

// owners reads who owns a repository, again after a push.
func (v *visit) owners(repo *mark, _ task) error {
	if repo.OwnersOf == repo.Pushed || time.Since(repo.OwnersAt) < ownersAgain {
		return nil
	}
	claims, from, err := v.ownersIn(repo)
	if err != nil {
		return err
	}
	if len(claims) > 0 || repo.Owned {
		v.claimOwners(repo, claims, from)
	}
	repo.OwnersOf, repo.OwnersAt, repo.Owned = repo.Pushed, time.Now().UTC(), len(claims) > 0
	return nil
}

// ownersIn reads the two files that name owners.
func (v *visit) ownersIn(repo *mark) (claims []models.OwnerClaim, from []string, err error) {
	for _, place := range codeownersPlaces {
		text, ok, err := v.file(repo, place)
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			continue
		}
		rules, problems := parseCodeowners(text)
		for _, problem := range problems {
			repo.note(place + ", " + problem + ".")
		}
		claims, from = claim(claims, everybodys(rules)), append(from, place)
		break
	}
	text, ok, err := v.file(repo, "catalog-info.yaml")
	if err != nil || !ok {
		return claims, from, err
	}
	owners, problem := catalogOwners(text)
	if problem != nil {
		repo.note("catalog-info.yaml names no owner: " + problem.Error() + ".")
	}
	return claim(claims, owners), append(from, "catalog-info.yaml"), nil
}

func claim(claims []models.OwnerClaim, owners []string) []models.OwnerClaim {
	seen := map[string]bool{}
	for _, c := range claims {
		seen[c.Person] = true
	}
	for _, owner := range owners {
		if !seen[owner] {
			seen[owner] = true
			claims = append(claims, models.OwnerClaim{Person: owner})
		}
	}
	return claims
}

// claimOwners declares the owners of a repository, as of its last push. Files
// that name nobody any more take back what they said.
func (v *visit) claimOwners(repo *mark, claims []models.OwnerClaim, from []string) {
	at, err := time.Parse(time.RFC3339, repo.Pushed)
	if err != nil {
		at = time.Now()
	}
	if len(claims) == 0 {
		claims = []models.OwnerClaim{{}}
	}
	key := models.RepositoryKey(host(v.account) + "/" + repo.Name)
	v.found = append(v.found, models.Description{Ref: models.Ref{Kind: models.Repository, Key: key}, At: at, Owners: claims,
		Facts: map[string]any{"owners_from": strings.Join(from, ", ")}})
}

// file is the text of a file on the default branch; false where there is none.
// GitHub sends those of up to 1 MB.
func (v *visit) file(repo *mark, path string) (string, bool, error) {
	a, err := v.get("repos/" + repo.Name + "/contents/" + path)
	if absent(err) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	content, err := parse[struct {
		Encoding string `json:"encoding"`
		Content  string `json:"content"`
	}](a)
	if err != nil || content.Encoding != "base64" {
		return "", false, err
	}
	text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(content.Content, "\n", ""))
	return string(text), err == nil, nil
}
