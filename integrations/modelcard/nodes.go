package modelcard

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// open looks through tags, anchors and aliases at the node itself.
func (f *front) open(n ast.Node) ast.Node {
	for range maxAliases {
		switch node := n.(type) {
		case *ast.TagNode:
			n = node.Value
		case *ast.AnchorNode:
			n = node.Value
		case *ast.AliasNode:
			n = f.anchors[nodeName(node.Value)]
		default:
			return n
		}
	}
	return nil
}

func nodeName(n ast.Node) string {
	if n == nil || n.GetToken() == nil {
		return ""
	}
	return n.GetToken().Value
}

// fields are the pairs of a mapping by key; nil when n is none.
func (f *front) fields(n ast.Node) map[string]ast.Node {
	var pairs []*ast.MappingValueNode
	switch node := f.open(n).(type) {
	case *ast.MappingNode:
		pairs = node.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{node}
	default:
		return nil
	}
	out := make(map[string]ast.Node, len(pairs))
	for _, pair := range pairs {
		if pair.Key.IsMergeKey() {
			for key, value := range f.fields(pair.Value) {
				if out[key] == nil {
					out[key] = value
				}
			}
			continue
		}
		out[pair.Key.GetToken().Value] = pair.Value
	}
	return out
}

// items are the values of a sequence; one value stands for a list of itself.
func (f *front) items(n ast.Node) []ast.Node {
	switch node := f.open(n).(type) {
	case nil, *ast.NullNode:
		return nil
	case *ast.SequenceNode:
		return node.Values
	default:
		return []ast.Node{node}
	}
}

// text is a scalar as it was written: "no" is the country or the language, never
// a truth value. It is false for mappings, lists and nothing.
func (f *front) text(n ast.Node) (string, bool) {
	switch node := f.open(n).(type) {
	case *ast.StringNode:
		return strings.TrimSpace(node.Value), true
	case *ast.LiteralNode:
		return strings.TrimSpace(node.Value.Value), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return strings.TrimSpace(node.GetToken().Value), true
	}
	return "", false
}

// exponent is a number that YAML 1.1 takes for a text, for want of a point.
var exponent = regexp.MustCompile(`^[-+]?[0-9]+[eE][-+]?[0-9]{1,3}$`)

// value is a scalar as JSON can hold it: numbers and truth values as such.
func (f *front) value(n ast.Node) (any, bool) {
	switch node := f.open(n).(type) {
	case *ast.IntegerNode:
		return node.Value, true
	case *ast.FloatNode:
		if !math.IsInf(node.Value, 0) && !math.IsNaN(node.Value) {
			return node.Value, true
		}
	case *ast.BoolNode:
		return node.Value, true
	case *ast.StringNode:
		if n, err := strconv.ParseFloat(node.Value, 64); err == nil && node.Token.Type == token.StringType && exponent.MatchString(node.Value) {
			return n, true
		}
	}
	s, ok := f.text(n)
	return s, ok && s != ""
}
