package walls

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write makes a small repository: a package that imports another, one of tests only, and one for another system.
func write(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, content := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

var repository = map[string]string{
	"server/internal/low/low.go":                  "package low\n",
	"server/internal/high/high.go":                "package high\n\nimport (\n\t\"time\"\n\n\t_ \"" + own + "server/internal/low\"\n)\n",
	"server/internal/high/high_windows.go":        "package high\n\nimport _ \"" + own + "proto/gen\"\n",
	"server/internal/high/high_test.go":           "package high_test\n\nimport _ \"" + own + "server/suite\"\n",
	"server/internal/high/testdata/x/x.go":        "package x\n\nimport _ \"" + own + "cli\"\n",
	"server/suite/doc.go":                         "// Package suite tests.\npackage suite\n",
	"server/suite/suite_test.go":                  "package suite\n\nimport _ \"" + own + "server/internal/high\"\n",
	"server/internal/architecture/walls_test.go":  "package architecture\n",
	"server/internal/architecture/other_file.txt": "",
}

const table = `# a comment
server/internal/architecture:
server/internal/high: proto/gen low !os
server/internal/low:
server/suite: high
`

func check(t *testing.T, table string) []string {
	t.Helper()
	root := write(t, repository)
	file := filepath.Join(root, "walls.txt")
	if err := os.WriteFile(file, []byte(table), 0o644); err != nil {
		t.Fatal(err)
	}
	lines, err := ReadTable(file)
	if err != nil {
		t.Fatal(err)
	}
	problems, err := Check(root, "server", lines)
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

func TestTableThatIsTrue(t *testing.T) {
	if problems := check(t, table); len(problems) > 0 {
		t.Errorf("problems: %q", problems)
	}
}

func TestTableThatIsNotTrue(t *testing.T) {
	for name, change := range map[string]struct{ old, new, want string }{
		"import that is not allowed": {"high: proto/gen low", "high: proto/gen", "high imports server/internal/low, which is not allowed"},
		"entry that is not used":     {"low:", "low: high", "low may import server/internal/high and does not"},
		"import that is refused":     {"!os", "!time", "high imports time, which it never does"},
		"package without a line":     {"server/internal/low:\n", "", "no line: server/internal/low:"},
		"line without a package":     {"server/suite", "server/suites", "server/suites: there is no such package"},
		"order":                      {"# a comment\n", "server/suite: high\n", "server/internal/architecture: not sorted"},
	} {
		t.Run(name, func(t *testing.T) {
			problems := check(t, strings.Replace(table, change.old, change.new, 1))
			if !slices.ContainsFunc(problems, func(problem string) bool { return strings.Contains(problem, change.want) }) {
				t.Errorf("problems %q, want one with %q", problems, change.want)
			}
		})
	}
}

func TestLineIsWrittenAsItIsRead(t *testing.T) {
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		file := filepath.Join(t.TempDir(), "walls.txt")
		if err := os.WriteFile(file, []byte(line), 0o644); err != nil {
			t.Fatal(err)
		}
		read, err := ReadTable(file)
		if err != nil || len(read) != 1 || read[0].String() != strings.TrimSpace(line) {
			t.Errorf("%q is read as %v (%v)", line, read, err)
		}
	}
}
