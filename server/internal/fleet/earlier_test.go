package fleet_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// writingTo is the fleet of the same configuration, but for the output folder of the worker "two".
func writingTo(t *testing.T, f *fleet.Fleet, instance, folder string) *fleet.Fleet {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	c := f.Config
	c.Instance, c.Workers = instance, slices.Clone(c.Workers)
	c.Workers[1].ComfyUI.OutputDir = folder
	return fleet.New(c)
}

// wroteFile writes a file as a job on the worker "two" does, and notes it with its size and time.
func wroteFile(t *testing.T, s store.Store, id, folder, name, content string) job.Job {
	t.Helper()
	file := filepath.Join(folder, name)
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	j := wrote(t, s, id, "two", "two/"+name)
	j.Results[0].Size, j.Results[0].Modified = info.Size(), info.ModTime().UnixMilli()
	if _, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, j) }); err != nil {
		t.Fatal(err)
	}
	return j
}

// own reads a job's result, or what is said of it.
func own(t *testing.T, f *fleet.Fleet, j job.Job) string {
	t.Helper()
	file, err := f.OpenOwn(t.Context(), j, 0)
	if err != nil {
		if !fault.Is(err, fault.ResultChanged) && !fault.Is(err, fault.NotFound) {
			t.Errorf("it is refused with %v", err)
		}
		return err.Error()
	}
	return readAll(t, file)
}

// What a worker has made stays readable when it gets another output folder, once and again and when it leaves; of the earlier folders
// only what its jobs wrote is.
func TestResultsOfEarlierOutputFolders(t *testing.T) {
	f, dir := twoLanes(t)
	first, second := filepath.Join(dir, "two"), filepath.Join(dir, "second")
	a := wroteFile(t, f.Store, "a", first, "a.png", "of job a")
	if err := os.WriteFile(filepath.Join(first, "other.png"), []byte("of nobody"), 0o644); err != nil {
		t.Fatal(err)
	}
	f = writingTo(t, f, "", second)
	b := wroteFile(t, f.Store, "b", second, "b.png", "of job b")
	f = writingTo(t, f, "", filepath.Join(dir, "third"))
	back := writingTo(t, f, "", first)
	for what, now := range map[string]*fleet.Fleet{"third": f, "back at the first": back, "left": without(back, "", "two")} {
		for want, j := range map[string]job.Job{"of job a": a, "of job b": b} {
			if got := own(t, now, j); got != want {
				t.Errorf("%s: the result of %s is %q", what, j.ID, got)
			}
			if got := contentOf(t, now, j.Results[0].Filename); got != want {
				t.Errorf("%s: %s is %q", what, j.Results[0].Filename, got)
			}
		}
		if got := contentOf(t, now, "two/other.png"); got != "" && what != "back at the first" {
			t.Errorf("%s: what nobody wrote is served: %q", what, got)
		}
	}
	copied := writingTo(t, f, "of the copy", filepath.Join(dir, "fourth"))
	if got := own(t, copied, a); !strings.Contains(got, "deleted") {
		t.Errorf("a copy of the data folder reads %q", got)
	}
}

// A name that was given again in another output folder never stands for somebody else's file.
func TestNamesInSeveralOutputFolders(t *testing.T) {
	f, dir := twoLanes(t)
	first, second := filepath.Join(dir, "two"), filepath.Join(dir, "second")
	a := wroteFile(t, f.Store, "a", first, "same.png", "of job a")
	f = writingTo(t, f, "", second)
	if err := os.WriteFile(filepath.Join(second, "same.png"), []byte("made on ComfyUI's own page"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := own(t, f, a); got != "of job a" {
		t.Errorf("beside a file of its name the result is %q", got)
	}
	b := wroteFile(t, f.Store, "b", second, "same.png", "by the job b")
	if got := own(t, f, b); got != "by the job b" {
		t.Errorf("the result of the later job is %q", got)
	}
	if err := os.Remove(filepath.Join(second, "same.png")); err != nil {
		t.Fatal(err)
	}
	if got := own(t, f, b); !strings.Contains(got, "in none of the output folders that the worker \"two\" has had") {
		t.Errorf("the result of the later job is gone, and it is %q", got)
	}
	if got := contentOf(t, f, "two/same.png"); got != "" {
		t.Errorf("the name of the later job's file is served as %q", got)
	}
	if got := own(t, f, a); got != "of job a" {
		t.Errorf("the result of the earlier job is %q", got)
	}
}
