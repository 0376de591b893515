package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/config"
)

func TestUpdatesByManyAreAllKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "comfysched", "config.json")
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			file := &config.File{Path: path} // as another process has its own
			err := file.Update(func(s *config.Settings) error {
				s.SetToken(fmt.Sprintf("http://host-%d:3000", n), "secret")
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s, err := (&config.File{Path: path}).Load()
	if err != nil || len(s.Tokens) != 20 {
		t.Fatalf("%d tokens are kept, %v", len(s.Tokens), err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the tokens has mode %v", info.Mode())
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".config-*"))
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAFailedUpdateChangesNothing(t *testing.T) {
	file := &config.File{Path: filepath.Join(t.TempDir(), "config.json")}
	if err := file.Update(func(s *config.Settings) error { s.SetToken("a", "1"); return nil }); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("no")
	if err := file.Update(func(s *config.Settings) error { s.SetToken("a", ""); return refused }); !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if s, err := file.Load(); err != nil || s.Token("a") != "1" {
		t.Errorf("%v, %v", s, err)
	}
}

func TestADamagedFileIsNamedAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte("{ oops"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := (&config.File{Path: path}).Update(func(*config.Settings) error { return nil })
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Fatalf("%v", err)
	}
	if raw, _ := os.ReadFile(path); string(raw) != "{ oops" {
		t.Errorf("the file is now %q", raw)
	}
}

// A program without a home, such as a system service, has empty settings and can keep nothing.
func TestSettingsWithoutAPlaceAreEmpty(t *testing.T) {
	for _, name := range []string{"COMFYSCHED_CONFIG_DIR", "HOME", "XDG_CONFIG_HOME", "AppData"} {
		t.Setenv(name, "")
	}
	file := config.DefaultFile()
	if s, err := file.Load(); err != nil || s.DefaultServer != "" || len(s.Tokens) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	err := file.Update(func(*config.Settings) error {
		t.Error("changed settings that cannot be kept")
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "COMFYSCHED_TOKEN") {
		t.Errorf("%v", err)
	}
}
