package sqlite_test

import (
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
