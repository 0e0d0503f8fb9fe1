package markdown

import (
	"regexp"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// mentions makes @name a span of class mention. Inside code it is never asked.
type mentions struct{}

var mentionPattern = regexp.MustCompile(`^@[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?`)

// Trigger is the byte a mention begins with.
func (mentions) Trigger() []byte { return []byte{'@'} }

// Parse reads a mention. After a letter or digit an @ belongs to an address.
func (mentions) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	before := block.PrecendingCharacter()
	if unicode.IsLetter(before) || unicode.IsDigit(before) || before == '@' || before == '/' || before == '.' {
		return nil
	}
	line, _ := block.PeekLine()
	name := mentionPattern.Find(line)
	if name == nil {
		return nil
	}
	if next, _ := utf8.DecodeRune(line[len(name):]); next == '@' {
		return nil
	}
	block.Advance(len(name))
	span := ast.NewString([]byte(`<span class="mention">` + string(name) + `</span>`))
	span.SetCode(true)
	return span
}
