package assets_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/zeebo/blake3"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/assets"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/memory"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// rig is assets on a disk of which the test says what is free.
type rig struct {
	*assets.Assets
	t        *testing.T
	ada, bob account.Actor
	free     uint64
	full     bool
}

func newRig(t *testing.T, limits assets.Limits) *rig {
	r := &rig{t: t, free: 1 << 40}
	kept := memory.Open(memory.NewState())
	t.Cleanup(func() { _ = kept.Close() })
	r.ada, r.bob = user(t, kept, "Ada"), user(t, kept, "Bob")
	var err error
	r.Assets, err = assets.New(assets.Config{
		Store:    kept,
		Policy:   account.Policy{PrivateJobs: true},
		Folder:   filepath.Join(t.TempDir(), "assets"),
		Limits:   limits,
		HasSpace: func() bool { return !r.full },
		Free:     func(string) (uint64, error) { return r.free, nil },
		Now:      time.Now,
		Log:      slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func user(t *testing.T, s store.Store, name string) account.Actor {
	u := account.User{ID: uuid.NewString(), Name: name, CreatedAt: 1}
	_, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.InsertUser(ctx, u) })
	if err != nil {
		t.Fatal(err)
	}
	return account.Actor{User: u}
}

var generous = assets.Limits{MaxBytes: 1 << 30, Quota: 1 << 40, Keep: 30 * 24 * time.Hour}

func (r *rig) take(by account.Actor, content string) store.OwnedAsset {
	r.t.Helper()
	a, err := r.Receive(r.t.Context(), by, "file", strings.NewReader(content), -1)
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

// files names the files that are there, whether finished or not.
func (r *rig) files() (names []string) {
	r.t.Helper()
	err := filepath.WalkDir(r.Folder, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, d.Name())
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return names
}

func (r *rig) sees(viewer account.Actor, id string) bool {
	r.t.Helper()
	_, err := r.Get(r.t.Context(), viewer.User, id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		r.t.Fatal(err)
	}
	return err == nil
}

// graph is a small file that is taken.
const graph = `{"1": {"class_type": "A"}}`

func TestContentIsKeptOnce(t *testing.T) {
	r := newRig(t, generous)
	first := r.take(r.ada, graph)
	sum := blake3.Sum256([]byte(graph))
	if first.ID != hex.EncodeToString(sum[:]) || first.Size != int64(len(graph)) || first.Kind != "workflow" {
		t.Errorf("%+v", first)
	}
	if again := r.take(r.ada, graph); again.ID != first.ID {
		t.Errorf("%+v", again)
	}
	if r.sees(r.bob, first.ID) {
		t.Error("another user sees it by its id")
	}
	if r.take(r.bob, graph).ID != first.ID || !slices.Equal(r.files(), []string{first.ID}) {
		t.Errorf("%v", r.files())
	}
	file, err := r.Open(t.Context(), r.ada.User, first.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if content, err := io.ReadAll(file); string(content) != graph || err != nil {
		t.Errorf("%q, %v", content, err)
	}
	events, err := r.Store.Events(t.Context(), audit.Query{Limit: 9})
	if len(events) != 2 || events[0].Action != audit.CreateAsset || err != nil {
		t.Errorf("%+v, %v", events, err)
	}
	for _, by := range []account.Actor{r.ada, r.bob} {
		if err := r.Delete(t.Context(), by, first.ID); err != nil || r.sees(by, first.ID) {
			t.Errorf("deleted by %s: %v", by.Name, err)
		}
	}
	if err := r.Delete(t.Context(), r.bob, first.ID); !fault.Is(err, fault.NotFound) || len(r.files()) != 0 {
		t.Errorf("%v, %v", err, r.files())
	}
}

func TestNamesAreOnlyShown(t *testing.T) {
	r := newRig(t, generous)
	for given, want := range map[string]string{
		`../../etc/passwd`: "passwd",
		`C:\pets\cat.png`:  "cat.png",
		"a\x00b\u202ec\n":  "abc",
		"\xff":             "",
	} {
		a, err := r.Receive(t.Context(), r.ada, given, strings.NewReader(graph+" "+want), -1)
		if a.Name != want || err != nil {
			t.Errorf("%q is shown as %q, %v", given, a.Name, err)
		}
	}
}

func TestNothingIsKeptOfWhatIsRefused(t *testing.T) {
	r := newRig(t, assets.Limits{MaxBytes: 1 << 20, Quota: 3 << 19})
	gone := errors.New("the connection is gone")
	for name, c := range map[string]struct {
		body io.Reader
		size int64
		want func(error) bool
	}{
		"empty": {bytes.NewReader(nil), 0, reason(fault.InvalidFields)},
		"interrupted": {
			io.MultiReader(strings.NewReader(graph), iotest.ErrReader(gone)),
			80,
			func(err error) bool { return errors.Is(err, gone) },
		},
		"too large":     {io.LimitReader(spaces{}, 1<<20+1), -1, reason(fault.TooLarge)},
		"said to be so": {spaces{}, 1<<20 + 1, reason(fault.TooLarge)},
		"of no kind":    {strings.NewReader("MZ\x90\x00 a program"), -1, reason(fault.UnsupportedFile)},
		"a page":        {strings.NewReader("<html><script>"), -1, reason(fault.UnsupportedFile)},
		"SVG":           {strings.NewReader("<svg onload='x'>"), -1, reason(fault.UnsupportedFile)},
		"half a PNG":    {strings.NewReader("\x89PNG\r\n\x1a\n\x00"), -1, reason(fault.InvalidFields)},
	} {
		if _, err := r.Receive(t.Context(), r.ada, name, c.body, c.size); !c.want(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.take(r.ada, graph+strings.Repeat(" ", 1<<20-len(graph)))
	for _, size := range []int64{-1, 1 << 20} { // told at the end, or before anything is read
		body := io.MultiReader(strings.NewReader(graph), io.LimitReader(spaces{}, 1<<20-100))
		_, err := r.Receive(t.Context(), r.ada, "", body, size)
		if found, _ := fault.Of(err); !fault.Is(err, fault.QuotaExceeded) || found.Metadata["used_bytes"] != "1048576" {
			t.Errorf("over the quota: %v", err)
		}
	}
	if len(r.files()) != 1 {
		t.Errorf("%v are left", r.files())
	}
}

func TestTheDiskIsNotFilled(t *testing.T) {
	r := newRig(t, generous)
	receive := func(body io.Reader) error {
		_, err := r.Receive(t.Context(), r.ada, "", body, -1)
		return err
	}
	r.full = true
	if err := receive(spaces{}); !fault.Is(err, fault.StoreFull) {
		t.Errorf("where the store has no space: %v", err)
	}
	r.full, r.free = false, 1<<20
	if err := receive(spaces{}); !fault.Is(err, fault.StoreFull) {
		t.Errorf("where little is free: %v", err)
	}
	r.free = 1 << 40
	filling := readerFunc(func(p []byte) (int, error) { r.free = 1 << 20; return len(p), nil })
	if err := receive(filling); !fault.Is(err, fault.StoreFull) || len(r.files()) != 0 {
		t.Errorf("where little is free meanwhile: %v, %v", err, r.files())
	}
}

// TestMemoryIsBounded receives a large file through a reader that makes it up.
func TestMemoryIsBounded(t *testing.T) {
	r := newRig(t, generous)
	body := io.MultiReader(strings.NewReader(graph), io.LimitReader(spaces{}, 256<<20))
	before := allocated()
	a, err := r.Receive(t.Context(), r.ada, "", body, -1)
	if err != nil || a.Size != int64(len(graph))+256<<20 {
		t.Fatalf("%+v, %v", a, err)
	}
	if got := allocated() - before; got > 4<<20 {
		t.Errorf("%d bytes were allocated", got)
	}
}

func TestOneUserTakesLittle(t *testing.T) {
	r := newRig(t, generous)
	var feeds []*io.PipeWriter
	var ended sync.WaitGroup
	for range 8 {
		body, feed := io.Pipe()
		feeds = append(feeds, feed)
		ended.Go(func() { _, _ = r.Receive(t.Context(), r.ada, "", body, -1) })
		_, _ = feed.Write([]byte("{")) // is over when it is read: it is being received
	}
	if _, err := r.Receive(t.Context(), r.ada, "", strings.NewReader(graph), -1); !fault.Is(err, fault.TooManyRequests) {
		t.Errorf("a ninth at a time: %v", err)
	}
	r.take(r.bob, graph)
	for _, feed := range feeds {
		_ = feed.CloseWithError(errors.New("gone"))
	}
	ended.Wait()
	if r.take(r.ada, graph); len(r.files()) != 1 {
		t.Errorf("%v", r.files())
	}
}

func TestUnusedAssetsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := generous
		limits.Keep = 24 * time.Hour
		r := newRig(t, limits)
		model := r.take(r.ada, "ply\n1")
		taken := r.take(r.ada, "ply\n2")
		flow := r.take(r.ada, graph)
		stray := strings.Repeat("ab", 32)
		if err := os.MkdirAll(filepath.Join(r.Folder, "ab"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(r.Folder, "ab", stray), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		j := r.book(taken.ID)
		r.sweeps(model.ID, taken.ID, flow.ID, stray)
		if err := r.Delete(t.Context(), r.ada, taken.ID); !fault.Is(err, fault.AssetInUse) {
			t.Errorf("deleted although a job takes it: %v", err)
		}
		time.Sleep(25 * time.Hour)
		if err := os.Chtimes(filepath.Join(r.Folder, "ab", stray), time.Unix(0, 0), time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
		r.sweeps(taken.ID)
		if r.sees(r.bob, taken.ID) || !r.sees(account.Actor{User: account.User{ID: "x", Administrator: true}}, taken.ID) {
			t.Error("who may see a job that takes it")
		}
		j.StartProcessing()
		j.Fail(time.Now().UnixMilli(), job.Failure{Reason: job.Lost})
		r.write(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, j) })
		r.sweeps(taken.ID)
		time.Sleep(25 * time.Hour)
		r.sweeps()
	})
}

func TestAssetsAreCopied(t *testing.T) {
	r := newRig(t, generous)
	first := r.take(r.ada, graph)
	second := r.take(r.ada, "ply\n")
	backup := filepath.Join(t.TempDir(), "backup")
	if there, err := assets.Count(r.Folder); there != (assets.Copied{Files: 2, Bytes: first.Size + second.Size}) || err != nil {
		t.Errorf("%+v, %v", there, err)
	}
	if done, err := assets.Copy(r.Folder, backup); done.Files != 2 || err != nil {
		t.Fatalf("%+v, %v", done, err)
	}
	if err := os.WriteFile(filepath.Join(backup, second.ID[:2], second.ID), []byte("p"), 0o600); err != nil { // cut off
		t.Fatal(err)
	}
	if done, err := assets.Copy(r.Folder, backup); done != (assets.Copied{Files: 1, Bytes: second.Size}) || err != nil {
		t.Errorf("once more: %+v, %v", done, err)
	}
	if content, err := os.ReadFile(filepath.Join(backup, first.ID[:2], first.ID)); string(content) != graph || err != nil {
		t.Errorf("%q, %v", content, err)
	}
	if there, err := assets.Count(filepath.Join(backup, "none")); there != (assets.Copied{}) || err != nil {
		t.Errorf("of no folder: %+v, %v", there, err)
	}
}

// sweeps sweeps, after which there are these files.
func (r *rig) sweeps(want ...string) {
	r.t.Helper()
	if err := r.Sweep(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	got := r.files()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		r.t.Errorf("there are %v, not %v", got, want)
	}
}

func (r *rig) write(change func(context.Context, store.Tx) error) {
	r.t.Helper()
	if _, err := r.Store.Update(r.t.Context(), change); err != nil {
		r.t.Fatal(err)
	}
}

// book has a job of Ada's take an asset.
func (r *rig) book(asset string) job.Job {
	j := job.Job{
		ID:       uuid.NewString(),
		UserID:   r.ada.ID,
		Worker:   "gpu",
		Status:   job.Scheduled,
		Start:    1000,
		Duration: 10,
		Inputs:   workflow.Values{},
		Attempt:  1,
		Version:  1,
	}
	r.write(func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.InsertJob(ctx, j), tx.SetJobAssets(ctx, j.ID, []string{asset}, 1))
	})
	return j
}

// allocated counts the bytes that were ever allocated.
func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

func reason(want fault.Reason) func(error) bool {
	return func(err error) bool { return fault.Is(err, want) }
}

// spaces has no end.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
