package graph

import (
	"fmt"
	"strings"
)

// Problem is one reason why a workflow cannot be taken, in words for the person who brought it: what is wrong, and what
// to do about it. Node, Title and Class name the node it is about, where there is one.
type Problem struct {
	Node, Title, Class string
	What               string
	Help               string
}

func (p Problem) Error() string {
	text := p.What
	if p.Node != "" {
		text = Name(p.Node, p.Title, p.Class) + ": " + text
	}
	if p.Help != "" {
		text += "; " + p.Help
	}
	return text
}

// Problems are several at once, one line each. An empty list is no error: return it by its Err.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Err is the list as an error, nil when it is empty.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// Name is a node for people: its id with title and class, where they say more.
func Name(id, title, class string) string {
	switch {
	case title != "" && title != class && class != "":
		return fmt.Sprintf("node %s %q (%s)", id, title, class)
	case class != "":
		return fmt.Sprintf("node %s (%s)", id, class)
	case title != "":
		return fmt.Sprintf("node %s %q", id, title)
	}
	return "node " + id
}
