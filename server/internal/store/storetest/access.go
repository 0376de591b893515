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
	if found, err := s.UserByName(t.Context(), "User-3"); found.ID != first.ID || found.Name != "User-3" || err != nil {
		t.Errorf("by the name: %+v (%v)", found, err)
	}
	for _, name := range []string{"User-1", "user-3", ""} {
		if _, err := s.UserByName(t.Context(), name); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("by the name %q: %v", name, err)
		}
	}
	token := account.Token{ID: uuid.NewString(), UserID: second.ID, Hash: [32]byte{1, 2}, ClientName: "cli", CreatedAt: 3}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.InsertToken(ctx, token) })
	user, got, err := s.UserByToken(t.Context(), token.Hash)
	if diff := cmp.Diff(token, got); diff != "" || user != second || err != nil {
		t.Errorf("user %v, %s (%v)", user, diff, err)
	}
	s.refusesStrangers(first, second, token)
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

// refusesStrangers holds that nothing is changed of what is not there, or is another user's: a token of second is given.
func (s *suite) refusesStrangers(first, second account.User, token account.Token) {
	s.Helper()
	for name, change := range map[string]func(context.Context, store.Tx) error{
		"another's token":   func(ctx context.Context, tx store.Tx) error { return tx.RevokeToken(ctx, first.ID, token.ID, 9) },
		"name of another's": func(ctx context.Context, tx store.Tx) error { return tx.RenameToken(ctx, first.ID, token.ID, "mine") },
		"unknown administrator": func(ctx context.Context, tx store.Tx) error {
			_, err := tx.SetAdministrator(ctx, "?", true)
			return err
		},
		"unknown invitation": func(ctx context.Context, tx store.Tx) error { _, err := tx.RevokeInvitation(ctx, "?", 1); return err },
		"code of no invitation": func(ctx context.Context, tx store.Tx) error {
			_, err := tx.InvitationByCode(ctx, [32]byte{7})
			return err
		},
		"use of no invitation": func(ctx context.Context, tx store.Tx) error {
			return tx.CountInvitationUse(ctx, "?")
		},
		"token that is not there": func(ctx context.Context, tx store.Tx) error { return tx.RevokeToken(ctx, second.ID, "?", 9) },
	} {
		if _, err := s.Update(s.Context(), change); !errors.Is(err, store.ErrNotFound) {
			s.Errorf("%s: %v", name, err)
		}
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
	use := func(uses int) {
		s.update(func(ctx context.Context, tx store.Tx) error {
			err := tx.CountInvitationUse(ctx, made.ID)
			used, notFound := tx.InvitationByCode(ctx, made.Hash)
			if used.Uses != uses || used.ID != made.ID || used.CreatedByName != user.Name {
				t.Errorf("after use %d: %+v", uses, used)
			}
			return errors.Join(err, notFound)
		})
	}
	use(1)
	listed := made
	listed.Hash, listed.Uses = [32]byte{}, 1
	if got, err := s.Invitations(t.Context(), 100, nil, 10); len(got) != 0 || err != nil {
		t.Errorf("expired, but listed: %v (%v)", got, err)
	}
	got, err := s.Invitations(t.Context(), 99, nil, 10)
	if diff := cmp.Diff([]account.Invitation{listed}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	use(2)
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
		_, err := tx.InvitationByCode(ctx, again.Hash)
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
		j.Complete(1500, []job.Result{{Filename: "a/b.png", Kind: job.Image}, {Kind: job.Text, Text: "x"}})
		s.insert(j)
		if owner, err := s.ResultOwner(t.Context(), "gpu", "a/b.png"); owner != user.ID || err != nil {
			t.Errorf("owner %s, want %s (%v)", owner, user.ID, err)
		}
		if id, err := s.ResultJob(t.Context(), "gpu", "a/b.png"); id != j.ID || err != nil {
			t.Errorf("job %s, want %s (%v)", id, j.ID, err)
		}
		s.update(func(ctx context.Context, tx store.Tx) error {
			if id, err := tx.ResultJob(ctx, "gpu", "a/b.png"); id != j.ID || err != nil {
				t.Errorf("job %s, want %s (%v)", id, j.ID, err)
			}
			if _, err := tx.ResultJob(ctx, "gpu2", "a/b.png"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("of another worker: %v", err)
			}
			return nil
		})
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
