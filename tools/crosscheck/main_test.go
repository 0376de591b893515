package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatAnotherSystemWouldRefuseIsFound(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":            "module example.org/some\n\ngo 1.26\n",
		"all.go":            "package some\n\nimport \"strings\"\n\nfunc twice(s string) string { return strings.Repeat(s, 2) }\n",
		"all_windows.go":    "package some\n\nimport \"syscall\"\n\nvar handle syscall.Handle = twice(\"a\")\n",
		"all_linux.go":      "package some\n\nimport \"syscall\"\n\nvar pid int = syscall.Getpid()\n",
		"here_test.go":      "package some\n\nvar _ = twice(\"b\")\n",
		"there_test.go":     "package some_test\n\nimport \"example.org/some\"\n\nvar _ = some.Exported\n",
		"own_test.go":       "package some\n\nvar Exported = 1\n",
		"other/windows.go":  "//go:build windows\n\npackage other\n\nfunc body() int { return \"no number\" }\n",
		"other/anywhere.go": "package other\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(folder)
	t.Setenv("GOWORK", "off")
	if wrong := check("linux", []string{"./..."}); len(wrong) > 0 {
		t.Errorf("linux: %v", wrong)
	}
	var told strings.Builder
	for _, err := range check("windows/arm64", []string{"./..."}) {
		told.WriteString(err.Error() + "\n")
	}
	for _, want := range []string{"all_windows.go:5", "other/windows.go:5"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("windows: %s is not told of:\n%s", want, &told)
		}
	}
}
