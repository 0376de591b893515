package main

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/scanner"
	"go/token"
	"unicode/utf8"
)

// wrapOnce breaks each line that is too long once: a function of one line into several, any other line after the last operator
// or comma of those that are nested least and still fit. Lines without such a place stay.
func wrapOnce(file string, content []byte) ([]byte, error) {
	bodies, err := oneLineBodies(file, content)
	if err != nil {
		return nil, err
	}
	breaks := wrappings(file, content, bodies)
	var out bytes.Buffer
	from := 0
	for _, at := range breaks {
		out.Write(bytes.TrimRight(content[from:at], " "))
		out.WriteString("\n")
		from = at
	}
	out.Write(content[from:])
	return format.Source(out.Bytes())
}

// oneLineBodies are the places where the bodies of functions that are too long for their one line begin and end.
func oneLineBodies(file string, content []byte) (map[int]bool, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	long, places := longLines(content), map[int]bool{}
	for _, decl := range parsed.Decls {
		f, is := decl.(*ast.FuncDecl)
		if !is || f.Body == nil || len(f.Body.List) == 0 {
			continue
		}
		begin, end := set.Position(f.Body.Lbrace), set.Position(f.Body.Rbrace)
		if begin.Line == end.Line && long[begin.Line] {
			places[begin.Offset+1], places[end.Offset] = true, true
		}
	}
	return places, nil
}

// place is one where a line may be broken.
type place struct{ at, depth int }

// wrappings are the offsets at which the lines of a file are to be broken, in order.
func wrappings(file string, content []byte, bodies map[int]bool) (breaks []int) {
	set := token.NewFileSet()
	f := set.AddFile(file, -1, len(content))
	var s scanner.Scanner
	s.Init(f, content, nil, 0)
	long := longLines(content)
	places := map[int][]place{}
	done := map[int]bool{}
	depth, last := 0, 0
	for {
		pos, tok, _ := s.Scan()
		if tok == token.EOF {
			break
		}
		line, offset := f.Line(pos), f.Offset(pos)
		if line != last {
			depth, last = 0, line
		}
		if bodies[offset] || bodies[offset+1] && tok == token.LBRACE {
			at := offset
			if tok == token.LBRACE {
				at++
			}
			breaks, done[line] = append(breaks, at), true
		}
		switch tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		case token.COMMA:
			places[line] = append(places[line], place{offset + 1, 2*depth + 1})
		case token.LAND, token.LOR:
			places[line] = append(places[line], place{offset + 2, 2 * depth})
		}
	}
	for line := range long {
		if !done[line] {
			if at := best(content, f.Offset(f.LineStart(line)), places[line]); at > 0 {
				breaks = append(breaks, at)
			}
		}
	}
	return sorted(breaks)
}

// best is the place to break a line at, or 0 when there is none.
func best(content []byte, start int, places []place) int {
	best := place{depth: 1 << 20}
	for _, p := range places {
		column := utf8.RuneCount(content[start:p.at])
		if column <= columns && column > columns/3 && p.depth <= best.depth {
			best = p
		}
	}
	return best.at
}
