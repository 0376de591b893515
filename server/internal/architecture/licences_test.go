package architecture_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestLicencesAreListed holds docs/licences.md against what the programs and the page are made of.
func TestLicencesAreListed(t *testing.T) {
	page, err := os.ReadFile("../../../docs/licences.md")
	if err != nil {
		t.Fatal(err)
	}
	// Read so that the cache of tests sees a new dependency, of which go list does not tell it. The CLI's lie outside of its sight.
	if _, err := os.ReadFile("../../go.mod"); err != nil {
		t.Fatal(err)
	}
	missing := func(name string) bool { return !strings.Contains(string(page), "| "+name+" |") }
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", module+"server/cmd/comfyscheduler",
		module+"cli/cmd/comfysched")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for name := range strings.FieldsSeq(string(out)) {
		if !strings.HasPrefix(name+"/", module) && missing(name) && !told[name] {
			told[name] = true
			t.Errorf("module %s is not in docs/licences.md", name)
		}
	}
	lock, err := os.ReadFile("../../../webclient/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var locked struct {
		Packages map[string]struct{ Dev, Optional bool }
	}
	if err := json.Unmarshal(lock, &locked); err != nil {
		t.Fatal(err)
	}
	for path, p := range locked.Packages {
		parts := strings.Split(path, "node_modules/")
		name := parts[len(parts)-1]
		if path != "" && !p.Dev && !p.Optional && missing(name) {
			t.Errorf("package %s is not in docs/licences.md", name)
		}
	}
}
