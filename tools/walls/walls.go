// Package walls holds which of the repository's own packages each package may import.
//
// A table has one line for each package, sorted: its path, a colon, and what it imports. Paths are from the repository's
// folder; in what follows the colon, those below the internal folder of the package's own module are written without it. A
// path with an exclamation mark, of the standard library or of somebody else's, is one that the package never imports:
//
//	server/internal/schedule: !context !time
//	server/internal/store: account audit job !database/sql
//
// Files are read for every system and build tag. Tests may import what they like, but for packages that are tests only. All
// files are opened by the calling process, so Go's test cache sees those inside of the module that is tested.
package walls

import (
	"bufio"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const own = "github.com/comfyscheduler/comfyscheduler/"

// Line is the entry of one package in a table.
type Line struct {
	Package string
	Imports []string // of ours, as paths from the repository's folder, sorted
	Refuses []string // import paths, sorted
}

// String returns the line as it stands in a table.
func (l Line) String() string {
	var words []string
	for _, imported := range l.Imports {
		words = append(words, strings.TrimPrefix(imported, inside(l.Package)))
	}
	for _, refused := range l.Refuses {
		words = append(words, "!"+refused)
	}
	return strings.TrimSpace(l.Package + ": " + strings.Join(words, " "))
}

// inside is the folder whose packages are written without it in the line of a package.
func inside(pkg string) string {
	module, _, _ := strings.Cut(pkg, "/")
	return module + "/internal/"
}

// ReadTable reads a table. Lines that are empty or begin with # say nothing.
func ReadTable(file string) ([]Line, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var table []Line
	for lines := bufio.NewScanner(strings.NewReader(string(content))); lines.Scan(); {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		pkg, rest, ok := strings.Cut(text, ":")
		if !ok {
			return nil, fmt.Errorf("%s: no colon in %q", file, text)
		}
		line := Line{Package: pkg}
		for word := range strings.FieldsSeq(rest) {
			switch {
			case strings.HasPrefix(word, "!"):
				line.Refuses = append(line.Refuses, word[1:])
			case isRooted(word):
				line.Imports = append(line.Imports, word)
			default:
				line.Imports = append(line.Imports, inside(pkg)+word)
			}
		}
		slices.Sort(line.Imports)
		slices.Sort(line.Refuses)
		table = append(table, line)
	}
	return table, nil
}

// isRooted reports whether a word is a path from the repository's folder.
func isRooted(word string) bool {
	module, _, _ := strings.Cut(word, "/")
	return slices.Contains([]string{"cli", "proto", "server", "tools", "webclient"}, module)
}

// Check compares a table with the packages below a folder of the repository, such as "server", and says what is wrong: an
// import that the table does not allow, or one it allows that nobody uses, a package without a line, a line without a package,
// and lines that are not sorted.
func Check(root, module string, table []Line) (problems []string, err error) {
	found, err := Scan(root, module)
	if err != nil {
		return nil, err
	}
	said := map[string]bool{}
	for i, line := range table {
		if i > 0 && table[i-1].Package >= line.Package {
			problems = append(problems, fmt.Sprintf("%s: not sorted", line.Package))
		}
		said[line.Package] = true
		imports, there := found[line.Package]
		if !there {
			problems = append(problems, fmt.Sprintf("%s: there is no such package; take the line out", line.Package))
			continue
		}
		is := Line{Package: line.Package, Imports: ours(imports), Refuses: line.Refuses}
		if !slices.Equal(is.Imports, line.Imports) {
			problems = append(problems, fmt.Sprintf("%s\n  is true: %s", difference(line, is), is))
		}
		for _, refused := range line.Refuses {
			if slices.Contains(imports, refused) {
				problems = append(problems, fmt.Sprintf("%s imports %s, which it never does", line.Package, refused))
			}
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(found)) {
		if !said[pkg] {
			problems = append(problems, fmt.Sprintf("no line: %s", Line{Package: pkg, Imports: ours(found[pkg])}))
		}
	}
	return problems, nil
}

func difference(wanted, is Line) string {
	var parts []string
	for _, imported := range is.Imports {
		if !slices.Contains(wanted.Imports, imported) {
			parts = append(parts, fmt.Sprintf("%s imports %s, which is not allowed", is.Package, imported))
		}
	}
	for _, imported := range wanted.Imports {
		if !slices.Contains(is.Imports, imported) {
			parts = append(parts, fmt.Sprintf("%s may import %s and does not", is.Package, imported))
		}
	}
	return strings.Join(parts, "\n")
}

// ours are the paths of those imports that are the repository's own.
func ours(imports []string) (paths []string) {
	for _, imported := range imports {
		if path, is := strings.CutPrefix(imported, own); is {
			paths = append(paths, path)
		} else if imported+"/" == own {
			paths = append(paths, ".")
		}
	}
	return paths
}

// Scan returns what each package below a folder of the repository imports, as whole import paths, sorted. Of packages that
// have other files than tests and doc.go, tests do not count.
func Scan(root, module string) (map[string][]string, error) {
	program, tests := map[string]map[string]bool{}, map[string]map[string]bool{}
	err := filepath.WalkDir(filepath.Join(root, module), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{"testdata", "node_modules"}, entry.Name()) {
			return filepath.SkipDir
		}
		if entry.IsDir() || filepath.Ext(path) != ".go" || entry.Name() == "doc.go" {
			return nil
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		into := program
		if strings.HasSuffix(path, "_test.go") {
			into = tests
		}
		return read(path, filepath.ToSlash(folder), into)
	})
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	for pkg, imports := range tests {
		if delete(imports, own+pkg); program[pkg] == nil {
			found[pkg] = slices.Sorted(maps.Keys(imports))
		}
	}
	for pkg, imports := range program {
		found[pkg] = slices.Sorted(maps.Keys(imports))
	}
	return found, nil
}

func read(file, pkg string, into map[string]map[string]bool) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	if into[pkg] == nil {
		into[pkg] = map[string]bool{}
	}
	for _, spec := range parsed.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		into[pkg][path] = true
	}
	return nil
}
