package identity_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func TestTokensOfAUserAreBounded(t *testing.T) {
	h := newHouse(t)
	ada := h.signIn()
	var last account.Token
	for range 2 {
		token, _, err := h.CreateToken(t.Context(), ada.Actor, "script")
		if err != nil {
			t.Fatal(err)
		}
		last = token
	}
	var tooMany *fault.Error
	if _, _, err := h.CreateToken(t.Context(), ada.Actor, "script"); !errors.As(err, &tooMany) || tooMany.Reason != fault.TooManyTokens ||
		tooMany.Metadata["limit"] != "3" {
		t.Errorf("a fourth token: %v", err)
	}
	if _, _, err := h.CreateTokenFor(t.Context(), h.root.Actor, ada.ID, "lost"); err != nil {
		t.Errorf("by an administrator: %v", err)
	}
	if err := errors.Join(h.RevokeToken(t.Context(), ada.Actor, last.ID), h.RevokeToken(t.Context(), ada.Actor, ada.TokenID)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.CreateToken(t.Context(), ada.Actor, "script"); err != nil {
		t.Errorf("when others are revoked: %v", err)
	}
	for range 5 {
		if _, _, err := h.CreateToken(t.Context(), h.root.Actor, "script"); err != nil {
			t.Errorf("an administrator's own: %v", err)
		}
	}
}

func TestTokensThatAreNotUsedEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		_, idle, err := h.SignIn(t.Context(), "::1", "", "")
		if err != nil {
			t.Fatal(err)
		}
		_, used, err := h.SignIn(t.Context(), "::1", "", "")
		if err != nil {
			t.Fatal(err)
		}
		h.insert(recognised(t, h.Service, idle).User, 1, func(*job.Job) {}) // it stays a user
		for range 4 {
			time.Sleep(20 * 24 * time.Hour)
			recognised(t, h.Service, used)
			_, _ = h.Reauthenticate(t.Context(), h.root)
			if err := h.KeepHouse(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := h.Authenticate(t.Context(), idle); !errors.Is(err, identity.ErrNotSignedIn) {
			t.Errorf("a token that was not used for 80 days: %v", err)
		}
		if _, err := h.Authenticate(t.Context(), used); err != nil {
			t.Errorf("one that was: %v", err)
		}
		time.Sleep(61 * 24 * time.Hour) // in memory, but not used
		if _, known := h.Recall(t.Context(), used); known {
			t.Error("an old token is known from before")
		}
		if _, err := h.Authenticate(t.Context(), used); !errors.Is(err, identity.ErrNotSignedIn) {
			t.Errorf("later: %v", err)
		}
	})
}

func TestUsersWhoOnlyLookedInAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		visitor, booker, regular := h.signIn(), h.signIn(), h.signIn()
		h.insert(booker.User, 1, func(j *job.Job) { j.Complete(9, nil) })
		for range 31 {
			time.Sleep(24 * time.Hour)
			for _, c := range []identity.Caller{regular, h.root} {
				if _, err := h.Reauthenticate(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}
			if err := h.KeepHouse(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for name, tc := range map[string]struct {
			caller identity.Caller
			want   error
		}{"who only looked in": {visitor, store.ErrNotFound}, "who booked": {booker, nil}, "who comes each day": {regular, nil}} {
			if _, err := h.store.User(t.Context(), tc.caller.ID); !errors.Is(err, tc.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if !visitor.IsStale() {
			t.Error("who is forgotten is not recognised anew")
		}
		events, err := h.store.Events(t.Context(), audit.Query{Limit: 1})
		if err != nil || events[0].Action != audit.DeleteUser || events[0].UserID != "" ||
			!strings.HasPrefix(events[0].Detail, "1 who never booked") {
			t.Errorf("written down: %+v (%v)", events, err)
		}
	})
}

func TestNamesCannotBeImitated(t *testing.T) {
	h := newHouse(t)
	ada, eve := h.signIn(), h.signIn()
	if _, err := h.Rename(t.Context(), ada.Actor, "Ada"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"АDA":                             "taken",
		"Аda":                             "taken",
		"administrator-1":                 "an administrator's",
		"Uѕer-99":                         "that the service gives",
		"Deleted user 1":                  "deleted user",
		"Eve\u200b":                       "cannot be seen",
		"\u3164":                          "cannot be seen",
		"E" + strings.Repeat("\u0301", 9): "too many marks",
		"R\u2800oot":                      "cannot be seen",
	} {
		if _, err := h.Rename(t.Context(), eve.Actor, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
		if _, _, err := h.CreateUser(t.Context(), h.root.Actor, account.User{Name: name}); err == nil {
			t.Errorf("a new %q is made", name)
		}
	}
	if _, err := h.Rename(t.Context(), eve.Actor, eve.Name); err != nil {
		t.Errorf("one's own name: %v", err)
	}
	if _, _, err := h.CreateUser(t.Context(), h.root.Actor, account.User{Name: "Administrator 2", Administrator: true}); err != nil {
		t.Errorf("an administrator's: %v", err)
	}
}

func TestBrokenTokenFileIsMadeAnew(t *testing.T) {
	h := newHouse(t)
	file := filepath.Join(t.TempDir(), "admin-token")
	for name, text := range map[string]string{"empty": "", "blank": "\n", "something else": "hello"} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if broken, err := h.EnsureAdministrator(t.Context(), file); err != nil || !broken {
			t.Errorf("%s: %v, %v", name, broken, err)
		}
		token, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if caller := recognised(t, h.Service, strings.TrimSpace(string(token))); !caller.Administrator {
			t.Errorf("%s: %+v", name, caller.User)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v (%v)", name, info.Mode(), err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); err != nil || len(left) != 1 {
		t.Errorf("left: %v (%v)", left, err)
	}
}
