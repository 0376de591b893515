//go:build unix

package poster_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/poster"
)

// python is a stand-in that does what a script says; it is called with -I -c PROGRAM.
func python(t *testing.T, script string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPosters(t *testing.T) {
	t.Setenv("COMFY_ORG_API_KEY", "secret")
	video := filepath.Join(t.TempDir(), "a.mp4")
	if err := os.WriteFile(video, []byte("moving"), 0o600); err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for name, c := range map[string]struct {
		ctx          context.Context
		script       string
		want, failed string
	}{
		"a picture":         {t.Context(), `printf 'still '; cat`, "still moving", ""},
		"no module":         {t.Context(), "echo 'Traceback' >&2; echo 'ModuleNotFoundError: av' >&2; exit 1", "", "ModuleNotFoundError: av"},
		"no secrets":        {t.Context(), `printf "key=$COMFY_ORG_API_KEY"`, "key=", ""},
		"without end":       {t.Context(), `exec cat /dev/zero`, "", "exit status"},
		"nobody wants it":   {stopped, `cat`, "", "canceled"},
		"an isolated start": {t.Context(), `printf "%s %s" "$1" "$2"`, "-I -c", ""},
	} {
		file, err := os.Open(video)
		if err != nil {
			t.Fatal(err)
		}
		made, err := poster.New(python(t, c.script)).Make(c.ctx, file)
		_ = file.Close()
		if string(made) != c.want || (err == nil) != (c.failed == "") {
			t.Errorf("%s: %q, %v", name, made, err)
		}
		if err != nil && name != "without end" && !strings.Contains(err.Error(), c.failed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := poster.New("/no/such/python").Make(t.Context(), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without Python: %v", err)
	}
	some, none := poster.New("python3"), poster.Maker{}
	for name, want := range map[string]bool{"a/b.MP4": true, "b.webm": true, "b.png": false, "b": false} {
		if some.Makes(name) != want || none.Makes(name) {
			t.Errorf("%s: %v and %v", name, some.Makes(name), none.Makes(name))
		}
	}
}
