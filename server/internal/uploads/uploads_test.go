package uploads_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/uploads"
)

// rig is uploads on a disk of which the test says what is free.
type rig struct {
	*uploads.Uploads
	t    *testing.T
	free uint64
	full bool
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, free: 1 << 40}
	var err error
	r.Uploads, err = uploads.New(uploads.Config{
		Folder:   filepath.Join(t.TempDir(), "uploads"),
		HasSpace: func() bool { return !r.full },
		Free:     func(string) (uint64, error) { return r.free, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) take(owner, content string) uploads.Upload {
	r.t.Helper()
	upload, err := r.Receive(owner, bytes.NewBufferString(content), -1)
	if err != nil {
		r.t.Fatal(err)
	}
	return upload
}

// content reads an upload for somebody; empty when it cannot be had.
func (r *rig) content(id, owner string) string {
	r.t.Helper()
	file, err := r.Open(id, owner)
	if fault.Is(err, fault.NotFound) {
		return ""
	}
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(file)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(data)
}

func (r *rig) files() int {
	r.t.Helper()
	entries, err := os.ReadDir(r.Folder)
	if err != nil {
		r.t.Fatal(err)
	}
	return len(entries)
}

func TestAnUploadIsItsOwners(t *testing.T) {
	r := newRig(t)
	upload := r.take("ada", "a graph")
	if upload.Size != 7 || r.content(upload.ID, "ada") != "a graph" || r.content(upload.ID, "bob") != "" || r.content("../lock", "ada") != "" {
		t.Errorf("%+v", upload)
	}
	r.Remove("bookings.db")
	if r.Remove(upload.ID); r.content(upload.ID, "ada") != "" || r.files() != 0 {
		t.Error("it is kept after it was removed")
	}
}

func TestNothingIsKeptOfWhatIsRefused(t *testing.T) {
	r := newRig(t)
	gone := errors.New("the connection is gone")
	much := func() io.Reader { return io.LimitReader(zeros{}, uploads.MaxBytes+1) }
	for name, c := range map[string]struct {
		body io.Reader
		size int64
		want func(error) bool
	}{
		"empty": {bytes.NewReader(nil), 0, reason(fault.InvalidFields)},
		"interrupted": {
			io.MultiReader(bytes.NewBufferString("half"), iotest.ErrReader(gone)),
			8,
			func(err error) bool { return errors.Is(err, gone) },
		},
		"too large":     {much(), -1, reason(fault.TooLarge)},
		"said to be so": {much(), uploads.MaxBytes + 1, reason(fault.TooLarge)},
	} {
		if _, err := r.Receive("ada", c.body, c.size); !c.want(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if r.files() != 0 {
		t.Errorf("%d files are left", r.files())
	}
	most, err := r.Receive("ada", io.LimitReader(zeros{}, uploads.MaxBytes), uploads.MaxBytes)
	if err != nil || most.Size != uploads.MaxBytes {
		t.Errorf("as large as may be: %d bytes, %v", most.Size, err)
	}
}

func TestTheDiskIsNotFilled(t *testing.T) {
	r := newRig(t)
	r.full = true
	if _, err := r.Receive("ada", zeros{}, 1); !fault.Is(err, fault.StoreFull) {
		t.Errorf("where the store has no space: %v", err)
	}
	r.full, r.free = false, 1<<20
	if _, err := r.Receive("ada", zeros{}, 1); !fault.Is(err, fault.StoreFull) {
		t.Errorf("where little is free: %v", err)
	}
	r.free = 1 << 40
	filling := readerFunc(func(p []byte) (int, error) { r.free = 1 << 20; return len(p), nil })
	if _, err := r.Receive("ada", filling, -1); !fault.Is(err, fault.StoreFull) {
		t.Errorf("where little is free meanwhile: %v", err)
	}
	r.free = 1 << 40
	if r.take("ada", "x"); r.files() != 1 {
		t.Errorf("%d files", r.files())
	}
}

func TestUploadsAreDeletedAfterAnHourAndAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go r.Run(ctx)
		first := r.take("ada", "first")
		time.Sleep(40 * time.Minute)
		second := r.take("ada", "second")
		time.Sleep(26 * time.Minute)
		if r.content(first.ID, "ada") != "" || r.content(second.ID, "ada") != "second" || r.files() != 1 {
			t.Errorf("%d files after an hour", r.files())
		}
		if _, err := uploads.New(r.Config); err != nil || r.files() != 0 {
			t.Errorf("%d files after a start, %v", r.files(), err)
		}
	})
}

func TestOneUserTakesLittle(t *testing.T) {
	r := newRig(t)
	var ids []string
	for range 5 {
		ids = append(ids, r.take("ada", "x").ID)
	}
	bobs := r.take("bob", "y")
	if r.files() != 5 || r.content(ids[0], "ada") != "" || r.content(ids[1], "ada") != "x" || r.content(bobs.ID, "bob") != "y" {
		t.Errorf("%d files", r.files())
	}
	ended := make(chan error)
	var feeds []io.Closer
	for range 2 {
		body, feed := io.Pipe()
		feeds = append(feeds, feed)
		go func() {
			_, err := r.Receive("ada", body, -1)
			ended <- err
		}()
		_, _ = feed.Write([]byte("a")) // is over when it is read: it is being received
	}
	if _, err := r.Receive("ada", bytes.NewBufferString("z"), -1); !fault.Is(err, fault.TooManyRequests) {
		t.Errorf("a third at a time: %v", err)
	}
	if r.take("bob", "y").Size != 1 {
		t.Error("another user has to wait")
	}
	for _, feed := range feeds {
		_ = feed.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	r.take("ada", "again")
}

func reason(want fault.Reason) func(error) bool {
	return func(err error) bool { return fault.Is(err, want) }
}

// zeros has no end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
