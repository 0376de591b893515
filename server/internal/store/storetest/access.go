package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func users(t *testing.T, s *suite) {
	first, second := s.user(), s.user()
	if first.Name != "User-1" || second.Name != "User-2" {
		t.Errorf("names %q and %q", first.Name, second.Name)
	}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.RenameUser(ctx, first.ID, "User-3") })
	s.update(func(ctx context.Context, tx store.Tx) error { // a taken name ends no update
		if err := tx.RenameUser(ctx, second.ID, "User-3"); !errors.Is(err, store.ErrNameTaken) {
			t.Errorf("taken name: %v", err)
		}
		if err := tx.InsertUser(ctx, account.User{ID: uuid.NewString(), Name: "User-3"}); !errors.Is(err, store.ErrNameTaken) {
			t.Errorf("taken by a new user: %v", err)
		}
		n, err := tx.NextUserNumber(ctx)
		if n != 3 {
			t.Errorf("the next number is %d", n)
		}
		return errors.Join(err, tx.InsertUser(ctx, account.User{ID: uuid.NewString(), Name: "User-4", CreatedAt: 1}))
	})
	token := account.Token{ID: uuid.NewString(), UserID: second.ID, Hash: [32]byte{1, 2}, ClientName: "cli", CreatedAt: 3}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.InsertToken(ctx, token) })
	user, got, err := s.UserByToken(t.Context(), token.Hash)
	if diff := cmp.Diff(token, got); diff != "" || user != second || err != nil {
		t.Errorf("user %v, %s (%v)", user, diff, err)
	}
	for name, change := range map[string]func(context.Context, store.Tx) error{
		"another's token":   func(ctx context.Context, tx store.Tx) error { return tx.RevokeToken(ctx, first.ID, token.ID, 9) },
		"name of another's": func(ctx context.Context, tx store.Tx) error { return tx.RenameToken(ctx, first.ID, token.ID, "mine") },
		"unknown administrator": func(ctx context.Context, tx store.Tx) error {
			_, err := tx.SetAdministrator(ctx, "?", true)
			return err
		},
		"unknown invitation": func(ctx context.Context, tx store.Tx) error { _, err := tx.RevokeInvitation(ctx, "?", 1); return err },
		"code of no invitation": func(ctx context.Context, tx store.Tx) error {
			_, err := tx.UseInvitation(ctx, [32]byte{7}, 1)
			return err
		},
		"token that is not there": func(ctx context.Context, tx store.Tx) error { return tx.RevokeToken(ctx, second.ID, "?", 9) },
	} {
		if _, err := s.Update(t.Context(), change); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.update(func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.RenameToken(ctx, second.ID, token.ID, "laptop"), tx.TouchToken(ctx, token.ID, 8))
	})
	token.ClientName, token.LastUsed, token.Hash = "laptop", 8, [32]byte{}
	tokens, err := s.Tokens(t.Context(), second.ID, nil, 10)
	if diff := cmp.Diff([]account.Token{token}, tokens); diff != "" || err != nil {
		t.Error(diff, err)
	}
	accounts, err := s.Accounts(t.Context(), nil, 10)
	if err != nil || len(accounts) != 3 {
		t.Fatalf("%d accounts (%v)", len(accounts), err)
	}
	for _, a := range accounts {
		if mine := a.ID == second.ID; mine != (a.Tokens == 1) || mine != (a.LastUsed == 8) {
			t.Errorf("account %+v", a)
		}
	}
	rest, err := s.Accounts(t.Context(), &store.Cursor{Start: accounts[0].CreatedAt, ID: accounts[0].ID}, 10)
	if diff := cmp.Diff(accounts[1:], rest); diff != "" || err != nil {
		t.Error(diff, err)
	}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.RevokeToken(ctx, second.ID, token.ID, 9) })
	token.Hash = [32]byte{1, 2}
	if _, _, err := s.UserByToken(t.Context(), token.Hash); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("revoked token: %v", err)
	}
}

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

