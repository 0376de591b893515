package sqlite_test

import (
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/storetest"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T, folder string) store.Store {
		s, err := sqlite.Open(t.Context(), filepath.Join(folder, "a folder #1?", "bookings.db"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
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

func BenchmarkBook(b *testing.B) {
	for _, callers := range []int{1, 8} {
		b.Run(strconv.Itoa(callers*2)+"callers", func(b *testing.B) {
			s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "bookings.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			user := store.User{ID: uuid.NewString()}
			if err := s.Update(b.Context(), func(tx store.Tx) error {
				_, err := tx.InsertUser(user)
				return err
			}); err != nil {
				b.Fatal(err)
			}
			var n atomic.Int64
			b.SetParallelism(callers)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					j := job.Job{
						ID: uuid.Must(uuid.NewV7()).String(), UserID: user.ID, Worker: "gpu", Status: job.Scheduled, Start: n.Add(1) * 1000, Duration: 900,
						Prompt: "a fox", Parameters: workflow.Values{"width": workflow.Integer(1)}, Attempt: 1, Version: 1,
					}
					if err := s.Update(b.Context(), func(tx store.Tx) error { return tx.InsertJob(j) }); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
