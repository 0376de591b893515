package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// missing asks for everything by a name that nobody has.
func missing(t *testing.T, s *suite) {
	user := s.user()
	unknown := booking(account.User{ID: uuid.NewString()}, "gpu", 1000, 500)
	unwritten := booking(user, "gpu", 2000, 500)
	for name, change := range map[string]struct {
		want   error
		change func(context.Context, store.Tx) error
	}{
		"job":           {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error { _, err := tx.Job(ctx, "?"); return err }},
		"job, changed":  {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, unwritten) }},
		"job of nobody": {store.ErrUserDeleted, func(ctx context.Context, tx store.Tx) error { return tx.InsertJob(ctx, unknown) }},
		"pause of nobody": {store.ErrUserDeleted, func(ctx context.Context, tx store.Tx) error {
			return tx.PutPause(ctx, schedule.Pause{Worker: "gpu", Slot: schedule.NewSlot(1, 1), UserID: "?"})
		}},
		"token of nobody": {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error {
			return tx.InsertToken(ctx, account.Token{ID: "x", UserID: "?"})
		}},
		"user":          {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error { _, err := tx.User(ctx, "?"); return err }},
		"user, renamed": {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error { return tx.RenameUser(ctx, "?", "Somebody") }},
		"user, deleted": {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error { return tx.DeleteUser(ctx, "?", "Somebody", 1) }},
		"request": {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error {
			_, _,
				err := tx.Request(ctx, user.ID, "?")
			return err
		}},
		"what needs none": {nil, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.RevokeTokens(ctx, "?", 1)
			return errors.Join(err, tx.TouchToken(ctx, "?", 1), tx.DropPause(ctx, "?"), tx.Erased(ctx, "?"))
		}},
	} {
		before := s.at()
		if err := s.try(change.change); !errors.Is(err, change.want) {
			t.Errorf("%s: %v, want %v", name, err, change.want)
		}
		if at := s.at(); at != before {
			t.Errorf("%s: it leads to %v", name, at)
		}
	}
	if _, found, err := s.Pause(t.Context(), "gpu"); found || err != nil {
		t.Errorf("a pause: %v (%v)", found, err)
	}
	for name, read := range map[string]func() error{
		"job":         func() error { _, err := s.Store.Job(t.Context(), "?"); return err },
		"next job":    func() error { _, err := s.NextScheduled(t.Context(), "gpu", 0); return err },
		"user":        func() error { _, err := s.User(t.Context(), "?"); return err },
		"token":       func() error { _, _, err := s.UserByToken(t.Context(), [32]byte{}); return err },
		"version":     func() error { _, err := s.WorkflowVersion(t.Context(), "?"); return err },
		"import":      func() error { _, err := s.Import(t.Context(), "?"); return err },
		"picture":     func() error { _, err := s.WorkflowPicture(t.Context(), "?"); return err },
		"record":      func() error { _, err := s.Record(t.Context(), "?"); return err },
		"result file": func() error { _, err := s.ResultOwner(t.Context(), "?", "?"); return err },
		"result job":  func() error { _, err := s.ResultJob(t.Context(), "?", "?"); return err },
	} {
		if err := read(); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// closed: nothing is answered after the end.
func closed(t *testing.T, s *suite) {
	at := s.at()
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, call := range map[string]func() error{
		"update":       func() error { return s.try(func(context.Context, store.Tx) error { return nil }) },
		"job":          func() error { _, err := s.Store.Job(t.Context(), "?"); return err },
		"jobs":         func() error { _, err := s.ListJobs(t.Context(), store.Query{Limit: 1}); return err },
		"active jobs":  func() error { _, err := s.ActiveJobs(t.Context()); return err },
		"free slots":   func() error { _, err := s.FreeSlots(t.Context(), "gpu", 0, 1, 1); return err },
		"booked":       func() error { _, err := s.Booked(t.Context(), "gpu", schedule.NewSlot(0, 1), 1); return err },
		"movable":      func() error { _, err := s.Movable(t.Context(), "gpu", store.Cursor{}, 1); return err },
		"pause":        func() error { _, _, err := s.Pause(t.Context(), "gpu"); return err },
		"user":         func() error { _, err := s.User(t.Context(), "?"); return err },
		"accounts":     func() error { _, err := s.Accounts(t.Context(), nil, 1); return err },
		"tokens":       func() error { _, err := s.Tokens(t.Context(), "?", nil, 1); return err },
		"invitations":  func() error { _, err := s.Invitations(t.Context(), 0, nil, 1); return err },
		"events":       func() error { _, err := s.Events(t.Context(), audit.Query{Limit: 1}); return err },
		"version":      func() error { _, err := s.WorkflowVersion(t.Context(), "?"); return err },
		"imports":      func() error { _, err := s.Imports(t.Context()); return err },
		"import":       func() error { _, err := s.Import(t.Context(), "?"); return err },
		"pictures":     func() error { _, err := s.WorkflowPictures(t.Context()); return err },
		"picture":      func() error { _, err := s.WorkflowPicture(t.Context(), "?"); return err },
		"record":       func() error { _, err := s.Record(t.Context(), "?"); return err },
		"revision":     func() error { _, err := s.Revision(t.Context()); return err },
		"changes":      func() error { _, err := s.Changes(t.Context(), at, 1); return err },
		"what is next": func() error { return s.Wait(t.Context(), at) },
	} {
		if err := call(); !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
