package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"
	"unicode/utf8"
)

// insertion is text to put at a place in a file.
type insertion struct {
	at   int
	text string
}

// fix breaks the lines of a Go file that are too long, literals first, and literals that are not one element a line, and
// returns the file in Go's format. Lines without a place to break stay, such as long strings and comments.
func fix(file string, content []byte) (fixed []byte, err error) {
	for _, step := range []func(string, []byte) ([]byte, error){breakOnce, wrapOnce} {
		if content, err = settle(step, file, content); err != nil {
			return nil, err
		}
	}
	return content, nil
}

// settle repeats a step until it changes nothing: what was broken may still be too long.
func settle(step func(string, []byte) ([]byte, error), file string, content []byte) ([]byte, error) {
	for range 20 {
		next, err := step(file, content)
		if err != nil || bytes.Equal(next, content) {
			return next, err
		}
		content = next
	}
	return nil, fmt.Errorf("%s: its lines do not come to rest", file)
}

func breakOnce(file string, content []byte) ([]byte, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	b := breaker{set: set, long: longLines(content)}
	ast.Inspect(parsed, b.visit)
	slices.SortStableFunc(b.insert, func(a, c insertion) int { return cmp.Compare(a.at, c.at) })
	var out bytes.Buffer
	from := 0
	for _, i := range b.insert {
		out.Write(content[from:i.at])
		out.WriteString(i.text)
		from = i.at
	}
	out.Write(content[from:])
	return format.Source(out.Bytes())
}

// longLines are the numbers of the lines that are too long.
func longLines(content []byte) map[int]bool {
	long := map[int]bool{}
	number := 0
	for line := range bytes.Lines(content) {
		number++
		if utf8.RuneCount(bytes.TrimSuffix(line, []byte("\n"))) > columns {
			long[number] = true
		}
	}
	return long
}

func sorted(offsets []int) []int {
	slices.Sort(offsets)
	return slices.Compact(offsets)
}

type breaker struct {
	set    *token.FileSet
	long   map[int]bool
	insert []insertion
}

func (b *breaker) line(pos token.Pos) int { return b.set.Position(pos).Line }

func (b *breaker) put(pos token.Pos, text string) {
	b.insert = append(b.insert, insertion{b.set.Position(pos).Offset, text})
}

// visit breaks a literal, and then does not look into it: its parts have moved.
func (b *breaker) visit(n ast.Node) bool {
	literal, is := n.(*ast.CompositeLit)
	if !is || !keyed(literal) {
		return true
	}
	first, last := literal.Elts[0], literal.Elts[len(literal.Elts)-1]
	oneLine := b.line(literal.Lbrace) == b.line(literal.Rbrace)
	if oneLine && !b.long[b.line(literal.Lbrace)] {
		return true
	}
	before := len(b.insert)
	if b.line(literal.Lbrace) == b.line(first.Pos()) {
		b.put(first.Pos(), "\n")
	}
	for i, element := range literal.Elts[1:] {
		if b.line(element.Pos()) == b.line(literal.Elts[i].End()) {
			b.put(element.Pos(), "\n")
		}
	}
	if b.line(last.End()) == b.line(literal.Rbrace) {
		b.put(literal.Rbrace, ",\n")
	}
	return len(b.insert) == before
}

func keyed(literal *ast.CompositeLit) bool {
	for _, element := range literal.Elts {
		if _, is := element.(*ast.KeyValueExpr); !is {
			return false
		}
	}
	return len(literal.Elts) > 0
}
