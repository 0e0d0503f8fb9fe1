package modelcard

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"throughline/models"
)

// The limits of front matter. They are checked on its tokens, before anything is
// built from them.
const (
	maxFront   = 64 << 10 // bytes
	maxTokens  = 12_000   // words and marks; a key with its value has three
	maxBlanks  = 1_000    // YAML has few uses for them, and the scanner takes its time
	maxDepth   = 50
	maxAliases = 10

	maxProblems = 50
)

// front is the front matter of a card.
type front struct {
	root     *ast.MappingNode // nil when there is none, or none that can be read
	anchors  map[string]ast.Node
	offset   int // lines of the card before the YAML
	problems []models.Problem
}

var (
	frontPattern = regexp.MustCompile(`^(\s*---[ \t]*\n)([\S\s]*?)(?:\n---[ \t]*(?:\n|$))`)
	openPattern  = regexp.MustCompile(`^(\s*)---[ \t]*\n\s*[A-Za-z_][\w-]*:(?:\s|$)`)
	lineBreaks   = strings.NewReplacer("\r\n", "\n", "\r", "\n")
)

// readFront finds and parses the front matter, which every card may lack.
func readFront(markdown string) (*front, error) {
	text := lineBreaks.Replace(strings.TrimPrefix(markdown, "\ufeff"))
	f := &front{anchors: map[string]ast.Node{}}
	m := frontPattern.FindStringSubmatch(text)
	if m == nil {
		if open := openPattern.FindStringSubmatch(text); open != nil {
			f.problem(strings.Count(open[1], "\n")+1, "The front matter begins here and never ends: a line of three dashes is missing.")
		}
		return f, nil
	}
	f.offset = strings.Count(m[1], "\n")
	if err := cheap(m[2]); err != nil {
		return nil, err
	}
	tokens := lexer.Tokenize(m[2])
	if err := limit(tokens); err != nil {
		return nil, err
	}
	f.parse(tokens)
	return f, nil
}

// cheap refuses what the scanner alone would be kept busy by.
func cheap(yaml string) error {
	if len(yaml) > maxFront {
		return bomb("is longer than %d KiB", maxFront>>10)
	}
	marks, blanks := 0, strings.Count(yaml, "\t")
	for i := range len(yaml) {
		if strings.IndexByte("[]{}@`&*,", yaml[i]) >= 0 {
			marks++
		}
	}
	for line := range strings.Lines(yaml) {
		if strings.TrimSpace(line) == "" {
			blanks++
		}
	}
	switch {
	case marks > maxTokens:
		return bomb("has more than %d marks", maxTokens)
	case blanks > maxBlanks:
		return bomb("has more than %d tabs and blank lines", maxBlanks)
	}
	return nil
}

func bomb(format string, args ...any) error {
	return models.Errorf(models.Unprocessed, "The front matter "+format+".", args...)
}

// limit refuses front matter that is too big, too deep or multiplies itself.
func limit(tokens token.Tokens) error {
	aliases := 0
	var nest nesting
	for _, t := range tokens {
		if t.Type == token.AliasType || t.Type == token.AnchorType {
			aliases++
		}
		nest.enter(t)
		if nest.depth() > maxDepth {
			return bomb("is nested deeper than %d levels, at line %d", maxDepth, t.Position.Line)
		}
	}
	switch {
	case aliases > 2*maxAliases:
		return bomb("has more than %d anchors and aliases", 2*maxAliases)
	case len(tokens) > maxTokens:
		return bomb("has more than %d words and marks", maxTokens)
	}
	return nil
}

// nesting follows how deep a token stands: by brackets, and by columns in block style.
type nesting struct {
	flow    int
	columns []int
	line    int
	mark    bool // the token before opened a level on the same line
}

func (n *nesting) depth() int { return n.flow + len(n.columns) }

func (n *nesting) enter(t *token.Token) {
	switch t.Type {
	case token.SequenceStartType, token.MappingStartType:
		n.flow++
	case token.SequenceEndType, token.MappingEndType:
		n.flow = max(0, n.flow-1)
	}
	if n.flow > 0 || t.Type == token.CommentType {
		return
	}
	column := t.Position.Column
	if t.Position.Line != n.line {
		for len(n.columns) > 0 && n.columns[len(n.columns)-1] >= column {
			n.columns = n.columns[:len(n.columns)-1]
		}
	}
	if t.Position.Line != n.line || n.mark {
		n.columns = append(n.columns, column)
	}
	n.line = t.Position.Line
	n.mark = t.Type == token.SequenceEntryType || t.Type == token.MappingKeyType || t.Type == token.TagType || t.Type == token.AnchorType
}

// parse builds the tree. What is no YAML, or no mapping, is a problem with its line.
func (f *front) parse(tokens token.Tokens) {
	file, err := parseFile(tokens)
	var fault yaml.Error
	switch {
	case errors.As(err, &fault) && fault.GetToken() != nil:
		f.problem(f.offset+fault.GetToken().Position.Line, "The front matter is not valid YAML: "+fault.GetMessage()+".")
		return
	case err != nil:
		f.problem(f.offset+1, "The front matter is not valid YAML.")
		return
	}
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil && body == nil {
			body = doc.Body
		}
	}
	if body != nil {
		f.nameAnchors(body)
	}
	switch node := f.open(body).(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
	case *ast.MappingNode:
		f.root = node
	case *ast.MappingValueNode:
		f.root = ast.Mapping(node.Start, false, node)
	default:
		f.problem(f.line(node), "The front matter must be a mapping of keys to values.")
	}
}

// nameAnchors finds what aliases may stand for.
func (f *front) nameAnchors(body ast.Node) {
	for _, n := range ast.Filter(ast.AnchorType, body) {
		if anchor, ok := n.(*ast.AnchorNode); ok {
			f.anchors[nodeName(anchor.Name)] = anchor.Value
		}
	}
}

// parseFile keeps the promise that no bytes make a source panic: what the parser
// cannot stand is no YAML.
func parseFile(tokens token.Tokens) (file *ast.File, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the parser gave up")
		}
	}()
	return parser.Parse(tokens, 0)
}

func (f *front) problem(line int, message string) {
	f.problems = append(f.problems, models.Problem{Line: line, Message: message})
}

// line is where a node stands in the card.
func (f *front) line(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return f.offset + 1
	}
	return f.offset + n.GetToken().Position.Line
}

// sortProblems puts them in the order of the text.
func (f *front) sortProblems() {
	slices.SortStableFunc(f.problems, func(a, b models.Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Message, b.Message))
	})
}
