package identity_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func open(t *testing.T, mode account.Mode) (*identity.Service, string) {
	t.Helper()
	folder := t.TempDir()
	s, err := sqlite.Open(t.Context(), filepath.Join(folder, "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return identity.New(storetest.Wrap(s), identity.Rules{Mode: mode}, time.Now), folder
}

func TestTokenProvesItsUserUntilRevoked(t *testing.T) {
	service, folder := open(t, account.Open)
	user, token, err := service.SignIn(t.Context(), "::1", "test", "")
	if err != nil || user.Name != "User-1" || user.Administrator {
		t.Fatalf("signed in as %+v (%v)", user, err)
	}
	caller, err := service.Authenticate(t.Context(), token)
	if err != nil || caller.User != user {
		t.Fatalf("recognised %+v (%v)", caller.User, err)
	}
	for name, forged := range map[string]string{
		"none":       "",
		"truncated":  token[:len(token)-1],
		"longer":     token + "A",
		"upper case": strings.ToUpper(token),
		"another's":  "cfs_" + strings.Repeat("A", 43),
	} {
		if _, err := service.Authenticate(t.Context(), forged); !errors.Is(err, identity.ErrNotSignedIn) {
			t.Errorf("%s: %v", name, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if data, err := os.ReadFile(file); err != nil || strings.Contains(string(data), token) {
			t.Errorf("%s holds the token (%v)", file, err)
		}
	}
	if err := service.SignOut(t.Context(), caller); err != nil {
		t.Fatal(err)
	}
	if !caller.IsStale() {
		t.Error("the caller is not recognised anew")
	}
	if _, err := service.Authenticate(t.Context(), token); !errors.Is(err, identity.ErrNotSignedIn) {
		t.Errorf("revoked token: %v", err)
	}
}

func TestRename(t *testing.T) {
	service, _ := open(t, account.Open)
	_, token, err := service.SignIn(t.Context(), "::1", "", "")
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := service.CreateUser(t.Context(), account.Actor{}, account.User{Name: "Bob"})
	if err != nil {
		t.Fatal(err)
	}
	caller, err := service.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := service.Rename(t.Context(), caller.Actor, other.Name); !errors.Is(err, store.ErrNameTaken) {
		t.Errorf("somebody else's name: %v", err)
	}
	if user, err := service.Rename(t.Context(), caller.Actor, "Ada"); err != nil || user.Name != "Ada" {
		t.Errorf("renamed to %q (%v)", user.Name, err)
	}
	if again, err := service.Authenticate(t.Context(), token); err != nil || again.Name != "Ada" {
		t.Errorf("recognised as %q (%v)", again.Name, err)
	}
}

func TestAdministratorIsMadeOnce(t *testing.T) {
	service, folder := open(t, account.Open)
	file := filepath.Join(folder, "admin-token")
	for range 2 {
		if broken, err := service.EnsureAdministrator(t.Context(), file); err != nil || broken {
			t.Fatal(broken, err)
		}
	}
	token, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	caller, err := service.Authenticate(t.Context(), strings.TrimSpace(string(token)))
	if err != nil || !caller.Administrator {
		t.Errorf("recognised %+v (%v)", caller, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v)", info.Mode(), err)
	}
}
