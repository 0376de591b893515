package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
)

// What was changed in the last hour is known, also after opening again; what is older is forgotten a few rows at a time.
func TestLogReachesBackAnHour(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bookings.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := sqlite.Open(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		write := func(n int) (at store.Revision) {
			for range n {
				at, err = s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
					id := uuid.NewString()
					return tx.InsertUser(ctx, account.User{ID: id, Name: id})
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			return at
		}
		know := func(after store.Revision, want error) {
			t.Helper()
			if err := s.Close(); err != nil { // what is in memory does not count
				t.Fatal(err)
			}
			if s, err = sqlite.Open(t.Context(), file); err != nil {
				t.Fatal(err)
			}
			changes, err := s.Changes(t.Context(), after, 10_000)
			if !errors.Is(err, want) || err == nil && len(changes) != 1 {
				t.Errorf("after %v: %s (%v)", after, fmt.Sprint(len(changes), " changes"), err)
			}
		}
		first := write(1)
		write(200)
		time.Sleep(59 * time.Minute)
		middle := write(200)
		know(first, nil)
		time.Sleep(2 * time.Minute)
		write(200)
		know(first, store.ErrForgotten)
		know(middle, nil)
	})
}
