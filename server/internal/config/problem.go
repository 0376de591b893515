package config

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	Path string // where, such as "comfy_ui.root_path"; empty for the file as a whole
	Text string // what is wrong and what would be right
}

func (p Problem) String() string {
	if p.Path == "" {
		return p.Text
	}
	return p.Path + ": " + p.Text
}

// Problems is the error of a bad configuration: everything that is wrong with it.
type Problems struct {
	File string
	List []Problem
}

func (p *Problems) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s has %s:", p.File, count(len(p.List), "problem"))
	for _, problem := range p.List {
		fmt.Fprintf(&text, "\n  %v", problem)
	}
	return text.String()
}

func (p *Problems) add(path, format string, args ...any) {
	p.List = append(p.List, Problem{path, fmt.Sprintf(format, args...)})
}

func (p *Problems) orNil() error {
	if len(p.List) == 0 {
		return nil
	}
	return p
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
