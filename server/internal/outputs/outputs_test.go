//go:build unix

package outputs_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/outputs"
)

// tree has an output folder, a disk that links may lead to and one that they may not, each with a file.
type tree struct{ output, disk, secret string }

func newTree(t *testing.T) tree {
	t.Helper()
	base := t.TempDir()
	made := tree{filepath.Join(base, "output"), filepath.Join(base, "disk"), filepath.Join(base, "secret")}
	for _, folder := range []string{made.output, made.disk, made.secret} {
		if err := os.MkdirAll(filepath.Join(folder, "sub"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "sub", "a.txt"), []byte(filepath.Base(folder)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return made
}

func link(t *testing.T, target, at string) {
	t.Helper()
	if err := os.Symlink(target, at); err != nil {
		t.Fatal(err)
	}
}

func TestLinks(t *testing.T) {
	made := newTree(t)
	link(t, made.disk, filepath.Join(made.output, "big"))
	link(t, made.secret, filepath.Join(made.output, "away"))
	link(t, made.secret, filepath.Join(made.disk, "further"))
	link(t, "../secret", filepath.Join(made.output, "relative"))
	link(t, filepath.Join(made.output, "sub"), filepath.Join(made.output, "within"))
	link(t, filepath.Join(made.secret, "sub", "a.txt"), filepath.Join(made.output, "file.txt"))
	link(t, "nowhere", filepath.Join(made.output, "broken"))
	link(t, "loop", filepath.Join(made.output, "loop"))
	if err := syscall.Mkfifo(filepath.Join(made.disk, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := outputs.New(made.output, made.disk)
	shut := outputs.New(made.output)
	for name, want := range map[string]struct {
		open, shut any // what the file holds, or the error
	}{
		"sub/a.txt":                  {"output", "output"},
		"within/a.txt":               {"output", "output"},
		"big/sub/a.txt":              {"disk", outputs.ErrLeadsAway},
		"big/sub/none.txt":           {fs.ErrNotExist, outputs.ErrLeadsAway},
		"big/pipe":                   {fs.ErrNotExist, outputs.ErrLeadsAway},
		"big/further/sub/a.txt":      {outputs.ErrLeadsAway, outputs.ErrLeadsAway},
		"big/further/none":           {outputs.ErrLeadsAway, outputs.ErrLeadsAway},
		"away/sub/a.txt":             {outputs.ErrLeadsAway, outputs.ErrLeadsAway},
		"away/none.txt":              {outputs.ErrLeadsAway, outputs.ErrLeadsAway},
		"relative/sub/a.txt":         {outputs.ErrLeadsAway, outputs.ErrLeadsAway},
		"file.txt":                   {outputs.ErrLeadsAway, outputs.ErrLeadsAway},
		"broken":                     {fs.ErrNotExist, fs.ErrNotExist},
		"loop/a":                     {fs.ErrNotExist, fs.ErrNotExist},
		"none.txt":                   {fs.ErrNotExist, fs.ErrNotExist},
		"sub":                        {fs.ErrNotExist, fs.ErrNotExist},
		"big":                        {fs.ErrNotExist, outputs.ErrLeadsAway},
		"../secret/sub/a.txt":        {fs.ErrNotExist, fs.ErrNotExist},
		"big/../../secret/sub/a.txt": {fs.ErrNotExist, fs.ErrNotExist},
	} {
		holds(t, "open", open, name, want.open)
		holds(t, "shut", shut, name, want.shut)
	}
	var astray []string
	for _, l := range open.Astray() {
		astray = append(astray, l.Name)
	}
	if want := []string{"away", "file.txt", "relative"}; !slices.Equal(astray, want) {
		t.Errorf("astray: %v, not %v", astray, want)
	}
	if all := shut.Astray(); len(all) != 4 {
		t.Errorf("astray where none is allowed: %v", all)
	}
}

func holds(t *testing.T, which string, folder outputs.Folder, name string, want any) {
	t.Helper()
	file, info, err := folder.Open(name)
	if wanted, is := want.(error); is {
		if !errors.Is(err, wanted) {
			t.Errorf("%s: %s: %v, not %v", which, name, err, wanted)
		}
		if err == nil {
			_ = file.Close()
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %s: %v", which, name, err)
		return
	}
	defer func() { _ = file.Close() }()
	if content, _ := io.ReadAll(file); string(content) != want || info.Size() != int64(len(content)) {
		t.Errorf("%s: %s holds %q, not %q", which, name, content, want)
	}
}
