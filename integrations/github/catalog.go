package github

import (
	"errors"
	"io"
	"strings"

	"github.com/goccy/go-yaml"
)

// maxCatalog bounds a catalog-info.yaml before it is parsed: names nest nowhere
// near as deep, and an alias is not one of them.
const maxCatalog = 256 << 10

// entity is the part of a Backstage entity that names an owner.
// https://backstage.io/docs/features/software-catalog/descriptor-format
type entity struct {
	Kind string `yaml:"kind"`
	Spec struct {
		Owner string `yaml:"owner"`
	} `yaml:"spec"`
}

// catalogOwners are the owners that a catalog-info.yaml names, one for each of
// its components, systems and resources. A text that is no such file names none.
func catalogOwners(text string) (out []string, err error) {
	if len(text) > maxCatalog || strings.Contains(text, "&") && strings.Contains(text, "*") {
		return nil, errors.New("it is too large, or uses aliases")
	}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var e entity
		if err := decoder.Decode(&e); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return out, errors.New("it is no YAML of the catalog's form")
		}
		switch e.Kind {
		case "Component", "System", "Resource", "API", "Domain":
			if owner := catalogOwner(e.Spec.Owner); owner != "" {
				out = append(out, owner)
			}
		}
	}
}

// catalogOwner is an entity reference as an owner: "group:default/risk" and
// "risk" are the group risk, "user:kim" the person kim.
func catalogOwner(ref string) string {
	ref = line(strings.TrimSpace(ref))
	_, name, kinded := strings.Cut(ref, ":")
	if !kinded {
		name = ref
	}
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	}
	return name
}
