package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spdx/tools-golang/spdx/v2/common"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"
)

type sbomCommand struct{}

// Run prints what this very binary was built from, as the compiler noted it in
// the binary: SPDX 2.3 in JSON.
func (sbomCommand) Run(a *app) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return fmt.Errorf("this binary was built without module information")
	}
	out := json.NewEncoder(a.stdout)
	out.SetIndent("", "  ")
	return out.Encode(bill(info, time.Now()))
}

const root = common.ElementID("throughline")

// bill is the bill of materials of a binary: itself, Go's standard library and
// every module in it.
func bill(info *debug.BuildInfo, now time.Time) *spdx.Document {
	doc := &spdx.Document{SPDXVersion: spdx.Version, DataLicense: spdx.DataLicense, SPDXIdentifier: "DOCUMENT",
		DocumentName: "throughline " + version(), DocumentNamespace: "https://spdx.org/spdxdocs/throughline-" + billID(info),
		CreationInfo: &spdx.CreationInfo{Created: now.UTC().Format(time.RFC3339),
			Creators: []common.Creator{{CreatorType: "Tool", Creator: "throughline-" + version()}}}}
	own := component("throughline", version())
	own.PackageSPDXIdentifier, own.PrimaryPackagePurpose, own.PackageLicenseDeclared = root, "APPLICATION", "Apache-2.0"
	doc.Packages = []*spdx.Package{own}
	relate(doc, "DOCUMENT", root, "DESCRIBES")
	add(doc, component("stdlib", strings.TrimPrefix(info.GoVersion, "go")))
	for _, m := range info.Deps {
		if m.Replace != nil {
			continue // by an empty module of our own
		}
		add(doc, module(m))
	}
	return doc
}

func add(doc *spdx.Document, p *spdx.Package) {
	doc.Packages = append(doc.Packages, p)
	relate(doc, root, p.PackageSPDXIdentifier, "CONTAINS")
}

func relate(doc *spdx.Document, from, to common.ElementID, how string) {
	doc.Relationships = append(doc.Relationships, &spdx.Relationship{
		RefA: common.MakeDocElementID("", string(from)), RefB: common.MakeDocElementID("", string(to)), Relationship: how})
}

// module is a package with the checksum of go.sum (h1: the sha256 over the
// module's files, golang.org/x/mod/sumdb/dirhash).
func module(m *debug.Module) *spdx.Package {
	p := component(m.Path, m.Version)
	if sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:")); err == nil && len(sum) == 32 {
		p.PackageChecksums = []common.Checksum{{Algorithm: common.SHA256, Value: hex.EncodeToString(sum)}}
	}
	return p
}

// component names a module by its package URL (purl, type golang).
func component(path, version string) *spdx.Package {
	return &spdx.Package{PackageName: path, PackageVersion: version, PackageSPDXIdentifier: elementID(path),
		PackageDownloadLocation: "NOASSERTION", PackageLicenseConcluded: "NOASSERTION", PackageLicenseDeclared: "NOASSERTION", PackageCopyrightText: "NOASSERTION",
		PackageExternalReferences: []*spdx.PackageExternalReference{{Category: common.CategoryPackageManager,
			RefType: common.TypePackageManagerPURL, Locator: "pkg:golang/" + path + "@" + version}}}
}

// elementID keeps what SPDX allows in an identifier: letters, digits, dots, dashes.
func elementID(path string) common.ElementID {
	return common.ElementID("go-" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '-'
	}, path))
}

// billID tells one build's document from another's.
func billID(info *debug.BuildInfo) string {
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return "devel"
}
