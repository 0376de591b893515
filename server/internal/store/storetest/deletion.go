package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func administrators(t *testing.T, s *suite) {
	user := s.user()
	count := func(except string) (n int) {
		s.update(func(ctx context.Context, tx store.Tx) (err error) {
			n, err = tx.CountAdministrators(ctx, except, 0)
			return err
		})
		return n
	}
	s.update(func(ctx context.Context, tx store.Tx) error {
		changed, err := tx.SetAdministrator(ctx, user.ID, true)
		if !changed.Administrator || changed.Name != user.Name {
			t.Errorf("changed to %+v", changed)
		}
		return err
	})
	if n := count(""); n != 0 {
		t.Errorf("%d administrators without a token", n)
	}
	s.update(func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.InsertToken(ctx, account.Token{
			ID:     "a",
			UserID: user.ID,
			Hash:   [32]byte{1},
		}), tx.InsertToken(ctx, account.Token{
			ID:     "b",
			UserID: user.ID,
			Hash:   [32]byte{2},
		}))
	})
	if n, others := count(""), count(user.ID); n != 1 || others != 0 {
		t.Errorf("%d administrators, %d others", n, others)
	}
	s.update(func(ctx context.Context, tx store.Tx) error {
		if n, err := tx.RevokeTokens(ctx, user.ID, 5); n != 2 || err != nil {
			t.Errorf("%d revoked (%v)", n, err)
		}
		return nil
	})
	if n := count(""); n != 0 {
		t.Errorf("%d administrators with revoked tokens", n)
	}
}

func activeOfUser(t *testing.T, s *suite) {
	first, second := s.user(), s.user()
	ended := booking(first, "gpu", 3000, 1)
	ended.EndCancelled(1)
	s.insert(booking(first, "gpu", 1000, 500), booking(first, "gpu", 2000, 500), booking(second, "gpu", 4000, 500), ended)
	s.update(func(ctx context.Context, tx store.Tx) error {
		if n, err := tx.CountActive(ctx, first.ID); n != 2 || err != nil {
			t.Errorf("%d active (%v)", n, err)
		}
		return nil
	})
}

func deletion(t *testing.T, s *suite) {
	user, other := s.user(), s.user()
	token := account.Token{ID: uuid.NewString(), UserID: user.ID, Hash: [32]byte{1}}
	ended := booking(user, "gpu", 1000, 500)
	ended.Complete(1500, []job.Result{{Filename: "a.png", Kind: job.Image}})
	first, second := booking(user, "gpu", 3000, 500), booking(user, "gpu", 2000, 500)
	s.insert(ended, first, second, booking(other, "gpu", 4000, 500))
	s.update(func(ctx context.Context, tx store.Tx) error {
		active, err := tx.ActiveOf(ctx, user.ID)
		if diff := cmp.Diff([]job.Job{second, first}, active); diff != "" {
			t.Error(diff)
		}
		return errors.Join(err, tx.InsertToken(ctx, token))
	})
	if _, err := s.Update(t.Context(), func(ctx context.Context,
		tx store.Tx,
	) error {
		return tx.DeleteUser(ctx, user.ID, other.Name, 5)
	}); !errors.Is(err, store.ErrNameTaken) {
		t.Errorf("under a taken name: %v", err)
	}
	s.insert(booking(user, "gpu", 5000, 500)) // a refused deletion has deleted nobody
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.DeleteUser(ctx, user.ID, "Deleted", 5) })
	_ = s.Close()
	s.Store = s.open(t, s.folder)
	for name, change := range map[string]struct {
		want   error
		change func(context.Context, store.Tx) error
	}{
		"delete again": {store.ErrNotFound, func(ctx context.Context,
			tx store.Tx,
		) error {
			return tx.DeleteUser(ctx, user.ID, "Deleted", 6)
		}},
		"rename":            {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error { return tx.RenameUser(ctx, user.ID, "Back") }},
		"read in an update": {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error { _, err := tx.User(ctx, user.ID); return err }},
		"promote": {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.SetAdministrator(ctx, user.ID, true)
			return err
		}},
		"give it a token": {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error {
			return tx.InsertToken(ctx, account.Token{ID: "x", UserID: user.ID, Hash: [32]byte{2}})
		}},
		"book for it": {store.ErrUserDeleted, func(ctx context.Context, tx store.Tx) error {
			return tx.InsertJob(ctx, booking(user, "gpu", 9000, 500))
		}},
		"delete nobody":      {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error { return tx.DeleteUser(ctx, "?", "Deleted", 6) }},
		"rename nobody":      {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error { return tx.RenameUser(ctx, "?", "Somebody") }},
		"read nobody at all": {store.ErrNotFound, func(ctx context.Context, tx store.Tx) error { _, err := tx.User(ctx, "?"); return err }},
	} {
		if _, err := s.Update(t.Context(), change.change); !errors.Is(err, change.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.User(t.Context(), user.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("read: %v", err)
	}
	if _, _, err := s.UserByToken(t.Context(), token.Hash); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("by its token: %v", err)
	}
	if accounts, err := s.Accounts(t.Context(), nil, 10); len(accounts) != 1 || accounts[0].User != other || err != nil {
		t.Errorf("accounts %+v (%v)", accounts, err)
	}
	if got := s.job(ended.ID); got.UserName != "Deleted" {
		t.Errorf("its job is %s's", got.UserName)
	}
	if left, err := s.Erasures(t.Context()); err != nil || len(left) != 1 || left[0] != user.ID {
		t.Errorf("to erase: %v (%v)", left, err)
	}
	s.update(func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.ForgetResults(ctx, ended), tx.Erased(ctx, user.ID))
	})
	if left, err := s.Erasures(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("still to erase: %v (%v)", left, err)
	}
	if _, err := s.ResultOwner(t.Context(), "gpu", "a.png"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("whose the file is: %v", err)
	}
}
