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
	return existing(t, folder(t))
}

// Cases is the folder of small inputs from public reports, beside the collection. Where there is none the test is skipped
// and says so.
func Cases(t testing.TB) string {
	t.Helper()
	return existing(t, filepath.Join(filepath.Dir(folder(t)), "cases"))
}

func folder(t testing.TB) string {
	t.Helper()
	if named := os.Getenv(Variable); named != "" {
		return filepath.Clean(named)
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for root != filepath.Dir(root) && !exists(filepath.Join(root, "go.work")) {
		root = filepath.Dir(root)
	}
	return filepath.Join(filepath.Dir(root), "shared", "workflows")
}

func existing(t testing.TB, folder string) string {
	t.Helper()
	if !exists(folder) {
		t.Skipf("no %s: set %s to a folder of workflows with what ComfyUI's page makes of them", folder, Variable)
	}
	return folder
}

func exists(folder string) bool {
	_, err := os.Stat(folder)
	return err == nil
}
