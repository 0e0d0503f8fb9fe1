package github

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"throughline/integrations"
	"throughline/integrations/github/lookalike"
	"throughline/models"
)

func TestCodeowners(t *testing.T) {
	for _, test := range []struct {
		name, text string
		owners     []string
		problems   int
	}{
		{"the last match wins", "* @kim\n/src @lee\n* @acme/risk # all\n", []string{"@acme/risk"}, 0},
		{"a rule without an owner clears", "* @kim\n*\n", nil, 0},
		{"comments, empty lines, Windows' ends", "# x\r\n\r\n/** dana@example.com @kim\r\n", []string{"dana@example.com", "@kim"}, 0},
		{"a rule of a folder is not everybody's", "/docs/ @kim\nsrc/\\ x @lee", nil, 0},
		{"what is not understood is named, and skipped", "* @kim\n!x @lee\n* kim lee\n* @" + strings.Repeat("x", 60), []string{"@kim"}, 3},
	} {
		rules, problems := parseCodeowners(test.text)
		if diff := cmp.Diff(test.owners, everybodys(rules)); diff != "" || len(problems) != test.problems {
			t.Errorf("%s: %s\n%v", test.name, diff, problems)
		}
	}
}

func TestCatalogOwners(t *testing.T) {
	for _, test := range []struct {
		name, text string
		owners     []string
		fails      bool
	}{
		{"several entities", "kind: Component\nmetadata: {name: a}\nspec: {owner: group:default/risk}\n---\nkind: System\nspec:\n  owner: user:kim\n", []string{"risk", "kim"}, false},
		{"a plain name", "kind: Resource\nspec: {owner: team-x}", []string{"team-x"}, false},
		{"other kinds name nobody", "kind: Location\nspec: {owner: x}", nil, false},
		{"a bomb", "a: &a [x,x]\nb: [*a,*a]\n", nil, true},
		{"too large", strings.Repeat("# x\n", maxCatalog), nil, true},
		{"no YAML", "\t{", nil, true},
	} {
		owners, err := catalogOwners(test.text)
		if diff := cmp.Diff(test.owners, owners); diff != "" || (err != nil) != test.fails {
			t.Errorf("%s: %s %v", test.name, diff, err)
		}
	}
}

// TestOwnersAreReadAndTakenBack: of the first CODEOWNERS there is, with those of
// the catalog; and no more once the files are gone.
func TestOwnersAreReadAndTakenBack(t *testing.T) {
	gh := lookalike.Start(t, 4)
	repo := gh.Repo("acme/fraud")
	gh.Token("t0ken", lookalike.Reading)
	repo.SetFile("CODEOWNERS", "* @acme/risk\n", "kim")
	repo.SetFile("docs/CODEOWNERS", "* @nobody\n", "kim")
	repo.SetFile("catalog-info.yaml", "kind: Component\nspec: {owner: group:default/fraud-team}\n", "kim")
	account := integrations.Account{Name: "main", Settings: map[string]string{"token": "t0ken", "api_url": gh.URL + "/", "repositories": "acme/fraud"}}
	first := poll(t, account, "")
	if diff := cmp.Diff([]models.OwnerClaim{{Person: "@acme/risk"}, {Person: "fraud-team"}}, claimed(first)); diff != "" {
		t.Error(diff)
	}
}

func claimed(b models.Batch) (out []models.OwnerClaim) {
	for _, d := range b.Descriptions {
		if d.Ref.Kind == models.Repository {
			out = append(out, d.Owners...)
		}
	}
	return out
}
