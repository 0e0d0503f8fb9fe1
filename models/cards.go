package models

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// standardSections are the sections of the Hugging Face template, each with the
// headings that people write for it, as plainHeading leaves them.
var standardSections = []struct {
	name  string
	other []string
}{
	{"Model details", []string{"model description", "model overview", "overview", "description", "model summary", "about", "about this model"}},
	{"Uses", []string{"use", "intended use", "intended uses", "intended uses and limitations", "use cases", "intended use cases",
		"direct use", "primary intended uses", "model use"}},
	{"Bias, risks and limitations", []string{"bias", "risks", "limitations", "bias and limitations", "limitations and bias",
		"limitations and biases", "risks and limitations", "known limitations", "intended uses and limitations", "ethical considerations",
		"ethical considerations and limitations", "caveats and recommendations", "out of scope use", "fairness"}},
	{"Training details", []string{"training", "training data", "training procedure", "training and evaluation data", "training dataset",
		"training datasets", "training hyperparameters", "data"}},
	{"Evaluation", []string{"evaluation results", "evaluation data", "results", "metrics", "performance", "model performance",
		"performance and limitations", "quantitative analyses", "benchmarks", "eval results"}},
	{"Environmental impact", []string{"carbon emissions", "carbon footprint", "co2 emissions", "environment"}},
	{"Technical specifications", []string{"technical specification", "technical details", "model architecture", "architecture",
		"model architecture and objective", "compute infrastructure", "hardware", "software", "hardware and software"}},
	{"Citation", []string{"citations", "citation information", "cite", "cite as", "how to cite", "bibtex", "bibtex entry and citation info", "citing"}},
	{"Model card contact", []string{"contact", "contacts", "contact information", "model card authors", "model card author", "authors",
		"maintainers", "owners", "owner", "feedback"}},
}

// Sections lists the standard sections of a model card in their usual order. One
// is filled when a heading names it and something other than the template's own
// words follows, there or under headings below it.
func Sections(markdown string) []Section {
	filled := map[string]bool{}
	for _, part := range cardParts(markdown) {
		if !saysSomething(part.text) {
			continue
		}
		for _, name := range sectionsNamed(part.heading) {
			filled[name] = true
		}
	}
	out := make([]Section, len(standardSections))
	for i, s := range standardSections {
		out[i] = Section{Name: s.name, Filled: filled[s.name]}
	}
	return out
}

func sectionsNamed(heading string) (names []string) {
	plain := plainHeading(heading)
	for _, s := range standardSections {
		if plain == plainHeading(s.name) || slices.Contains(s.other, plain) {
			names = append(names, s.name)
		}
	}
	return names
}

// plainHeading keeps a heading's lower-case words: "Uses [optional] & limits:" is
// "uses and limits".
func plainHeading(heading string) string {
	s := strings.ToLower(heading)
	s = strings.ReplaceAll(s, "[optional]", " ")
	s = strings.ReplaceAll(s, "(optional)", " ")
	s = strings.ReplaceAll(s, "&", " and ")
	s = strings.TrimPrefix(strings.TrimSpace(s), "model card: ")
	words := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, " ")
}

// cardPart is a heading with the text that follows it, as deep as it goes.
type cardPart struct {
	level   int
	heading string
	text    []string
}

var (
	frontMatter   = regexp.MustCompile(`^\s*---[ \t]*\n(?s:.*?)\n---[ \t]*(?:\n|$)`)
	htmlComment   = regexp.MustCompile(`(?s)<!--.*?(?:-->|$)`)
	atxHeading    = regexp.MustCompile(`^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*$`)
	setextLine    = regexp.MustCompile(`^ {0,3}(=+|-{2,})[ \t]*$`)
	codeFence     = regexp.MustCompile("^ {0,3}(```+|~~~+)")
	templateWords = regexp.MustCompile(`(?i)\{\{.*?\}\}|\[?more information needed[^\n]*`)
	bareLabel     = regexp.MustCompile(`^[\s>*_+-]*(\*\*[^*]+\*\*|__[^_]+__)[\s:]*$`)
)

// MarkdownBody is a model card's text without its front matter, line breaks as "\n".
func MarkdownBody(markdown string) string {
	text := strings.TrimPrefix(markdown, "\ufeff")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	return frontMatter.ReplaceAllString(text, "")
}

// cardParts cuts a text at its headings; headings inside fenced code are code.
func cardParts(markdown string) (parts []cardPart) {
	lines := strings.Split(htmlComment.ReplaceAllString(MarkdownBody(markdown), ""), "\n")
	var open []int // the parts that further text belongs to, outermost first
	fence := ""
	for i, line := range lines {
		level, heading := 0, ""
		fence = fenceAfter(fence, line)
		if fence == "" {
			level, heading = headingAt(lines, i)
		}
		if level == 0 {
			for _, p := range open {
				parts[p].text = append(parts[p].text, line)
			}
			continue
		}
		for len(open) > 0 && parts[open[len(open)-1]].level >= level {
			open = open[:len(open)-1]
		}
		parts = append(parts, cardPart{level: level, heading: heading})
		open = append(open, len(parts)-1)
	}
	return parts
}

// fenceAfter is the code fence that is open after a line, given the one before.
func fenceAfter(fence, line string) string {
	mark := codeFence.FindStringSubmatch(line)
	switch {
	case mark == nil:
		return fence
	case fence == "":
		return mark[1]
	case mark[1][0] == fence[0] && len(mark[1]) >= len(fence):
		return ""
	}
	return fence
}

func headingAt(lines []string, i int) (level int, heading string) {
	if m := atxHeading.FindStringSubmatch(lines[i]); m != nil {
		return len(m[1]), m[2]
	}
	if i+1 == len(lines) || strings.TrimSpace(lines[i]) == "" {
		return 0, ""
	}
	m := setextLine.FindStringSubmatch(lines[i+1])
	switch {
	case m == nil || setextLine.MatchString(lines[i]) || strings.HasPrefix(strings.TrimSpace(lines[i]), "- "):
		return 0, ""
	case m[1][0] == '=':
		return 1, lines[i]
	}
	return 2, lines[i]
}

// boilerplate are sentences of the template that say nothing about the model.
var boilerplate = []string{"Carbon emissions can be estimated using the [Machine Learning Impact calculator]",
	"Use the code below to get started with the model"}

// saysSomething tells whether lines hold more than labels and placeholders.
func saysSomething(lines []string) bool {
	for _, line := range lines {
		rest := templateWords.ReplaceAllString(line, "")
		rest = strings.TrimSpace(rest)
		if rest != line && strings.Contains(strings.ToLower(line), "more information needed") && !strings.ContainsAny(rest, ".!?") {
			rest = "" // a label in front of the placeholder
		}
		template := slices.ContainsFunc(boilerplate, func(s string) bool { return strings.HasPrefix(rest, s) })
		if template || bareLabel.MatchString(rest) || setextLine.MatchString(rest) || codeFence.MatchString(rest) {
			continue
		}
		if strings.ContainsFunc(rest, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			return true
		}
	}
	return false
}
