package fleet_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// without is the fleet of the same configuration without some workers, for a data folder that has another name.
func without(f *fleet.Fleet, instance string, workers ...string) *fleet.Fleet {
	c := f.Config
	c.Instance, c.Workers = instance, nil
	for _, w := range f.Config.Workers {
		if !slices.Contains(workers, w.ID) {
			c.Workers = append(c.Workers, w)
		}
	}
	return fleet.New(c)
}

// wrote notes results as those of a job.
func wrote(t *testing.T, s store.Store, id, worker string, names ...string) job.Job {
	t.Helper()
	user := account.User{ID: "user of " + id, Name: "User of " + id}
	j := job.Job{ID: id, UserID: user.ID, Worker: worker, Status: job.Processing, Start: 1000, Duration: 10}
	var results []job.Result
	for _, name := range names {
		results = append(results, job.Result{Filename: name, Kind: job.Image})
	}
	j.Complete(1500, results)
	_, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := tx.InsertUser(ctx, user); err != nil {
			return err
		}
		return tx.InsertJob(ctx, j)
	})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func contentOf(t *testing.T, f *fleet.Fleet, name string) string {
	t.Helper()
	file, err := f.Open(t.Context(), name)
	if err != nil {
		return ""
	}
	return readAll(t, file)
}

// readAll reads what was opened, and closes it.
func readAll(t *testing.T, file io.ReadCloser) string {
	t.Helper()
	content, err := io.ReadAll(file)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// Only what jobs wrote is read of a worker that is not in the configuration any more, and only in the data folder that it was configured
// for.
func TestResultsOfFormerWorkers(t *testing.T) {
	f, dir := twoLanes(t)
	of := wrote(t, f.Store, "b", "two", "two/fox.png")
	if err := os.WriteFile(filepath.Join(dir, "two", "other.png"), []byte("of nobody"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := contentOf(t, f, "two/other.png"); got != "of nobody" {
		t.Errorf("while it is there: %q", got)
	}
	left := without(f, "", "two")
	for name, want := range map[string]string{"two/fox.png": "of two", "two/other.png": "", "two/../one/fox.png": "", "fox.png": "of one"} {
		if got := contentOf(t, left, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	copied := without(f, "of the copy", "two")
	if got := contentOf(t, copied, "two/fox.png"); got != "" {
		t.Errorf("a copy of the data folder reads %q", got)
	}
	_, err := copied.OpenOwn(t.Context(), of, 0)
	if !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), `the worker "two"`) {
		t.Errorf("in a copy of the data folder: %v", err)
	}
}

// The first worker's results have no prefix, and keep their names when another is the first; so do those of the one that is.
func TestResultsWhenTheFirstWorkerLeaves(t *testing.T) {
	f, dir := twoLanes(t)
	for _, place := range []string{"one/lone.png", "two/late.png"} {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(place)), []byte("at "+place), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	wrote(t, f.Store, "a", "one", "lone.png")
	wrote(t, f.Store, "b", "two", "two/fox.png", "two/late.png")
	left := without(f, "", "one")
	wrote(t, f.Store, "c", "two", "late.png") // the same file as "two/late.png" was, by another job
	for name, want := range map[string]struct{ owner, content string }{
		"lone.png":     {"one", "at one/lone.png"},
		"two/fox.png":  {"two", "of two"},
		"late.png":     {"two", "at two/late.png"},
		"two/late.png": {"two", ""},
	} {
		if owner, got := left.Owner(name), contentOf(t, left, name); owner != want.owner || got != want.content {
			t.Errorf("%s of %s is %q, want %q of %s", name, owner, got, want.content, want.owner)
		}
	}
}
