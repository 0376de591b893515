package fleet_test

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/memory"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// twoLanes makes a fleet of workers "one" and "two", which have written a file each of the same name.
func twoLanes(t *testing.T) (f *fleet.Fleet, dir string) {
	t.Helper()
	dir = t.TempDir()
	var workers []config.Worker
	for i, id := range []string{"one", "two"} {
		output := filepath.Join(dir, id)
		if err := os.Mkdir(output, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(output, "fox.png"), []byte("of "+id), 0o644); err != nil {
			t.Fatal(err)
		}
		workers = append(workers, config.Worker{
			ID: id,
			ComfyUI: config.ComfyUI{
				Installation: config.Simulated,
				OutputDir:    output,
				Host:         "127.0.0.1",
				Port:         9000 + i,
			},
		})
	}
	file := filepath.Join(dir, "fox_api.json")
	if err := os.WriteFile(file, []byte(`{"1": {"class_type": "Text", "inputs": {"text": "", "seed": 1}}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	s := memory.Open(memory.NewState())
	t.Cleanup(func() { _ = s.Close() })
	known := learned.New(learned.Config{Store: s, Now: time.Now, Log: log})
	return fleet.New(fleet.Config{
		Workers: workers,
		Library: library.New(library.Config{
			Store:    s,
			Sources:  []library.Source{{ID: "fox", File: file}},
			Log:      log,
			OnChange: func([]workflow.Workflow) {},
		}),
		Learned:    known,
		DataDir:    dir,
		Store:      s,
		Now:        time.Now,
		Log:        log,
		OnWorker:   func(health.Worker) {},
		OnProgress: func(job.Progress) {},
	}), dir
}

// Two workers that write one file name do not meet.
func TestResultsOfTwoWorkersAreToldApart(t *testing.T) {
	f, _ := twoLanes(t)
	for name, want := range map[string]struct{ worker, content string }{
		"fox.png":     {"one", "of one"},
		"two/fox.png": {"two", "of two"},
	} {
		if worker := f.Owner(name); worker != want.worker {
			t.Errorf("%s is of %s, want %s", name, worker, want.worker)
		}
		file, err := f.Open(t.Context(), name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if content, err := io.ReadAll(file); err != nil || string(content) != want.content {
			t.Errorf("%s is %q (%v)", name, content, err)
		}
		_ = file.Close()
	}
	for _, tc := range []struct{ worker, name string }{{"two", "../one/fox.png"}, {"one", "two/fox.png"}} {
		if _, err := f.OpenResult(t.Context(), tc.worker, tc.name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s of %s: %v", tc.name, tc.worker, err)
		}
	}
}

// A name of the first worker's that begins like one of another's is told apart from it too, and any name leads back to its file.
func TestNamesThatBeginWithAWorker(t *testing.T) {
	f, dir := twoLanes(t)
	for _, own := range []string{"two/owl.png", "one/owl.png", "one/two/owl.png", "one/one/two/owl.png", "twofold/owl.png"} {
		path := filepath.Join(dir, "one", filepath.FromSlash(own))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(own), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"one/two/owl.png":         "two/owl.png",
		"one/owl.png":             "one/owl.png",
		"one/one/two/owl.png":     "one/two/owl.png",
		"one/one/one/two/owl.png": "one/one/two/owl.png",
		"twofold/owl.png":         "twofold/owl.png",
	} {
		if worker := f.Owner(name); worker != "one" {
			t.Errorf("%s is of %s", name, worker)
		}
		l, err := f.Lane("one")
		if err != nil {
			t.Fatal(err)
		}
		if named := l.Runner.NameOf(want); named != name || l.Runner.OwnName(name) != want {
			t.Errorf("%s is called %s, want %s, and leads back to %s", want, named, name, l.Runner.OwnName(name))
		}
		file, err := f.Open(t.Context(), name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if content, err := io.ReadAll(file); err != nil || string(content) != want {
			t.Errorf("%s is %q (%v)", name, content, err)
		}
		_ = file.Close()
	}
	if _, err := f.Open(t.Context(), "two/owl.png"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file of one's is taken for one of two's: %v", err)
	}
}

// The first worker's files lie where they did when there was one only.
func TestEachLaneHasFilesOfItsOwn(t *testing.T) {
	f, dir := twoLanes(t)
	for worker, record := range map[string]string{"one": "comfyui-one.json", "two": "workers/two/comfyui.json"} {
		l, err := f.Lane(worker)
		if err != nil {
			t.Fatal(err)
		}
		if want := filepath.Join(dir, filepath.FromSlash(record)); l.Engine.Files.Record != want {
			t.Errorf("%s keeps its record in %s, want %s", worker, l.Engine.Files.Record, want)
		}
		if _, err := os.Stat(l.Engine.Files.Record); err != nil {
			t.Error(err) // it holds the client id
		}
	}
}
