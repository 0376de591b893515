package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
	"unicode/utf8"
)

// columns bounds the length of a line, in characters. A tab counts as one.
const columns = 140

// What bounds the length of Go files and functions, in lines; not those of tests, which are lists of cases.
const (
	fileLines     = 300
	functionLines = 60
)

// complaint is one place where a rule is broken.
type complaint struct {
	file string
	line int
	rule string
	text string
}

func (c complaint) String() string {
	return fmt.Sprintf("%s:%d: %s (%s)", c.file, c.line, c.text, c.rule)
}

// rule is one thing that is checked.
type rule struct {
	name, says string
	lines      func(c *checker, line int, text string) // of every kind of file; nil checks none
	code       func(c *checker, file *ast.File)        // of Go files; nil checks none
}

var rules = []rule{
	{"columns", fmt.Sprintf("no line is longer than %d columns", columns), longLine, nil},
	{"fields", "a literal with keys that does not fit a line has one element a line", nil, fieldsOnOneLine},
	{
		"comment", `no comment says that X "is what", "is how", "is who" ...: it states what is guaranteed or what the caller must do`, nil,
		emptyComment,
	},
	{
		"length", fmt.Sprintf("no Go file is longer than %d lines and no function than %d, but those of tests", fileLines, functionLines), nil,
		tooLong,
	},
}

// checker collects what is wrong with one file.
type checker struct {
	file  string
	rule  string
	set   *token.FileSet
	found []complaint
}

func (c *checker) complain(line int, format string, args ...any) {
	c.found = append(c.found, complaint{c.file, line, c.rule, fmt.Sprintf(format, args...)})
}

func (c *checker) line(pos token.Pos) int { return c.set.Position(pos).Line }

// check returns what is wrong with a file, rule by rule.
func check(file string, content []byte) []complaint {
	c := &checker{file: file, set: token.NewFileSet()}
	var parsed *ast.File
	if strings.HasSuffix(file, ".go") {
		var err error
		if parsed, err = parser.ParseFile(c.set, file, content, parser.ParseComments|parser.SkipObjectResolution); err != nil {
			c.rule = "syntax"
			c.complain(1, "%v", err)
			return c.found
		}
	}
	for _, r := range rules {
		c.rule = r.name
		if r.lines != nil {
			number := 0
			for line := range strings.Lines(string(content)) {
				number++
				r.lines(c, number, strings.TrimSuffix(line, "\n"))
			}
		}
		if r.code != nil && parsed != nil {
			r.code(c, parsed)
		}
	}
	return c.found
}

func longLine(c *checker, line int, text string) {
	if n := utf8.RuneCountInString(text); n > columns && !strings.HasPrefix(text, "//go:") {
		c.complain(line, "%d columns", n)
	}
}

// fieldsOnOneLine complains of literals that are broken into lines and have two elements with keys on one of them.
func fieldsOnOneLine(c *checker, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		literal, is := n.(*ast.CompositeLit)
		if !is || c.line(literal.Lbrace) == c.line(literal.Rbrace) {
			return true
		}
		ends := 0
		for _, element := range literal.Elts {
			pair, keyed := element.(*ast.KeyValueExpr)
			if !keyed {
				return true
			}
			if c.line(pair.Pos()) == ends {
				c.complain(c.line(pair.Pos()), "two elements of a literal on one line")
				return true
			}
			ends = c.line(pair.End())
		}
		return true
	})
}

var saysNothing = regexp.MustCompile(`^(?:(?:A|An|The) )?[\w.]+ (?:is|are|was|were) ` +
	`(?:what|how|who|whom|whose|whoever|where|when|whether|why)\b`)

// emptyComment complains of comments of declarations that only say what the name says.
func emptyComment(c *checker, file *ast.File) {
	look := func(comment *ast.CommentGroup) {
		if comment != nil && saysNothing.MatchString(comment.Text()) {
			first, _, _ := strings.Cut(comment.Text(), "\n")
			c.complain(c.line(comment.Pos()), "a comment that states nothing: %q", first)
		}
	}
	look(file.Doc)
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			look(n.Doc)
		case *ast.GenDecl:
			look(n.Doc)
		case *ast.TypeSpec:
			look(n.Doc)
		case *ast.ValueSpec:
			look(n.Doc)
		case *ast.Field:
			look(n.Doc)
		}
		return true
	})
}

// tooLong complains of files and functions that nobody reads in one sitting. Functions that are given a *testing.T belong to a test.
func tooLong(c *checker, file *ast.File) {
	if strings.HasSuffix(c.file, "_test.go") {
		return
	}
	if last := c.line(file.FileEnd) - 1; last > fileLines {
		c.complain(fileLines+1, "the file has %d lines, more than %d", last, fileLines)
	}
	for _, d := range file.Decls {
		f, is := d.(*ast.FuncDecl)
		if !is || isTest(f) {
			continue
		}
		if lines := c.line(f.End()) - c.line(f.Pos()) + 1; lines > functionLines {
			c.complain(c.line(f.Pos()), "%s has %d lines, more than %d", f.Name.Name, lines, functionLines)
		}
	}
}

func isTest(f *ast.FuncDecl) bool {
	for _, p := range f.Type.Params.List {
		if star, is := p.Type.(*ast.StarExpr); is {
			if s, is := star.X.(*ast.SelectorExpr); is && s.Sel.Name == "T" {
				return true
			}
		}
	}
	return false
}
