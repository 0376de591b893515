package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// token writes a token of a user's.
func (s *suite) token(user account.User, createdAt int64) account.Token {
	s.Helper()
	id := uuid.New()
	token := account.Token{ID: id.String(), UserID: user.ID, Hash: [32]byte(append(id[:], id[:]...)), CreatedAt: createdAt}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.InsertToken(ctx, token) })
	return token
}

func pagesOfTokens(t *testing.T, s *suite) {
	user := s.user()
	for i := range 5 {
		s.token(user, int64(i/2)) // some were made in the same moment
		invitation := account.Invitation{
			ID:        uuid.NewString(),
			Hash:      [32]byte{byte(i)},
			CreatedBy: user.ID,
			CreatedAt: int64(i / 2),
			ExpiresAt: 100,
			MaxUses:   1,
		}
		s.update(func(ctx context.Context, tx store.Tx) error { return tx.InsertInvitation(ctx, invitation) })
	}
	all, err := s.Tokens(t.Context(), user.ID, nil, 10)
	if err != nil || len(all) != 5 {
		t.Fatal(all, err)
	}
	invitations, err := s.Invitations(t.Context(), 1, nil, 10)
	if err != nil || len(invitations) != 5 {
		t.Fatal(invitations, err)
	}
	for i := range all[:4] {
		rest, err := s.Tokens(t.Context(), user.ID, &store.Cursor{Start: all[i].CreatedAt, ID: all[i].ID}, 2)
		if diff := cmp.Diff(all[i+1:min(i+3, 5)], rest); diff != "" || err != nil {
			t.Error(diff, err)
		}
		more, err := s.Invitations(t.Context(), 1, &store.Cursor{Start: invitations[i].CreatedAt, ID: invitations[i].ID}, 2)
		if diff := cmp.Diff(invitations[i+1:min(i+3, 5)], more); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
}

func oldTokens(t *testing.T, s *suite) {
	user := s.user()
	s.update(func(ctx context.Context, tx store.Tx) error {
		_, err := tx.SetAdministrator(ctx, user.ID, true)
		return err
	})
	unused, used, fresh, revoked := s.token(user, 10), s.token(user, 10), s.token(user, 100), s.token(user, 200)
	s.update(func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.TouchToken(ctx, used.ID, 150), tx.RevokeToken(ctx, user.ID, revoked.ID, 210))
	})
	s.update(func(ctx context.Context, tx store.Tx) error {
		for since, want := range map[int64]int{0: 3, 10: 3, 11: 2, 101: 1, 151: 0} {
			if n, err := tx.CountTokens(ctx, user.ID, since); n != want || err != nil {
				t.Errorf("%d tokens since %d (%v)", n, since, err)
			}
			if n, err := tx.CountAdministrators(ctx, "", since); n != min(want, 1) || err != nil {
				t.Errorf("%d administrators since %d (%v)", n, since, err)
			}
		}
		return tx.ForgetTokens(ctx, 100, 10)
	})
	left := map[string]bool{}
	tokens, err := s.Tokens(t.Context(), user.ID, nil, 10)
	for _, token := range tokens {
		left[token.ID] = true
	}
	if diff := cmp.Diff(map[string]bool{used.ID: true, fresh.ID: true}, left); diff != "" || err != nil {
		t.Errorf("left, without %s: %s (%v)", unused.ID, diff, err)
	}
}

func forgottenUsers(t *testing.T, s *suite) {
	booked, current, administrator, idle, never := s.user(), s.user(), s.user(), s.user(), s.user()
	s.insert(booking(booked, "gpu", 1000, 500))
	s.token(current, 50)
	s.token(idle, 20)
	s.update(func(ctx context.Context, tx store.Tx) error {
		_, err := tx.SetAdministrator(ctx, administrator.ID, true)
		return err
	})
	unused := func(before int64) map[string]bool {
		ids, err := s.UnusedUsers(t.Context(), before, 10)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, id := range ids {
			found[id] = true
		}
		return found
	}
	if diff := cmp.Diff(map[string]bool{idle.ID: true, never.ID: true}, unused(50)); diff != "" {
		t.Error(diff)
	}
	if got := unused(1); len(got) > 0 {
		t.Errorf("before they were made: %v", got)
	}
	s.insert(booking(never, "gpu", 5000, 500)) // meanwhile
	for id, want := range map[string]bool{
		idle.ID:          true,
		never.ID:         false,
		booked.ID:        false,
		current.ID:       false,
		administrator.ID: false,
		"?":              false,
	} {
		s.update(func(ctx context.Context, tx store.Tx) error {
			if forgotten, err := tx.ForgetUser(ctx, id, 50); forgotten != want || err != nil {
				t.Errorf("%s: %v (%v)", id, forgotten, err)
			}
			return nil
		})
	}
	if _, err := s.User(t.Context(), idle.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the idle one: %v", err)
	}
}

