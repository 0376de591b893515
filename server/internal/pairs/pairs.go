// Package pairs finds, for tests, the collection of editor workflows and of the graphs that ComfyUI's own page made of
// them. It lies beside the repository, not in it.
package pairs

import (
	"os"
	"path/filepath"
	"testing"
)

// Variable names the folder in the environment.
const Variable = "COMFYSCHEDULER_WORKFLOW_PAIRS"

// Folder is the collection. Where there is none the test is skipped and says so.
func Folder(t testing.TB) string {
	t.Helper()
	return find(t, "workflows")
}

// Cases is the folder of small inputs from public reports. Where there is none the test is skipped and says so.
func Cases(t testing.TB) string {
	t.Helper()
	return find(t, "cases")
}

func find(t testing.TB, name string) string {
	t.Helper()
	folder := os.Getenv(Variable)
	if folder == "" {
		root, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for root != filepath.Dir(root) {
			if _, err := os.Stat(filepath.Join(root, "go.work")); err == nil {
				break
			}
			root = filepath.Dir(root)
		}
		folder = filepath.Join(filepath.Dir(root), "shared", "workflows")
	}
	if folder = filepath.Join(filepath.Dir(filepath.Clean(folder)), name); !exists(folder) {
		t.Skipf("no %s: set %s to a folder of workflows with what ComfyUI's page makes of them", folder, Variable)
	}
	return folder
}

func exists(folder string) bool {
	_, err := os.Stat(folder)
	return err == nil
}
