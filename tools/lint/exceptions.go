package main

import (
	"fmt"
	"slices"
	"strings"
)

// exception lets files through a rule.
type exception struct {
	rule, path string
	used       bool
}

type exceptions []*exception

// parseExceptions reads a rule and a path on each line: that of a file, or of a folder with all below it. What follows a # says
// nothing.
func parseExceptions(content string) (list exceptions, err error) {
	for line := range strings.Lines(content) {
		text, _, _ := strings.Cut(line, "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		if len(words) != 2 || !slices.ContainsFunc(rules, func(r rule) bool { return r.name == words[0] }) {
			return nil, fmt.Errorf("exceptions: %q is not RULE PATH", strings.TrimSpace(text))
		}
		list = append(list, &exception{rule: words[0], path: words[1]})
	}
	return list, nil
}

// allow reports whether a file is let through a rule, and remembers by what.
func (list exceptions) allow(file, rule string) bool {
	allowed := false
	for _, e := range list {
		if e.rule == rule && (e.path == file || strings.HasPrefix(file, e.path+"/")) {
			e.used, allowed = true, true
		}
	}
	return allowed
}

// unused returns the exceptions that have let nothing through.
func (list exceptions) unused() (lines []string) {
	for _, e := range list {
		if !e.used {
			lines = append(lines, e.rule+" "+e.path)
		}
	}
	return lines
}
