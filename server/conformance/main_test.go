package conformance

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

var overhead = flag.Int("overhead", 0, "measure this many jobs against direct posts")

// patience is for a real ComfyUI to start, or to end a short run, on a busy machine.
const patience = 3 * time.Minute

// installation is the ComfyUI under test.
type installation struct{ root, python string }

func comfyUI(t *testing.T) installation {
	t.Helper()
	i := installation{os.Getenv("COMFYUI_ROOT"), os.Getenv("COMFYUI_PYTHON")}
	if i.root == "" || i.python == "" {
		t.Skip("SKIPPED: there is no real ComfyUI to test against. Set COMFYUI_ROOT to its folder and COMFYUI_PYTHON to its Python.")
	}
	return i
}

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	servicetest.Clean()
	os.Exit(code)
}

// baseDirectory is one for ComfyUI, with the test nodes.
func baseDirectory(t *testing.T) string {
	t.Helper()
	base := t.TempDir()
	if err := os.CopyFS(filepath.Join(base, "custom_nodes"), os.DirFS("testdata/custom_nodes")); err != nil {
		t.Fatal(err)
	}
	return base
}

// database keeps one ComfyUI from another's: all of one installation share it otherwise.
func database(base string) string { return "sqlite:///" + filepath.Join(base, "comfyui.db") }

func freePort(t *testing.T) int {
	t.Helper()
	port, err := servicetest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// eventually polls until ok, and fails the test with what is wanted when that takes too long.
func eventually(t *testing.T, wanted string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v in vain: %s", patience, wanted)
		}
	}
}

// getJSON reads an answer of ComfyUI's API.
func getJSON(t *testing.T, url string, into any) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
}
