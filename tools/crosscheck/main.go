// Command crosscheck checks the types of packages and their tests as other systems would compile them:
//
//	crosscheck "windows darwin/arm64" ./server/... ./cli/...
//
// It reads all from its source, of other modules the declarations alone. go vet would have to compile for each system all that is
// imported, which takes minutes.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, `usage: crosscheck "GOOS[/GOARCH] ..." PACKAGES...`)
		os.Exit(2)
	}
	failed := false
	for _, name := range strings.Fields(os.Args[1]) {
		for _, err := range check(system(name), os.Args[2:]) {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

// system is an operating system, and an architecture that may follow a slash: this machine's when none does.
type system string

func (s system) os() string { return strings.SplitN(string(s), "/", 2)[0] }

func (s system) arch() string {
	if _, arch, named := strings.Cut(string(s), "/"); named {
		return arch
	}
	return runtime.GOARCH
}

// listed is a package as go list tells it.
type listed struct {
	ImportPath, Dir string
	GoFiles         []string
	ImportMap       map[string]string
	Module          *struct {
		Main      bool
		GoVersion string
	}
}

func (p *listed) isOwn() bool { return p.Module != nil && p.Module.Main }

// isMain reports whether it is the program that go test makes of the tests of a package, which nobody wrote.
func (p *listed) isMain() bool { return strings.HasSuffix(p.ImportPath, ".test") }

// list returns packages and all that they import, each after what it imports itself.
func list(s system, patterns []string) (all []*listed, err error) {
	arguments := append([]string{"list", "-deps", "-test", "-json=ImportPath,Dir,GoFiles,ImportMap,Module"}, patterns...)
	command := exec.Command("go", arguments...)
	command.Env = append(os.Environ(), "GOOS="+s.os(), "GOARCH="+s.arch(), "CGO_ENABLED=0")
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		p := &listed{}
		if err := decoder.Decode(p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if !p.isMain() {
			all = append(all, p)
		}
	}
}

// check returns what is wrong with packages on a system.
func check(s system, patterns []string) (wrong []error) {
	all, err := list(s, patterns)
	if err != nil {
		return []error{err}
	}
	sources := token.NewFileSet()
	files, err := read(sources, all)
	if err != nil {
		return []error{err}
	}
	known := map[string]*types.Package{"unsafe": types.Unsafe}
	for _, p := range all {
		if p.ImportPath == "unsafe" {
			continue
		}
		config := types.Config{
			IgnoreFuncBodies: !p.isOwn(),
			Importer:         imports{p.ImportMap, known},
			Sizes:            types.SizesFor("gc", s.arch()),
			Error:            func(err error) { wrong = append(wrong, err) },
		}
		if p.Module != nil && p.Module.GoVersion != "" {
			config.GoVersion = "go" + p.Module.GoVersion
		}
		path, _, _ := strings.Cut(p.ImportPath, " ") // without the test that it is compiled for
		// What is wrong was noted, and there is a package all the same.
		known[p.ImportPath], _ = config.Check(path, sources, files[p], nil)
	}
	return wrong
}

// read parses the files of packages.
func read(sources *token.FileSet, all []*listed) (map[*listed][]*ast.File, error) {
	files := map[*listed][]*ast.File{}
	var failures error
	var mu sync.Mutex
	var group sync.WaitGroup
	turns := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, p := range all {
		group.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			parsed, err := p.read(sources)
			mu.Lock()
			defer mu.Unlock()
			files[p], failures = parsed, errors.Join(failures, err)
		})
	}
	group.Wait()
	return files, failures
}

func (p *listed) read(sources *token.FileSet) (files []*ast.File, err error) {
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(sources, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		if !p.isOwn() {
			forgetBodies(file)
		}
		files = append(files, file)
	}
	return files, nil
}

// forgetBodies gives back the memory of what is not looked at: SQLite is long.
func forgetBodies(file *ast.File) {
	for _, declared := range file.Decls {
		if function, is := declared.(*ast.FuncDecl); is && function.Body != nil {
			function.Body = &ast.BlockStmt{}
		}
	}
}

// imports finds the packages that one imports among those that were checked before it.
type imports struct {
	names map[string]string // of those that are compiled for a test or vendored, by what the source says
	known map[string]*types.Package
}

// Import implements types.Importer.
func (i imports) Import(path string) (*types.Package, error) {
	if name, other := i.names[path]; other {
		path = name
	}
	if p := i.known[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("go list has not named %s", path)
}
