// Command lint checks what no other tool of this repository does: how long lines are, that literals which do not fit a line
// have one field a line, and that comments state what holds instead of repeating a name.
//
//	go run ./tools/lint [-rules] [-fix] [FILE...]
//
// Without files it checks all that git knows of. With -fix it first breaks the lines and literals that it can. Files of
// exceptions.txt are let through by a rule until they are clean: an entry that lets nothing through is a mistake too.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

func main() {
	listed := flag.Bool("rules", false, "list the rules")
	repair := flag.Bool("fix", false, "break literals into one element a line where they do not fit a line")
	flag.Parse()
	if *listed {
		for _, r := range rules {
			fmt.Printf("%-9s %s\n", r.name, r.says)
		}
		return
	}
	complaints, err := run(flag.Args(), *repair)
	if err != nil {
		fmt.Fprintln(os.Stderr, "lint:", err)
		os.Exit(2)
	}
	for _, complaint := range complaints {
		fmt.Println(complaint)
	}
	if len(complaints) > 0 {
		os.Exit(1)
	}
}

// run checks files, all when there are none given, and returns what is wrong, a line for each.
func run(files []string, repair bool) (complaints []string, err error) {
	const listed = "tools/lint/exceptions.txt"
	content, err := os.ReadFile(listed)
	if err != nil {
		return nil, fmt.Errorf("run this in the repository's folder: %w", err)
	}
	excepted, err := parseExceptions(string(content))
	if err != nil {
		return nil, err
	}
	whole := len(files) == 0
	if whole {
		out, err := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard").Output()
		if err != nil {
			return nil, fmt.Errorf("git ls-files: %w", err)
		}
		files = strings.Fields(string(out))
	}
	for _, file := range files {
		if !isOurs(file) {
			continue
		}
		content, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue // it is deleted, and git does not know yet
		} else if err != nil {
			return nil, err
		}
		if repair && strings.HasSuffix(file, ".go") {
			if content, err = rewrite(file, content); err != nil {
				return nil, err
			}
		}
		for _, found := range check(file, content) {
			if !excepted.allow(file, found.rule) {
				complaints = append(complaints, found.String())
			}
		}
	}
	if whole {
		for _, unused := range excepted.unused() {
			complaints = append(complaints, fmt.Sprintf("%s: %q lets nothing through: take it out", listed, unused))
		}
	}
	return complaints, nil
}

// rewrite fixes a file in place and returns its content.
func rewrite(file string, content []byte) ([]byte, error) {
	fixed, err := fix(file, content)
	if err != nil || bytes.Equal(fixed, content) {
		return content, err
	}
	return fixed, os.WriteFile(file, fixed, 0o644)
}

// isOurs reports whether a file is written by hand, and of a kind that is checked.
func isOurs(file string) bool {
	if slices.Contains(strings.Split(file, "/"), "gen") || strings.Contains(file, "/testdata/") {
		return false
	}
	return strings.HasSuffix(file, ".go") || strings.HasSuffix(file, ".proto") || strings.HasSuffix(file, "Makefile") ||
		strings.HasSuffix(file, ".mk") || strings.HasSuffix(file, ".sh") ||
		strings.HasSuffix(file, ".ts") || strings.HasSuffix(file, ".tsx")
}
