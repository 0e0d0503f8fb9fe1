package git

import (
	"crypto/sha1" // #nosec G505 -- the name of a commit, not a secret
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// The longest texts that are kept, in bytes.
const (
	maxLine    = 500
	maxMessage = 4 << 10
	maxParents = 16
)

// commit is one commit as its bytes say.
type commit struct {
	sha               string
	parents           []string
	author, committer person
	message           string
}

// person is who made a commit, and when.
type person struct {
	name, email string
	at          time.Time
}

// readCommit reads a commit's own bytes. long tells that the repository names
// objects by SHA-256.
func readCommit(raw []byte, long bool) (c commit, ok bool) {
	c.sha = nameOf(raw, long)
	head, message, _ := strings.Cut(string(raw), "\n\n")
	c.message = integrations.Cut(strings.TrimSpace(message), maxMessage)
	for line := range strings.SplitSeq(head, "\n") {
		key, value, _ := strings.Cut(line, " ")
		switch {
		case key == "parent" && isName(value) && len(c.parents) < maxParents:
			c.parents = append(c.parents, value)
		case key == "author" && c.author.at.IsZero():
			c.author = readPerson(value)
		case key == "committer" && c.committer.at.IsZero():
			c.committer = readPerson(value)
		}
	}
	return c, strings.HasPrefix(head, "tree ") && !c.committer.at.IsZero()
}

// nameOf is the sha of a commit's bytes.
func nameOf(raw []byte, long bool) string {
	named := append([]byte("commit "+strconv.Itoa(len(raw))+"\x00"), raw...)
	if long {
		sum := sha256.Sum256(named)
		return hex.EncodeToString(sum[:])
	}
	sum := sha1.Sum(named) // #nosec G401 -- the name of a commit, not a secret
	return hex.EncodeToString(sum[:])
}

// isName tells whether a text is the full sha of an object.
func isName(s string) bool {
	if len(s) != 40 && len(s) != 64 {
		return false
	}
	return strings.Trim(s, "0123456789abcdef") == ""
}

// isZero tells whether a sha stands for "nothing".
func isZero(s string) bool { return strings.Trim(s, "0") == "" }

// readPerson reads "Kim <kim@example.com> 1700000000 +0100".
func readPerson(line string) (p person) {
	who, rest := line, ""
	if end := strings.LastIndexByte(line, '>'); end >= 0 {
		who, rest = line[:end+1], line[end+1:]
	}
	p.name, p.email = models.SplitPerson(who)
	p.name, p.email = integrations.Cut(p.name, maxLine), integrations.Cut(p.email, maxLine)
	if fields := strings.Fields(rest); len(fields) > 0 {
		p.at = sane(fields[0])
	}
	return p
}

// sane is a time in seconds, zero for times that no clock has shown yet.
func sane(seconds string) time.Time {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || n <= 0 || n > 253402300799 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// shown is the name of a person, else the part of the address before its @.
func (p person) shown() string {
	if p.name != "" {
		return p.name
	}
	name, _, _ := strings.Cut(p.email, "@")
	return name
}

// describe says a commit in Throughline's words. branch is where it was met.
func (c commit) describe(repository, branch string) models.Description {
	trailers := models.TrailersOf(c.message)
	title, _, _ := strings.Cut(c.message, "\n")
	d := models.Description{Ref: c.ref(repository), At: c.committer.at, Title: integrations.Cut(title, maxLine),
		Facts: trailers.Facts(c.author.name, c.author.email), Links: trailers.Links()}
	d.Facts["message"] = c.message
	d.Facts["author"] = c.author.shown()
	d.Facts["committed_at"] = c.committer.at.Format(time.RFC3339)
	d.Facts["reviewed_in"] = "commit"
	if c.committer.shown() != c.author.shown() {
		d.Facts["committer"] = c.committer.shown()
	}
	if !c.author.at.IsZero() {
		d.Facts["authored_at"] = c.author.at.Format(time.RFC3339)
	}
	if len(c.parents) > 0 {
		d.Facts["parents"] = c.parents
	}
	if branch != "" {
		d.Facts["branch"] = branch
	}
	return d
}

func (c commit) ref(repository string) models.Ref { return commitRef(repository, c.sha) }

func commitRef(repository, sha string) models.Ref {
	return models.Ref{Kind: models.Commit, Key: models.CommitKey(repository, sha)}
}
