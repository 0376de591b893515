// Command picture draws the packages of the server and of the CLI into a page, between two marks, from the tables of what they
// may import and from their package comments.
//
//	go run ./tools/picture docs/architecture.md
package main

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/tools/walls"
)

const (
	begin = "<!-- The packages, drawn by \"make picture\" from walls.txt and the package comments: -->\n"
	end   = "<!-- End of the packages. -->\n"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./tools/picture PAGE")
		os.Exit(2)
	}
	if err := update(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

// update draws the picture into a page, where the page has the marks for it.
func update(page string) error {
	content, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(content), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s has no marks %q and %q", page, begin, end)
	}
	var drawn strings.Builder
	for _, module := range []struct{ folder, title string }{{"server", "Server"}, {"cli", "CLI"}} {
		table, err := walls.ReadTable(filepath.Join(module.folder, "internal", "architecture", "walls.txt"))
		if err != nil {
			return err
		}
		fmt.Fprintf(&drawn, "\n### %s\n\n%s", module.title, draw(module.folder, table))
	}
	return os.WriteFile(page, []byte(before+begin+drawn.String()+"\n"+end+after), 0o644)
}

// draw returns the packages of a module, from those that rest on others down to those that rest on none, and what each is for.
func draw(folder string, table []walls.Line) string {
	short := func(path string) string {
		return strings.TrimPrefix(strings.TrimPrefix(path, folder+"/internal/"), folder+"/")
	}
	levels := levels(table)
	rows := make([][]string, 1+slices.Max(mapValues(levels)))
	for _, line := range table {
		rows[levels[line.Package]] = append(rows[levels[line.Package]], short(line.Package))
	}
	var out strings.Builder
	out.WriteString("```\n")
	for i, row := range slices.Backward(rows) {
		fmt.Fprintf(&out, "%2d  %s\n", i, strings.Join(row, "   "))
	}
	out.WriteString("```\n\n| package | what it is for | imports | never imports |\n|---|---|---|---|\n")
	for _, line := range table {
		var imports []string
		for _, imported := range line.Imports {
			if !strings.HasPrefix(imported, "proto/") {
				imports = append(imports, short(imported))
			} else if !slices.Contains(imports, "the schema") {
				imports = append(imports, "the schema")
			}
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", short(line.Package), purpose(line.Package),
			strings.Join(imports, ", "), strings.Join(line.Refuses, ", "))
	}
	return out.String()
}

func mapValues(levels map[string]int) (values []int) {
	for _, level := range levels {
		values = append(values, level)
	}
	return values
}

// levels says how many packages lie below each at most, one on the other.
func levels(table []walls.Line) map[string]int {
	imports := map[string][]string{}
	for _, line := range table {
		imports[line.Package] = line.Imports
	}
	known := map[string]int{}
	var level func(pkg string) int
	level = func(pkg string) int {
		if _, is := known[pkg]; !is {
			known[pkg] = 0 // a circle, which Go does not compile, ends here
			for _, below := range imports[pkg] {
				if _, drawn := imports[below]; drawn {
					known[pkg] = max(known[pkg], level(below)+1)
				}
			}
		}
		return known[pkg]
	}
	for _, line := range table {
		level(line.Package)
	}
	return known
}

// purpose is the first sentence of a package's comment, without the package's name.
func purpose(folder string) string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return ""
	}
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) != ".go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, entry.Name()), nil, parser.PackageClauseOnly|parser.ParseComments)
		if err == nil && file.Doc != nil {
			return sentence(file)
		}
	}
	return ""
}

func sentence(file *ast.File) string {
	text := new(doc.Package).Synopsis(file.Doc.Text())
	for _, kind := range []string{"Package ", "Command "} {
		if rest, is := strings.CutPrefix(text, kind); is {
			_, text, _ = strings.Cut(rest, " ")
		}
	}
	return strings.ReplaceAll(strings.TrimSuffix(text, "."), "|", `\|`)
}
