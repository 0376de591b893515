package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/storetest"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

func TestContract(t *testing.T) {
	for name, runs := range map[string]func(store.Store) store.Store{
		"every change runs once":  func(s store.Store) store.Store { return s },
		"every change runs twice": storetest.Twice,
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T, folder string) store.Store {
				s, err := sqlite.Open(t.Context(), filepath.Join(folder, "a folder #1?", "bookings.db"))
				if err != nil {
					t.Fatal(err)
				}
				return runs(s)
			})
		})
	}
}

// The log is carried into the file while updates go on, and used again. Small updates write few bytes, but whole pages.
func TestLogStaysSmall(t *testing.T) {
	user := account.User{ID: uuid.NewString()}
	jobs := make([]job.Job, 300)
	for i := range jobs {
		jobs[i] = job.Job{
			ID:       uuid.NewString(),
			UserID:   user.ID,
			Worker:   "gpu",
			Status:   job.Scheduled,
			Start:    int64(i) * 100_000,
			Duration: 900,
			Inputs:   workflow.Values{"prompt": workflow.Text(strings.Repeat("a fox ", 50))},
			Attempt:  1,
			Version:  1,
		}
	}
	for name, change := range map[string]func(ctx context.Context, tx store.Tx, i int) error{
		"a booking is moved": func(ctx context.Context, tx store.Tx, i int) error {
			j := &jobs[i%len(jobs)]
			j.Move(j.Start + int64(i))
			return tx.UpdateJob(ctx, *j)
		},
		"much is written": func(ctx context.Context, tx store.Tx, i int) error {
			return tx.PutRecord(ctx, fmt.Sprint(i%10), make([]byte, 100_000))
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "bookings.db")
			s, err := sqlite.Open(t.Context(), file)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			if _, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
				err := tx.InsertUser(ctx, user)
				for _, j := range jobs {
					err = errors.Join(err, tx.InsertJob(ctx, j))
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			for i := range 2000 {
				if _, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { return change(ctx, tx, i) }); err != nil {
					t.Fatal(err)
				}
			}
			log, err := os.Stat(file + "-wal")
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("the log has %d KiB", log.Size()>>10)
			if log.Size() > 17<<20 { // a commit carries it over at 16 MiB after all, were the checkpoints beside too slow
				t.Errorf("the log has %d bytes", log.Size())
			}
		})
	}
}

func TestCommitsAreSynced(t *testing.T) {
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for name, want := range map[string]string{"synchronous": "2", "journal_mode": "wal"} { // 2 is FULL
		if got, err := s.Setting(t.Context(), name); err != nil || got != want {
			t.Errorf("%s is %s, want %s (%v)", name, got, want, err)
		}
	}
}

// Lives that are cut short must not leave a log that grows from one to the next.
func TestLogOfManyShortLivesStaysSmall(t *testing.T) {
	folder := t.TempDir()
	var log int64
	for life := range 20 {
		// What a life that is cut short leaves behind: the files as they are while it goes on.
		left := filepath.Join(folder, strconv.Itoa(life))
		s, err := sqlite.Open(t.Context(), filepath.Join(left, "bookings.db"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
			return tx.PutRecord(ctx, strconv.Itoa(life), make([]byte, 100_000))
		}); err != nil {
			t.Fatal(err)
		}
		next := filepath.Join(folder, strconv.Itoa(life+1))
		if err := os.Mkdir(next, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"bookings.db", "bookings.db-wal"} {
			data, err := os.ReadFile(filepath.Join(left, name))
			if err == nil {
				err = os.WriteFile(filepath.Join(next, name), data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			log = int64(len(data))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if log > 1<<20 {
		t.Errorf("the log has %d bytes after twenty lives of a tenth of a megabyte", log)
	}
}
