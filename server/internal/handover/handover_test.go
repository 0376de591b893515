package handover_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/handover"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

const pieces = 16 // that a file comes in

// rig is a ComfyUI that takes files at some speed, files to be handed over, and bookings.
type rig struct {
	*handover.Handover
	t      *testing.T
	folder string

	mu     sync.Mutex
	there  map[string]int64
	sent   []string
	speed  int64 // bytes a second
	refuse error
	jobs   []job.Job
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, folder: t.TempDir(), there: map[string]int64{}, speed: 1 << 40}
	r.Handover = handover.New(handover.Config{
		Worker:  "gpu",
		ComfyUI: r,
		Source:  r,
		Store:   r,
		Now:     time.Now,
		Log:     slog.New(slog.DiscardHandler),
	})
	return r
}

func (r *rig) InputSize(_ context.Context, subfolder, name string) (int64, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	size, there := r.there[subfolder+"/"+name]
	return size, there, nil
}

func (r *rig) Upload(ctx context.Context, subfolder, name string, content io.Reader, size int64) error {
	r.mu.Lock()
	r.sent = append(r.sent, name)
	refuse, speed := r.refuse, r.speed
	r.mu.Unlock()
	if refuse != nil {
		return refuse
	}
	var n int64
	for range pieces {
		select {
		case <-time.After(time.Duration(float64(size) / float64(speed) / pieces * float64(time.Second))):
		case <-ctx.Done():
			return ctx.Err() // ComfyUI keeps nothing of it
		}
		came, err := io.CopyN(io.Discard, content, (size+pieces-1)/pieces)
		if n += came; err != nil && err != io.EOF {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.there[subfolder+"/"+name] = n
	return nil
}

func (r *rig) AssetAwaited(_ context.Context, id, worker string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.jobs, func(j job.Job) bool {
		return j.Worker == worker && j.Status.Active() && slices.Contains(j.Inputs.Assets(), id)
	}), nil
}

// books says which bookings there are, and tells of them.
func (r *rig) books(jobs ...job.Job) {
	r.mu.Lock()
	r.jobs = jobs
	r.mu.Unlock()
	for _, j := range jobs {
		r.Follow(handover.TakingOf([]store.Change{{Things: []store.Thing{{Job: &j}}}}))
	}
}

func (r *rig) Content(id string) (*os.File, error) {
	file, err := os.Open(filepath.Join(r.folder, id))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.NoSuch("asset", id)
	}
	return file, err
}

func (r *rig) Asset(_ context.Context, id string) (store.Asset, error) {
	info, err := os.Stat(filepath.Join(r.folder, id))
	if err != nil {
		return store.Asset{}, store.ErrNotFound
	}
	return store.Asset{ID: id, MediaType: "image/png", Size: info.Size()}, nil
}

func (r *rig) ListJobs(_ context.Context, q store.Query) (found []job.Job, _ error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, j := range r.jobs {
		if q.Window.Overlaps(j.Slot()) && q.Worker == j.Worker && slices.Contains(q.Statuses, j.Status) {
			found = append(found, j)
		}
	}
	return found, nil
}

// sends returns what was sent so far.
func (r *rig) sends() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.sent, " ")
}

// with is a job that takes files of a size each.
func (r *rig) with(size int64, ids ...string) job.Job {
	r.t.Helper()
	j := job.Job{ID: "j", Worker: "gpu", Status: job.Scheduled, Duration: 1000, Inputs: workflow.Values{"prompt": workflow.Text("a fox")}}
	for _, id := range ids {
		j.Inputs["of "+id] = workflow.File{Asset: id}
		file, err := os.Create(filepath.Join(r.folder, id))
		if err == nil {
			err = errors.Join(file.Truncate(size), file.Close())
		}
		if err != nil {
			r.t.Fatal(err)
		}
	}
	return j
}

func TestFilesGetTheirNamesAndAreSentOnce(t *testing.T) {
	r := newRig(t)
	r.there["comfyscheduler/cat.png"] = 10
	r.there["comfyscheduler/dog.png"] = 3 // half of it came
	j := r.with(10, "cat", "dog")
	for range 2 {
		values, err := r.Finish(t.Context(), j)
		if err != nil || values["of cat"] != (workflow.File{Input: "comfyscheduler/cat.png"}) || values["prompt"] != j.Inputs["prompt"] {
			t.Fatalf("%v, %v", values, err)
		}
	}
	if got := r.sends(); got != "dog.png" {
		t.Errorf("sent: %s", got)
	}
	if j.Inputs["of cat"] != (workflow.File{Asset: "cat"}) {
		t.Error("the job's own values were changed")
	}
}

