package identity_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/memory"
)

// TestRepeatedRequestsMakeOneThing holds that whoever asks again because an answer was lost gets the same thing with a secret
// that works, and that the one before does not.
func TestRepeatedRequestsMakeOneThing(t *testing.T) {
	now := time.UnixMilli(1_000_000)
	s := memory.Open(memory.NewState())
	service := identity.New(s, identity.Rules{Mode: account.Open, Tokens: 3}, func() time.Time { return now })
	good := func(secret, want string) {
		t.Helper()
		who, err := service.Authenticate(t.Context(), secret)
		if (err == nil) != (want != "") || err == nil && who.ID != want {
			t.Errorf("the secret proves %q, want %q (%v)", who.ID, want, err)
		}
	}
	id := uuid.NewString()
	ada, first, err := service.SignInOnce(t.Context(), id, "", "laptop", "")
	if err != nil {
		t.Fatal(err)
	}
	good(first, ada.ID)
	same, second, err := service.SignInOnce(t.Context(), id, "", "laptop", "")
	if err != nil || same != ada {
		t.Errorf("signed in again as %v, was %v (%v)", same, ada, err)
	}
	good(first, "")
	good(second, ada.ID)
	if _, _, err := service.SignInOnce(t.Context(), id, "", "another machine", ""); !fault.Is(err, fault.RequestIDReused) {
		t.Errorf("a different sign-in: %v", err)
	}
	now = now.Add(11 * time.Minute)
	if _, _, err := service.SignInOnce(t.Context(), id, "", "laptop", ""); !fault.Is(err, fault.RequestIDReused) {
		t.Errorf("much later: %v", err)
	}
	good(second, ada.ID)

	by := account.Actor{User: ada, RequestID: uuid.NewString()}
	token, _, err := service.CreateToken(t.Context(), by, "script")
	again, secret, err2 := service.CreateToken(t.Context(), by, "script")
	if err != nil || err2 != nil || again.ID != token.ID {
		t.Errorf("tokens %v and %v (%v, %v)", token, again, err, err2)
	}
	good(secret, ada.ID)
	if err := service.RevokeToken(t.Context(), account.Actor{User: ada}, token.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := service.CreateToken(t.Context(), by, "script"); !fault.Is(err, fault.RequestIDReused) {
		t.Errorf("after it was revoked: %v", err)
	}

	bob, _, err := service.CreateUser(t.Context(), by, account.User{Name: "Bob"})
	sameBob, secret, err2 := service.CreateUser(t.Context(), by, account.User{Name: "Bob"})
	if err != nil || err2 != nil || sameBob.ID != bob.ID {
		t.Errorf("users %v and %v (%v, %v)", bob, sameBob, err, err2)
	}
	good(secret, bob.ID)
	made, code, err := service.CreateInvitation(t.Context(), by, "spring", time.Hour, 2)
	kept, newCode, err2 := service.CreateInvitation(t.Context(), by, "spring", time.Hour, 2)
	if err != nil || err2 != nil || kept.ID != made.ID || code == newCode {
		t.Errorf("invitations %v and %v (%v, %v)", made, kept, err, err2)
	}
}
