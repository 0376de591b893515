package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/storetest"
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

// The log is carried into the file while updates go on, and used again: it does not grow with what is written.
func TestLogStaysSmall(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bookings.db")
	s, err := sqlite.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	size := func() int64 {
		log, err := os.Stat(file + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return log.Size()
	}
	var half int64
	const updates, rows = 24, 50
	for i := range updates {
		if err := s.Update(t.Context(), func(tx store.Tx) error {
			for row := range rows {
				if err := tx.InsertRequest("user", fmt.Sprintf("%d-%d", i, row), "job", make([]byte, 5000), 1); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if i == updates/2 {
			half = size()
		}
	}
	if whole := size(); whole > half*3/2 {
		t.Errorf("the log grew from %d to %d bytes", half, whole)
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
