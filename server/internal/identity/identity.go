// Package identity says who somebody is. A user is proved by a secret token, never by a name in a request. The store
// keeps only the token's hash.
package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/access"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// ErrNotSignedIn says that there is no token, or not a valid one.
var ErrNotSignedIn = errors.New("no valid token: sign in first")

// Caller is who makes a request.
type Caller struct {
	store.User
	tokenID string
	revoked chan struct{}
}

// Viewer is what the caller may see.
func (c Caller) Viewer() access.Viewer {
	return access.Viewer{UserID: c.ID, Administrator: c.Administrator}
}

// Revoked is closed when the caller's token is revoked.
func (c Caller) Revoked() <-chan struct{} { return c.revoked }

// Store is what identity needs of the store.
type Store interface {
	store.Users
	Update(ctx context.Context, change func(store.Tx) error) error
}

// Service signs in and recognises users. It is safe for concurrent use.
type Service struct {
	store Store
	now   func() time.Time

	mu    sync.RWMutex
	known map[[32]byte]Caller // tokens seen to be valid, by hash
}

// New makes a service on a store.
func New(s Store, now func() time.Time) *Service {
	return &Service{store: s, now: now, known: map[[32]byte]Caller{}}
}

// tokenPrefix makes a token recognisable where it does not belong, such as in a repository.
const tokenPrefix = "cfs_"

// newToken makes a secret of 256 random bits.
func newToken() string {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(secret[:])
}

// SignIn makes a new user "User-N" and a token, which is told this once.
func (s *Service) SignIn(ctx context.Context, clientName string) (store.User, string, error) {
	return s.create(ctx, store.User{}, clientName)
}

func (s *Service) create(ctx context.Context, user store.User, clientName string) (store.User, string, error) {
	now := s.now().UnixMilli()
	token := newToken()
	user.ID, user.CreatedAt = uuid.NewString(), now
	err := s.store.Update(ctx, func(tx store.Tx) error {
		inserted, err := tx.InsertUser(user)
		if err != nil {
			return err
		}
		user = inserted
		return tx.InsertToken(store.Token{ID: uuid.NewString(), UserID: user.ID, Hash: sha256.Sum256([]byte(token)), ClientName: clientName, CreatedAt: now})
	})
	if err != nil {
		return store.User{}, "", fmt.Errorf("sign in: %w", err)
	}
	return user, token, nil
}

// Authenticate recognises the user whom a token proves; ErrNotSignedIn.
func (s *Service) Authenticate(ctx context.Context, token string) (Caller, error) {
	if !strings.HasPrefix(token, tokenPrefix) {
		return Caller{}, ErrNotSignedIn
	}
	// The hash is looked up, so no comparison depends on how much of a guess is right.
	hash := sha256.Sum256([]byte(token))
	s.mu.RLock()
	caller, ok := s.known[hash]
	s.mu.RUnlock()
	if ok {
		return caller, nil
	}
	s.mu.Lock() // held over the look-up, so that a revocation cannot fall between it and the note
	defer s.mu.Unlock()
	if caller, ok := s.known[hash]; ok {
		return caller, nil
	}
	user, found, err := s.store.UserByToken(ctx, hash)
	if errors.Is(err, store.ErrNotFound) {
		return Caller{}, ErrNotSignedIn
	}
	if err != nil {
		return Caller{}, err
	}
	caller = Caller{User: user, tokenID: found.ID, revoked: make(chan struct{})}
	s.known[hash] = caller
	return caller, nil
}

// Rename changes the caller's name; store.ErrNameTaken.
func (s *Service) Rename(ctx context.Context, caller Caller, name string) (store.User, error) {
	if err := s.store.Update(ctx, func(tx store.Tx) error { return tx.RenameUser(caller.ID, name) }); err != nil {
		return store.User{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, known := range s.known {
		if known.ID == caller.ID {
			known.Name = name
			s.known[hash] = known
		}
	}
	caller.Name = name
	return caller.User, nil
}

// SignOut revokes the caller's token.
func (s *Service) SignOut(ctx context.Context, caller Caller) error {
	err := s.store.Update(ctx, func(tx store.Tx) error { return tx.RevokeToken(caller.tokenID, s.now().UnixMilli()) })
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, known := range s.known {
		if known.tokenID == caller.tokenID {
			delete(s.known, hash)
			close(known.revoked)
		}
	}
	return nil
}

// EnsureAdministrator makes an administrator at the first start and writes its token to a file that the owner alone can
// read. It does nothing when the file exists.
func (s *Service) EnsureAdministrator(ctx context.Context, file string) error {
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("make the administrator's token: %w", err)
	}
	_, token, err := s.create(ctx, store.User{Name: "Administrator-" + uuid.NewString()[:4], Administrator: true}, "first start")
	if err != nil {
		return fmt.Errorf("make the administrator's token: %w", err)
	}
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the administrator's token: %w", err)
	}
	return nil
}
