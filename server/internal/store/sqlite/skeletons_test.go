package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
)

// Users whose names looked alike before that was refused keep them, and nobody else gets one that looks so.
func TestNamesOfOlderTablesAreKept(t *testing.T) {
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
	if _, err := provider.UpTo(t.Context(), 6); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `INSERT INTO users (id, name, administrator, created_ms)
		VALUES ('a', 'Paul', 0, 1), ('b', 'PauI', 0, 2), ('c', 'Ann', 0, 3)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for id, name := range map[string]string{"a": "Paul", "b": "PauI", "c": "Ann"} {
		if user, err := s.User(t.Context(), id); err != nil || user.Name != name {
			t.Errorf("%s is %q (%v)", id, user.Name, err)
		}
	}
	for name, want := range map[string]error{"paul": store.ErrNameTaken, "PauI": store.ErrNameTaken, "Аnn": store.ErrNameTaken, "Bob": nil} {
		_, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
			return tx.InsertUser(ctx, account.User{ID: uuid.NewString(), Name: name, CreatedAt: 4})
		})
		if !errors.Is(err, want) {
			t.Errorf("a new %q: %v", name, err)
		}
	}
}
