//go:build unix

package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
)

// The bookings hold prompts: whatever the folder and the umask allow, the files and their backups are for their owner.
func TestFilesAreForTheirOwner(t *testing.T) {
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "bookings.db")
	for range 2 {
		s, err := sqlite.Open(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
			return tx.InsertUser(ctx, account.User{ID: uuid.NewString(), Name: uuid.NewString(), CreatedAt: 1})
		})
		if err != nil {
			t.Fatal(err)
		}
		backup := filepath.Join(t.TempDir(), "backup")
		if err := sqlite.Backup(t.Context(), file, backup); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{file, file + "-wal", file + "-shm", backup} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v (%v)", filepath.Base(path), info.Mode(), err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		// As an older version has left it.
		if err := os.Chmod(file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
