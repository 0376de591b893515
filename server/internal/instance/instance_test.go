package instance_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/instance"
)

func open(t *testing.T, dir string) instance.Instance {
	t.Helper()
	i, err := instance.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func folder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAFolderStaysItself(t *testing.T) {
	dir := folder(t)
	first := open(t, dir)
	if first.ID == "" || first.CopyOf != "" {
		t.Errorf("a new one: %+v", first)
	}
	if again := open(t, dir); again != first {
		t.Errorf("%+v became %+v", first, again)
	}
	moved := dir + "-moved"
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if again := open(t, moved); again != first {
			t.Errorf("%+v became %+v as it was moved", first, again)
		}
	}
	link := dir + "-link"
	if err := os.Symlink(moved, link); err == nil { // not everybody may on Windows
		if again := open(t, link); again != first {
			t.Errorf("%+v became %+v by another name", first, again)
		}
	}
	if entries, err := os.ReadDir(moved); err != nil || len(entries) != 1 {
		t.Errorf("in the folder: %v (%v)", entries, err)
	}
}

func TestACopyIsAnInstanceOfItsOwn(t *testing.T) {
	dir := folder(t)
	first := open(t, dir)
	copied := dir + "-copy"
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	second := open(t, copied)
	if second.ID == first.ID || filepath.Base(second.CopyOf) != "data" {
		t.Errorf("the copy of %+v is %+v", first, second)
	}
	if again := open(t, copied); again.ID != second.ID || again.CopyOf != "" {
		t.Errorf("%+v became %+v", second, again)
	}
	if again := open(t, dir); again != first {
		t.Errorf("%+v became %+v as it was copied", first, again)
	}
}

func TestADamagedFileIsNamed(t *testing.T) {
	dir := folder(t)
	if err := os.WriteFile(filepath.Join(dir, instance.FileName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := instance.Open(dir); err == nil || !strings.Contains(err.Error(), instance.FileName+" is damaged") {
		t.Errorf("got %v", err)
	}
}
