package root_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/cmd/root"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
)

const committed = "../../../../docs/cli"

// The reference in docs/cli is what the commands say. To renew it: comfysched docs docs/cli
func TestTheReferenceIsFresh(t *testing.T) {
	fresh := t.TempDir()
	f, _ := servertest.With(t, &servertest.Scheduler{})
	if err := root.WriteDocs(root.NewCmdRoot(f), "markdown", fresh); err != nil {
		t.Fatal(err)
	}
	want, have := pages(t, fresh), pages(t, committed)
	for name, text := range want {
		if have[name] != text {
			t.Errorf("%s is not fresh: run 'comfysched docs docs/cli' in the repository", name)
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			t.Errorf("%s belongs to no command", name)
		}
	}
}

func pages(t *testing.T, dir string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no pages in %s (%v)", dir, err)
	}
	content := map[string]string{}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content[filepath.Base(path)] = string(raw)
	}
	return content
}
