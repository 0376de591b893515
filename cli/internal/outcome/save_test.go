package outcome_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/outcome"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// files serves content by name over HTTP.
type files struct {
	url     string
	content map[string]string
}

func serve(t *testing.T, content map[string]string) *files {
	t.Helper()
	f := &files{content: content}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text := f.content[r.URL.Query().Get("name")]
		if text == "(cut)" {
			w.Header().Set("Content-Length", "100")
		}
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func (f *files) Result(ctx context.Context, j *pb.Job, n int) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url, nil)
	if err != nil {
		return nil, err
	}
	q := req.URL.Query()
	q.Set("name", j.Results[n].Filename)
	req.URL.RawQuery = q.Encode()
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}

func job(names ...string) *pb.Job {
	j := &pb.Job{Id: "3f2a1b2c-0000-4000-8000-000000000001"}
	for _, name := range names {
		j.Results = append(j.Results, &pb.Result{Filename: name})
	}
	return j
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Error(err)
	}
	return string(raw)
}

func TestSaveKeepsNamesAndTexts(t *testing.T) {
	from := serve(t, map[string]string{"a.png": "A", "sub/b c.png": "B"})
	j := job("a.png", "sub/b c.png")
	j.Results = append(j.Results, &pb.Result{Kind: pb.ResultKind_RESULT_KIND_TEXT, NodeId: "57:9", Text: "a caption"})
	dir := filepath.Join(t.TempDir(), "new", "pictures")
	for range 2 { // the second time everything is there already
		saved, err := outcome.Save(t.Context(), from, j, dir)
		if err != nil || len(saved) != 3 || saved[1] != filepath.Join(dir, "sub", "b c.png") {
			t.Fatalf("%v, %v", saved, err)
		}
	}
	a, b, c := read(t, dir, "a.png"), read(t, dir, "sub", "b c.png"), read(t, dir, j.GetId()+"-node-57_9.txt")
	if a != "A" || b != "B" || c != "a caption" {
		t.Errorf("%q %q %q", a, b, c)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 3 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestSaveDoesNotOverwriteOtherContent(t *testing.T) {
	from := serve(t, map[string]string{"a.png": "new"})
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.png"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := outcome.Save(t.Context(), from, job("a.png"), dir); !errors.Is(err, outcome.ErrDiffers) {
		t.Errorf("%v", err)
	}
	if got := read(t, dir, "a.png"); got != "old" {
		t.Errorf("%q", got)
	}
}

func TestSaveStaysInItsDirectory(t *testing.T) {
	from := serve(t, nil)
	base := t.TempDir()
	dir := filepath.Join(base, "pictures")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	names := []string{"../evil.png", "/evil.png", "sub/../../evil.png", ".."}
	if runtime.GOOS != "windows" { // making links needs a privilege there
		if err := os.Symlink(base, filepath.Join(dir, "link")); err != nil {
			t.Fatal(err)
		}
		names = append(names, "link/evil.png")
	}
	for _, name := range names {
		if saved, err := outcome.Save(t.Context(), from, job(name), dir); err == nil {
			t.Errorf("%s was saved as %v", name, saved)
		}
	}
	if _, err := os.Stat(filepath.Join(base, "evil.png")); err == nil {
		t.Error("a file was written outside of the directory")
	}
}

func TestSaveLeavesNoHalfFile(t *testing.T) {
	from := serve(t, map[string]string{"a.png": "(cut)"})
	dir := t.TempDir()
	if _, err := outcome.Save(t.Context(), from, job("a.png"), dir); err == nil {
		t.Error("a picture that was cut off counts as saved")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}