func invitations(t *testing.T, s *suite) {
	user := s.user()
	made := account.Invitation{
		ID:            uuid.NewString(),
		Hash:          [32]byte{9},
		Note:          "course",
		CreatedBy:     user.ID,
		CreatedByName: user.Name,
		CreatedAt:     10,
		ExpiresAt:     100,
		MaxUses:       2,
	}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.InsertInvitation(ctx, made) })
	use := func(now int64) error {
		return s.try(func(ctx context.Context, tx store.Tx) error {
			_, err := tx.UseInvitation(ctx, made.Hash, now)
			return err
		})
	}
	if err := use(100); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("when it has expired: %v", err)
	}
	if err := use(99); err != nil {
		t.Error(err)
	}
	listed := made
	listed.Hash, listed.Uses = [32]byte{}, 1
	got, err := s.Invitations(t.Context(), 99, nil, 10)
	if diff := cmp.Diff([]account.Invitation{listed}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := use(99); err != nil {
		t.Error(err)
	}
	if err := use(99); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("when it is used up: %v", err)
	}
	if got, err := s.Invitations(t.Context(), 99, nil, 10); len(got) != 0 || err != nil {
		t.Errorf("used up, but listed: %v (%v)", got, err)
	}
	again := made
	again.ID, again.Hash = uuid.NewString(), [32]byte{8}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.InsertInvitation(ctx, again) })
	s.update(func(ctx context.Context, tx store.Tx) error {
		_, err := tx.RevokeInvitation(ctx, again.ID, 50)
		return err
	})
	_, err = s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := tx.UseInvitation(ctx, again.Hash, 60)
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("when it is revoked: %v", err)
	}
}

func trail(t *testing.T, s *suite) {
	user := s.user()
	for i := range 10 {
		e := audit.Event{At: int64(i), UserID: user.ID, Address: "::1", Action: audit.Book, JobID: fmt.Sprint(i % 2), Detail: "d"}
		if i == 9 {
			e.UserID = ""
		}
		s.update(func(ctx context.Context, tx store.Tx) error { return tx.InsertEvent(ctx, e) })
	}
	ats := func(q audit.Query) (ats []int64) {
		events, err := s.Events(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			ats = append(ats, e.At)
			if (e.UserID == user.ID) != (e.UserName == user.Name) || e.Address != "::1" || e.Action != audit.Book || e.Detail != "d" {
				t.Errorf("event %+v", e)
			}
		}
		return ats
	}
	if diff := cmp.Diff([]int64{8, 6, 4}, ats(audit.Query{UserID: user.ID, JobID: "0", Limit: 3})); diff != "" {
		t.Error(diff)
	}
	all, err := s.Events(t.Context(), audit.Query{Limit: 100})
	if err != nil || len(all) != 10 {
		t.Fatalf("%d events (%v)", len(all), err)
	}
	if diff := cmp.Diff([]int64{6, 5}, ats(audit.Query{Before: all[2].Number, Limit: 2})); diff != "" {
		t.Error(diff)
	}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.ForgetEvents(ctx, 5, 3) })
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.ForgetEvents(ctx, 5, 100) })
	if diff := cmp.Diff([]int64{9, 8, 7, 6, 5}, ats(audit.Query{Limit: 100})); diff != "" {
		t.Error(diff)
	}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.ForgetEvents(ctx, 100, 100) })
	if left, err := s.Events(t.Context(), audit.Query{Limit: 100}); err != nil || len(left) != 1 || left[0].Number != all[0].Number {
		t.Errorf("left of all: %+v (%v)", left, err)
	}
}

func results(t *testing.T, s *suite) {
	first, second := s.user(), s.user()
	for _, user := range []account.User{first, second} { // ComfyUI has given the name again
		j := booking(user, "gpu", 1000, 500)
		j.Complete(1500, []job.Result{{Filename: "a/b.png", Kind: job.Image}, {Kind: job.Words, Text: "x"}})
		s.insert(j)
		if owner, err := s.ResultOwner(t.Context(), "gpu", "a/b.png"); owner != user.ID || err != nil {
			t.Errorf("owner %s, want %s (%v)", owner, user.ID, err)
		}
	}
	if _, err := s.ResultOwner(t.Context(), "gpu", "a/c.png"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown file: %v", err)
	}
	elsewhere := booking(first, "gpu2", 1000, 500) // another worker wrote a file of the same name
	elsewhere.Complete(1500, []job.Result{{Filename: "a/b.png", Kind: job.Image}})
	s.insert(elsewhere)
	for worker, owner := range map[string]string{"gpu": second.ID, "gpu2": first.ID} {
		if got, err := s.ResultOwner(t.Context(), worker, "a/b.png"); got != owner || err != nil {
			t.Errorf("owner on %s: %s, want %s (%v)", worker, got, owner, err)
		}
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