func likenesses(t *testing.T, s *suite) {
	insert := func(name string) error {
		return s.try(func(ctx context.Context, tx store.Tx) error {
			return tx.InsertUser(ctx, account.User{ID: uuid.NewString(), Name: name, CreatedAt: 1})
		})
	}
	if err := insert("Ada Lovelace"); err != nil {
		t.Fatal(err)
	}
	user := s.user()
	for _, name := range []string{"Ada Lovelace", "ada lovelace", "Аda Lovelace", "Ada  Love1ace", "U\u0455er-1"} {
		if err := insert(name); !errors.Is(err, store.ErrNameTaken) {
			t.Errorf("a new %q: %v", name, err)
		}
		_, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.RenameUser(ctx, user.ID, name) })
		if own := name == "U\u0455er-1"; errors.Is(err, store.ErrNameTaken) == own {
			t.Errorf("renamed to %q: %v", name, err)
		}
	}
	// What was given up can be taken by others.
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.RenameUser(ctx, user.ID, "Bob") })
	for i := range 2 {
		name := fmt.Sprintf("user-%d", i+2)
		if err := insert(name); err != nil {
			t.Fatal(err)
		}
	}
}

// newSecrets holds that a token and an invitation stay what they are under a new secret, which the one before does not open.
func newSecrets(t *testing.T, s *suite) {
	user, other := s.user(), s.user()
	token := s.token(user, 10)
	made := account.Invitation{ID: uuid.NewString(), Hash: [32]byte{1}, Note: "spring", CreatedBy: user.ID, ExpiresAt: 100, MaxUses: 2}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.InsertInvitation(ctx, made) })
	s.update(func(ctx context.Context, tx store.Tx) error {
		again, err := tx.ResetToken(ctx, user.ID, token.ID, [32]byte{7})
		if again.ID != token.ID || again.CreatedAt != 10 || again.UserID != user.ID {
			t.Errorf("the token is now %+v", again)
		}
		kept, other := tx.ResetInvitation(ctx, made.ID, [32]byte{8})
		if kept.Note != "spring" || kept.MaxUses != 2 {
			t.Errorf("the invitation is now %+v", kept)
		}
		return errors.Join(err, other)
	})
	if _, _, err := s.UserByToken(t.Context(), token.Hash); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the secret of before: %v", err)
	}
	if u, same, err := s.UserByToken(t.Context(), [32]byte{7}); err != nil || u.ID != user.ID || same.ID != token.ID {
		t.Errorf("the new secret: %v, %v (%v)", u, same, err)
	}
	s.update(func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.InvitationByCode(ctx, made.Hash); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the code of before: %v", err)
		}
		_, err := tx.InvitationByCode(ctx, [32]byte{8})
		return err
	})
	s.update(func(ctx context.Context, tx store.Tx) error {
		_, err := tx.RevokeInvitation(ctx, made.ID, 20)
		return errors.Join(err, tx.RevokeToken(ctx, user.ID, token.ID, 20))
	})
	s.update(func(ctx context.Context, tx store.Tx) error {
		_, another := tx.ResetToken(ctx, other.ID, token.ID, [32]byte{9})
		_, none := tx.ResetToken(ctx, user.ID, uuid.NewString(), [32]byte{9})
		_, noInvitation := tx.ResetInvitation(ctx, uuid.NewString(), [32]byte{9})
		_, revoked := tx.ResetToken(ctx, user.ID, token.ID, [32]byte{9})
		_, taken := tx.ResetInvitation(ctx, made.ID, [32]byte{9})
		for name, err := range map[string]error{"another's": another, "none": none, "no invitation": noInvitation} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if !errors.Is(revoked, store.ErrRevoked) || !errors.Is(taken, store.ErrRevoked) {
			t.Errorf("what is revoked: %v, %v", revoked, taken)
		}
		return nil
	})
}
