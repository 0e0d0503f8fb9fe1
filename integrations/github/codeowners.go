package github

import (
	"fmt"
	"regexp"
	"strings"
)

// ownersRule is one line of a CODEOWNERS file.
type ownersRule struct {
	pattern string
	owners  []string // none: nobody owns what matches
}

var (
	ownerLogin = regexp.MustCompile(`^@[0-9A-Za-z][0-9A-Za-z-]{0,38}(_[0-9A-Za-z]+)?(/[0-9A-Za-z_.-]{1,100})?$`)
	ownerMail  = regexp.MustCompile(`^[^@\s]{1,64}@[^@\s]{1,200}$`)
)

// parseCodeowners reads a CODEOWNERS file and names the lines that say nothing it
// understands; GitHub skips those as well.
// https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
func parseCodeowners(text string) (rules []ownersRule, problems []string) {
	for n, line := range strings.Split(text, "\n") {
		words := ownerWords(line)
		if len(words) == 0 {
			continue
		}
		rule := ownersRule{pattern: words[0]}
		if strings.HasPrefix(rule.pattern, "!") || strings.ContainsAny(rule.pattern, "[]") {
			problems = append(problems, fmt.Sprintf("line %d: patterns with !, [ or ] are not understood", n+1))
			continue
		}
		for _, word := range words[1:] {
			if !ownerLogin.MatchString(word) && !ownerMail.MatchString(word) {
				problems = append(problems, fmt.Sprintf("line %d: %q is neither @user, @org/team nor an address", n+1, clip(word, 60)))
				rule.pattern = ""
				break
			}
			rule.owners = append(rule.owners, word)
		}
		if rule.pattern != "" {
			rules = append(rules, rule)
		}
	}
	return rules, problems
}

// ownerWords are a line's words: a backslash keeps a space in the pattern, a #
// begins a comment.
func ownerWords(line string) (out []string) {
	const space = "\x00"
	line = strings.ReplaceAll(strings.TrimRight(line, "\r"), `\ `, space)
	for _, word := range strings.Fields(line) {
		if strings.HasPrefix(word, "#") {
			break
		}
		out = append(out, strings.ReplaceAll(word, space, " "))
	}
	return out
}

// everybodys are the owners of the whole repository: those of the last rule that
// matches every path.
func everybodys(rules []ownersRule) (owners []string) {
	for _, r := range rules {
		switch strings.TrimPrefix(r.pattern, "/") {
		case "*", "**", "**/*":
			owners = r.owners
		}
	}
	return owners
}
