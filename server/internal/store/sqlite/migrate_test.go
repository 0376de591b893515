package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
)

// Whoever repeats a request after the service was brought up to date gets the job that was booked before.
func TestRequestsOfOlderTablesAreKnown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bookings.db")
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`INSERT INTO events (at_ms, user_id, address, action, job_id, detail) VALUES (1, 'u', '', 'book', 'old', ''), (2, 'u', '', 'book', 'new', ''), (3, 'u', '', 'cancel', 'new', '')`,
		`INSERT INTO requests (user_id, request_id, job_id, hash, created_ms) VALUES ('u', 'r', 'new', x'68', 2)`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if _, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		job, hash, err := tx.Request(ctx, "u", "r")
		if job != "new" || string(hash) != "h" {
			t.Errorf("got %q %q", job, hash)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}
