package main

import (
	"slices"
	"strings"
	"testing"
)

func rulesBroken(t *testing.T, content string) (names []string) {
	t.Helper()
	for _, c := range check("file.go", []byte("package p\n\n"+content)) {
		names = append(names, c.rule)
	}
	return names
}

var long = strings.Repeat("x", columns)

func TestRules(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		want    []string
	}{
		"fine":                         {"// Limit bounds the wait.\nconst Limit = 1\n", nil},
		"long line":                    {"const s = \"" + long + "\"\n", []string{"columns"}},
		"long line of letters":         {"const s = \"" + strings.Repeat("ü", columns-20) + "\"\n", nil},
		"literal on one line":          {"var v = T{A: 1, B: 2}\n", nil},
		"literal on lines":             {"var v = T{\n\tA: 1,\n\tB: 2,\n}\n", nil},
		"two on a line":                {"var v = T{\n\tA: 1, B: 2,\n}\n", []string{"fields"}},
		"two on a line of another":     {"var v = []T{\n\t{A: 1, B: 2},\n\t{\n\t\tA: 1, B: 2,\n\t},\n}\n", []string{"fields"}},
		"values without keys":          {"var v = []int{\n\t1, 2,\n\t3,\n}\n", nil},
		"comment that says nothing":    {"// Limit is how long it may take.\nconst Limit = 1\n", []string{"comment"}},
		"comment with an article":      {"// The limits are what bounds it.\nconst limits = 1\n", []string{"comment"}},
		"comment of a field":           {"type T struct {\n\t// A is what it is.\n\tA int\n}\n", []string{"comment"}},
		"comment of a method":          {"// Do is where it happens.\nfunc (T) Do() {}\n", []string{"comment"}},
		"comment that says more":       {"// Limit is the time that it may take.\nconst Limit = 1\n", nil},
		"comment inside of a function": {"func f() {\n\t// x is what it is\n\t_ = 1\n}\n", nil},
		"file of many lines":           {strings.Repeat("\n", fileLines), []string{"length"}},
		"function of many lines":       {"func f() {" + strings.Repeat("\n", functionLines) + "}\n", []string{"length"}},
		"function that is just right":  {"func f() {" + strings.Repeat("\n", functionLines-1) + "}\n", nil},
		"test of many lines":           {"func f(t *testing.T) {" + strings.Repeat("\n", functionLines) + "}\n", nil},
		"no Go":                        {"func {\n", []string{"syntax"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rulesBroken(t, c.content); !slices.Equal(got, c.want) {
				t.Errorf("broken rules %q, want %q", got, c.want)
			}
		})
	}
}

func TestFix(t *testing.T) {
	half := strings.Repeat("y", columns/2)
	for name, c := range map[string]struct{ content, want string }{
		"what is fine stays": {"var v = T{A: 1, B: 2}\n", "var v = T{A: 1, B: 2}\n"},
		"two on a line":      {"var v = T{\n\tA: 1, B: 2,\n}\n", "var v = T{\n\tA: 1,\n\tB: 2,\n}\n"},
		"literal on a long line": {
			"var v = T{A: \"" + half + "\", B: \"" + half + "\"}\n",
			"var v = T{\n\tA: \"" + half + "\",\n\tB: \"" + half + "\",\n}\n",
		},
		"condition on a long line": {"var v = " + half + "a && " + half + "b\n", "var v = " + half + "a &&\n\t" + half + "b\n"},
		"call on a long line":      {"var v = f(\"" + half + "\", \"" + half + "\")\n", "var v = f(\"" + half + "\",\n\t\"" + half + "\")\n"},
		"function on a long line":  {"func f() { g(\"" + half + half + "\") }\n", "func f() {\n\tg(\"" + half + half + "\")\n}\n"},
		"long string":              {"const s = \"" + long + "\"\n", "const s = \"" + long + "\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := fix("file.go", []byte("package p\n\n"+c.content))
			if want := "package p\n\n" + c.want; err != nil || string(got) != want {
				t.Errorf("fixed:\n%s\nwant:\n%s\n(%v)", got, want, err)
			}
		})
	}
}

func TestExceptions(t *testing.T) {
	list, err := parseExceptions("# a comment\ncolumns  server/a # until it is clean\ncomment server/b/file.go\n\n")
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]bool{"server/a/x.go": true, "server/ab/x.go": false, "server/b/file.go": false} {
		if got := list.allow(file, "columns"); got != want {
			t.Errorf("columns of %s are let through: %t, want %t", file, got, want)
		}
	}
	if got := list.unused(); !slices.Equal(got, []string{"comment server/b/file.go"}) {
		t.Errorf("unused: %q", got)
	}
	if _, err := parseExceptions("colums server/a\n"); err == nil {
		t.Error("an unknown rule is taken")
	}
}
