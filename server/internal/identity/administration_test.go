package identity_test

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
)

// administrator makes an administrator as the first start does, without the file.
func administrator(t *testing.T, s *identity.Service) identity.Caller {
	t.Helper()
	_, token, err := s.CreateUser(t.Context(), account.Actor{}, account.User{Name: "Root", Administrator: true})
	if err != nil {
		t.Fatal(err)
	}
	return recognised(t, s, token)
}

func recognised(t *testing.T, s *identity.Service, token string) identity.Caller {
	t.Helper()
	caller, err := s.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return caller
}

func TestModes(t *testing.T) {
	invite, _ := open(t, account.Invite)
	if _, _, err := invite.SignIn(t.Context(), "::1", "", ""); !errors.Is(err, identity.ErrInvitationNeeded) {
		t.Errorf("invite mode without an invitation: %v", err)
	}
	closed, _ := open(t, account.Closed)
	root := administrator(t, closed)
	_, code, err := closed.CreateInvitation(t.Context(), root.Actor, "", time.Hour, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := closed.SignIn(t.Context(), "::1", "", code); !errors.Is(err, identity.ErrSignInClosed) {
		t.Errorf("closed mode: %v", err)
	}
}

func TestInvitationMakesAsManyUsersAsItSays(t *testing.T) {
	service, _ := open(t, account.Invite)
	root := administrator(t, service)
	made, code, err := service.CreateInvitation(t.Context(), root.Actor, "course", time.Hour, 3)
	if err != nil || !strings.HasPrefix(code, "cfi_") {
		t.Fatal(code, err)
	}
	var users atomic.Int32
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			_, _, err := service.SignIn(t.Context(), "::1", "", code)
			switch {
			case err == nil:
				users.Add(1)
			case !errors.Is(err, identity.ErrInvitationNeeded):
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := users.Load(); n != 3 {
		t.Errorf("%d users", n)
	}
	if err := service.RevokeInvitation(t.Context(), root.Actor, made.ID); err != nil {
		t.Errorf("revoke: %v", err)
	}
	if err := service.RevokeInvitation(t.Context(), root.Actor, made.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("revoke again: %v", err)
	}
	if _, _, err := service.SignIn(t.Context(), "::1", "", code); !errors.Is(err, identity.ErrInvitationNeeded) {
		t.Errorf("with a revoked invitation: %v", err)
	}
}

func TestInvitationEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, _ := open(t, account.Invite)
		root := administrator(t, service)
		_, code, err := service.CreateInvitation(t.Context(), root.Actor, "", time.Hour, 9)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour - time.Millisecond)
		if _, _, err := service.SignIn(t.Context(), "::1", "", code); err != nil {
			t.Errorf("in time: %v", err)
		}
		time.Sleep(time.Millisecond)
		if _, _, err := service.SignIn(t.Context(), "::1", "", code); !errors.Is(err, identity.ErrInvitationNeeded) {
			t.Errorf("too late: %v", err)
		}
	})
}

func TestTokensOfOneUser(t *testing.T) {
	service, _ := open(t, account.Open)
	_, first, err := service.SignIn(t.Context(), "::1", "browser", "")
	if err != nil {
		t.Fatal(err)
	}
	_, foreign, err := service.SignIn(t.Context(), "::1", "", "")
	if err != nil {
		t.Fatal(err)
	}
	ada, bob := recognised(t, service, first), recognised(t, service, foreign)
	_, second, err := service.SignInWithToken(t.Context(), "", "::1", first, "laptop")
	if err != nil {
		t.Fatal(err)
	}
	other := recognised(t, service, second)
	if other.User != ada.User {
		t.Errorf("the second token proves %+v", other.User)
	}
	tokens, err := service.Tokens(t.Context(), ada.ID, nil, 10)
	if err != nil || len(tokens) != 2 {
		t.Fatalf("%d tokens (%v)", len(tokens), err)
	}
	for _, token := range tokens {
		if token.LastUsed == 0 || token.Hash != [32]byte{} {
			t.Errorf("token %+v", token)
		}
	}
	for name, err := range map[string]error{
		"revoke another's": service.RevokeToken(t.Context(), bob.Actor, other.TokenID),
		"rename another's": failed(service.RenameToken(t.Context(), bob.Actor, other.TokenID, "mine")),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := errors.Join(failed(service.RenameToken(t.Context(), ada.Actor, other.TokenID, "old laptop")),
		service.RevokeToken(t.Context(), ada.Actor, other.TokenID)); err != nil {
		t.Fatal(err)
	}
	if !other.IsStale() {
		t.Error("the caller is not recognised anew")
	}
	if _, err := service.Reauthenticate(t.Context(), other); !errors.Is(err, identity.ErrNotSignedIn) {
		t.Errorf("the revoked token: %v", err)
	}
	if _, err := service.Reauthenticate(t.Context(), ada); err != nil {
		t.Errorf("the other one: %v", err)
	}
}

func TestRightsOfAnAdministrator(t *testing.T) {
	service, _ := open(t, account.Open)
	root := administrator(t, service)
	for name, err := range map[string]error{
		"revoke": service.RevokeToken(t.Context(), root.Actor, root.TokenID),
		"demote": func() error {
			_, err := service.UpdateUser(t.Context(), root.Actor, root.ID, administers(false))
			return err
		}(),
		"all": func() error { _, err := service.RevokeTokens(t.Context(), root.Actor, root.ID); return err }(),
	} {
		if !errors.Is(err, identity.ErrLastAdministrator) {
			t.Errorf("%s the last administrator: %v", name, err)
		}
	}
	if _, err := service.Reauthenticate(t.Context(), root); err != nil {
		t.Errorf("after the refusals: %v", err)
	}
	_, token, err := service.SignIn(t.Context(), "::1", "", "")
	if err != nil {
		t.Fatal(err)
	}
	ada := recognised(t, service, token)
	if _, err := service.UpdateUser(t.Context(), root.Actor, ada.ID, administers(true)); err != nil {
		t.Fatal(err)
	}
	if !ada.IsStale() {
		t.Error("the caller is not recognised anew")
	}
	if again, err := service.Reauthenticate(t.Context(), ada); err != nil || !again.Administrator {
		t.Errorf("made an administrator: %+v (%v)", again.User, err)
	}
	if n, err := service.RevokeTokens(t.Context(), root.Actor, root.ID); n != 1 || err != nil {
		t.Errorf("%d revoked (%v)", n, err)
	}
	if _, _, err := service.CreateTokenFor(t.Context(), root.Actor, "?", ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("token for nobody: %v", err)
	}
	if _, _, err := service.CreateUser(t.Context(), root.Actor, account.User{Name: "Root"}); !errors.Is(err, store.ErrNameTaken) {
		t.Errorf("taken name: %v", err)
	}
}

func TestUseOfTokensIsNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, folder := open(t, account.Open)
		_, token, err := service.SignIn(t.Context(), "::1", "", "")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		used := time.Now().UnixMilli()
		caller := recognised(t, service, token)
		if err := service.NoteUse(t.Context()); err != nil {
			t.Fatal(err)
		}
		again, err := sqlite.Open(t.Context(), filepath.Join(folder, "bookings.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = again.Close() }()
		tokens, err := again.Tokens(t.Context(), caller.ID, nil, 10)
		if err != nil || len(tokens) != 1 || tokens[0].LastUsed != used {
			t.Errorf("tokens %+v, used at %d (%v)", tokens, used, err)
		}
	})
}

func failed[T any](_ T, err error) error { return err }

func administers(is bool) identity.UserChange { return identity.UserChange{Administrator: &is} }