func TestFilesAreSentInTimeForTheirSize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.speed = 10 << 20
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go r.Run(ctx)
		j := r.with(200<<20, "film")
		j.Start = time.Now().Add(time.Minute).UnixMilli()
		r.mu.Lock()
		r.jobs = []job.Job{j}
		r.mu.Unlock()
		time.Sleep(30 * time.Second)
		if got := r.sends(); got != "" {
			t.Errorf("sent %s half a minute before", got)
		}
		time.Sleep(29 * time.Second)
		if got := r.sends(); got != "film.png" {
			t.Errorf("sent %q a second before", got)
		}
		time.Sleep(time.Minute) // it went at half the speed that was thought
		j = r.with(200<<20, "film", "sequel")
		j.Start = time.Now().Add(time.Minute).UnixMilli()
		r.mu.Lock()
		r.jobs = []job.Job{j}
		r.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.there["comfyscheduler/sequel.png"] != 200<<20 {
			t.Error("the second was not there in time")
		}
	})
}

func TestWhatKeepsAFileFromItsComfyUI(t *testing.T) {
	r := newRig(t)
	j := r.with(10, "cat")
	refused := new(handover.Error)
	r.refuse = &comfy.StatusError{Method: http.MethodPost, Path: "/upload/image", Status: http.StatusRequestEntityTooLarge}
	for range 2 {
		if _, err := r.Finish(t.Context(), j); !errors.As(err, &refused) || !strings.Contains(err.Error(), "larger than its ComfyUI takes") {
			t.Errorf("too large: %v", err)
		}
	}
	if got := r.sends(); got != "cat.png" {
		t.Errorf("a file that is too large was sent again: %s", got)
	}
	lost := r.with(10, "dog")
	if err := os.Remove(filepath.Join(r.folder, "dog")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Finish(t.Context(), lost); !errors.As(err, &refused) {
		t.Errorf("gone: %v", err)
	}
	cut := r.with(10, "fox")
	r.refuse = io.ErrUnexpectedEOF
	if _, err := r.Finish(t.Context(), cut); !errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &refused) {
		t.Errorf("cut: %v", err)
	}
	r.refuse = nil
	if _, err := r.Finish(t.Context(), cut); err != nil {
		t.Errorf("tried again: %v", err)
	}
	slow, stop := context.WithCancel(t.Context())
	stop()
	r.speed = 1
	if _, err := r.Finish(slow, r.with(1<<20, "film")); !errors.Is(err, context.Canceled) {
		t.Errorf("too slow: %v", err)
	}
}

// A booking for a moment from now is told how long its files need, and they are sent at once.
func TestFilesOfABookingForNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.speed = 10 << 20
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go r.Run(ctx)
		files := map[string]int64{"film": 200 << 20}
		if got := r.Needs(nil); got != 0 {
			t.Errorf("no files need %v", got)
		}
		needs := r.Needs(files)
		if needs < 10*time.Second || needs > 15*time.Second { // at the speed that is thought at first
			t.Errorf("200 MiB need %v", needs)
		}
		j := r.with(200<<20, "film")
		j.Start = time.Now().Add(needs).UnixMilli()
		r.mu.Lock()
		r.jobs = []job.Job{j}
		r.mu.Unlock()
		r.Follow(handover.TakingOf([]store.Change{{Things: []store.Thing{{Job: &j}}}}))
		synctest.Wait()
		if got := r.sends(); got != "film.png" {
			t.Errorf("sent %q when it was booked", got)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if got := r.Needs(files); got != 0 {
			t.Errorf("what is there needs %v", got)
		}
		time.Sleep(10 * time.Minute)
		if got := r.Needs(files); got < 15*time.Second { // it may have been deleted; the speed is known now
			t.Errorf("what was there long ago needs %v", got)
		}
	})
}

func TestFilesThatAreThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.speed = 10 << 20
		film := r.with(20<<20, "film")
		if !r.Has(t.Context(), r.with(0)) || r.Has(t.Context(), film) {
			t.Error("a job that takes no files has them all, and the film is not there yet")
		}
		time.Sleep(3 * time.Second)
		if !r.Has(t.Context(), film) || r.sends() != "film.png" {
			t.Errorf("asking sends what is not there: %s", r.sends())
		}
		if r.Has(t.Context(), job.Job{Inputs: workflow.Values{"gone": workflow.File{Asset: "gone"}}}) {
			t.Error("a file that is gone is there")
		}
	})
}
