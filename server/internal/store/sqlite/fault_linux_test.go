package sqlite_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// maxPlaces is at how many places of a life each kind of fault is tried, spread over all there are.
const maxPlaces = 20

var everyPlace = flag.Bool("faults.all", false, "let every operation on the disk fail in its turn, which takes a minute")

// TestFaultsOfTheDisk lets the nth operation on the disk fail, or all from the nth on, for n from the first to the last.
// Each update is refused with an error and leaves nothing in a store that goes on, or it is acknowledged, and then it
// outlives the service and a power cut.
func TestFaultsOfTheDisk(t *testing.T) {
	made := t.TempDir()
	s, err := sqlite.Open(t.Context(), filepath.Join(made, "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	user := account.User{ID: uuid.NewString(), Name: "Ada"}
	if _, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.InsertUser(ctx, user) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	empty, err := os.ReadFile(filepath.Join(made, "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	faulty := installDisk(t)
	for name, f := range map[string]fault{
		"an error of the disk when writing": {writing, 0, 1, sqlite3.SQLITE_IOERR_WRITE}, // EIO and EDQUOT
		"a full disk":                       {writing, 0, 1, sqlite3.SQLITE_FULL},
		"a disk that stays full":            {writing, 0, 1 << 30, sqlite3.SQLITE_FULL},
		"a failed sync":                     {syncing, 0, 1, sqlite3.SQLITE_IOERR_FSYNC},
		"syncs that go on failing":          {syncing, 0, 1 << 30, sqlite3.SQLITE_IOERR_FSYNC},
		"an error of the disk when reading": {reading, 0, 1, sqlite3.SQLITE_IOERR_READ},
		"a failed truncation":               {truncating, 0, 1, sqlite3.SQLITE_IOERR_TRUNCATE},
	} {
		t.Run(name, func(t *testing.T) {
			l := &life{T: t, disk: faulty, empty: empty, user: user}
			places := l.live(f)
			step := (places + maxPlaces - 1) / maxPlaces
			if *everyPlace {
				step = 1
			}
			tried := 0
			for f.from = 1; f.from <= places; f.from += step {
				l.live(f)
				tried++
			}
			t.Logf("%d of %d operations failed; %d updates refused", tried, places, l.refused)
			if tried == 0 {
				t.Error("nothing failed")
			}
		})
	}
}

// life is a store that is opened, written and closed twice, on a disk with a fault.
type life struct {
	*testing.T
	disk    *faultyDisk
	empty   []byte
	user    account.User
	file    string
	store   *sqlite.Store
	refused int
}

// live lives once and gives how many operations there were that could have failed.
func (l *life) live(f fault) (operations int) {
	folder, err := os.MkdirTemp(l.TempDir(), "")
	if err != nil {
		l.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	l.file = filepath.Join(folder, "bookings.db")
	if err := os.WriteFile(l.file, l.empty, 0o600); err != nil {
		l.Fatal(err)
	}
	l.disk.restart(f)
	var acknowledged []string
	for part := range 2 {
		l.open()
		for n := range 6 {
			acknowledged = append(acknowledged, l.book(part*6+n)...)
		}
		if part == 1 {
			operations = l.disk.heal()
			acknowledged = append(acknowledged, l.book(99)...) // it goes on once the disk is well
			if len(acknowledged) == 0 {
				l.Errorf("%+v: nothing was booked on a disk that is well", f)
			}
			l.holds(f, acknowledged, "a power cut", func(into string) { l.disk.powerCut(l.T, into) })
		}
		_ = l.store.Close()
	}
	l.holds(f, acknowledged, "the end", func(into string) {
		if err := os.CopyFS(into, os.DirFS(folder)); err != nil {
			l.Fatal(err)
		}
	})
	return operations
}

// open opens the store; when it fails, on a disk that is well again.
func (l *life) open() {
	var err error
	l.disk.age()
	if l.store, err = sqlite.Open(l.Context(), l.file); err == nil {
		return
	}
	l.disk.heal()
	l.disk.age()
	if l.store, err = sqlite.Open(l.Context(), l.file); err != nil {
		l.Fatalf("it does not open any more: %v", err)
	}
}

// book books and gives what was acknowledged. What was refused leaves nothing behind.
func (l *life) book(n int) []string {
	j := job.Job{
		ID:       uuid.NewString(),
		UserID:   l.user.ID,
		Worker:   "gpu",
		Status:   job.Scheduled,
		Start:    int64(n) * 1000,
		Duration: 900 + int64(n),
		Inputs:   workflow.Values{"prompt": workflow.Text("a fox")},
		Attempt:  1,
		Version:  1,
	}
	_, err := l.store.Update(l.Context(), func(ctx context.Context, tx store.Tx) error {
		e := audit.Event{UserID: l.user.ID, JobID: j.ID, Request: audit.Request{ID: j.ID, Hash: []byte("h")}}
		return errors.Join(tx.InsertJob(ctx, j), tx.InsertEvent(ctx, e))
	})
	if err == nil {
		return []string{j.ID}
	}
	l.refused++
	if _, found := l.store.Job(l.Context(), j.ID); found == nil {
		l.Errorf("booking %d was refused (%v), but is there", n, err)
	}
	gaps, err := l.store.FreeSlots(l.Context(), "gpu", j.Start, j.Duration, 1)
	if err != nil || len(gaps) != 1 || gaps[0].First != j.Start {
		l.Errorf("booking %d was refused, but holds its slot: free is %v (%v)", n, gaps, err)
	}
	return nil
}

// holds opens what is left and looks for all that was acknowledged.
func (l *life) holds(f fault, acknowledged []string, after string, leave func(into string)) {
	folder, err := os.MkdirTemp(l.TempDir(), "")
	if err != nil {
		l.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	leave(folder)
	file := filepath.Join(folder, "bookings.db")
	s, err := sqlite.Open(l.Context(), file)
	if err != nil {
		l.Fatalf("%+v: after %s: %v", f, after, err)
	}
	for _, id := range acknowledged {
		j, err := s.Job(l.Context(), id)
		if err != nil {
			l.Errorf("%+v: after %s job %s is lost: %v", f, after, id, err)
		}
		_, _ = s.Update(l.Context(), func(ctx context.Context, tx store.Tx) error {
			known, _, err := tx.Request(ctx, l.user.ID, id)
			held, _ := tx.Within(ctx, "gpu", j.Slot(), 0)
			if known != id || err != nil || len(held) != 1 || held[0] != (schedule.Booking{ID: id, Slot: j.Slot()}) {
				err = fmt.Errorf("%+v: after %s job %s: its request is of %q, its slot held by %v (%w)", f, after, id, known, held, err)
				l.Error(err)
			}
			return nil
		})
	}
	if err := errors.Join(s.Close(), sqlite.Check(l.Context(), file)); err != nil {
		l.Errorf("%+v: after %s: %v", f, after, err)
	}
}
