// Package architecture holds the direction of imports.
package architecture_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/comfyscheduler/comfyscheduler/"

// layers are the packages from the ground up. A package imports only from layers below its own; docs/architecture.md has
// the picture.
var layers = [][]string{
	{"server/internal/jsontree", "server/internal/pairs"},
	{"server/internal/graph"},
	{"server/internal/graphfile"},
	{"server/internal/refusal", "server/internal/names"},
	{"server/internal/schedule"},
	{"server/internal/fault"},
	{"server/internal/clock", "server/internal/failpoint", "server/internal/workflow", "server/internal/comfy", "server/internal/process", "server/internal/instance", "server/internal/files", "server/internal/webui", "server/internal/gate", "server/internal/simulator/graph"},
	{"server/internal/estimate", "server/internal/audit", "server/internal/simulator/picture"},
	{"server/internal/job", "server/internal/health"},
	{"server/internal/account"},
	{"server/internal/store", "server/internal/feed", "server/internal/simulator"},
	{"server/internal/config", "server/internal/store/sqlite", "server/internal/store/storetest", "server/internal/booking", "server/internal/identity", "server/internal/metrics"},
	{"server/internal/dispatch", "server/internal/catalog"},
	{"server/internal/worker"},
	{"server/internal/rpc"},
	{"server/internal/app"},
	{"server/servicetest"},
	{"server/cmd/comfyscheduler", "server/bench"},
}

// forbidden are imports that say a package has begun to do another's work.
var forbidden = []struct {
	from, what, why string
}{
	{"server/internal/schedule", "time", "the rules of the timeline know no clock"},
	{"server/internal/schedule", "context", "the rules of the timeline wait for nothing"},
	{"server/internal/job", "time", "the moment is always an argument"},
	{"server/internal/job", "database/sql", "a job does not know where it is kept"},
	{"server/internal/booking", "connectrpc.com/connect", "use cases do not know how they are called"},
	{"server/internal/store", "database/sql", "the contract is for every database"},
	{"server/internal/feed", "connectrpc.com/connect", "the live state does not know how it is sent"},
}

func TestImportsPointDownward(t *testing.T) {
	level := map[string]int{}
	for i, layer := range layers {
		for _, name := range layer {
			level[module+name] = i
		}
	}
	for path, imports := range packages(t) {
		own, known := level[path]
		if !known {
			if !testOnly(path) {
				t.Errorf("%s is in no layer: add it to the table and to docs/architecture.md", path)
			}
			continue
		}
		for _, imported := range imports {
			if below, ours := level[imported]; ours && below >= own {
				t.Errorf("%s imports %s, which is not below it", path, imported)
			}
			if strings.HasPrefix(imported, module+"cli") {
				t.Errorf("%s imports the CLI", path)
			}
			if strings.HasPrefix(imported, module+"proto/") && own < level[module+"server/internal/rpc"] {
				t.Errorf("%s imports the schema: what goes over the wire stays in rpc", path)
			}
		}
		for _, rule := range forbidden {
			if path == module+rule.from && slices.Contains(imports, rule.what) {
				t.Errorf("%s imports %s: %s", path, rule.what, rule.why)
			}
		}
	}
}

func testOnly(path string) bool {
	for _, name := range []string{"server/acceptance", "server/conformance", "server/torture", "server/torture", "server/internal/architecture"} {
		if strings.HasPrefix(path, module+name) {
			return true
		}
	}
	return false
}

// packages are those of the server with what their programs, not their tests, import.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.Command("go", "list", "-json=ImportPath,Imports", module+"server/...")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return found
		} else if err != nil {
			t.Fatal(err)
		}
		found[p.ImportPath] = p.Imports
	}
}
