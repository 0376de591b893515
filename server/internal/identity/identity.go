// Package identity says who somebody is. A user is proved by a secret token, never by a name in a request. The store
// keeps only the token's hash.
package identity

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// The errors that callers tell apart.
var (
	// ErrNotSignedIn: there is no token, or not a valid one.
	ErrNotSignedIn = fault.New(fault.NotSignedIn, "no valid token: sign in first")
	// ErrInvitationNeeded: there is no invitation, or not a valid one.
	ErrInvitationNeeded = fault.New(fault.InvitationNeeded, "signing in needs an invitation that is still good: ask an administrator for one")
	// ErrSignInClosed: users are made by administrators only.
	ErrSignInClosed = fault.New(fault.SignInClosed, "users are made by an administrator here: sign in with a token")
	// ErrLastAdministrator: it would leave nobody who can administer.
	ErrLastAdministrator = fault.New(fault.LastAdministrator, "that would leave the service without an administrator who has a token")
)

// Caller is who makes a request.
type Caller struct {
	account.Actor // its address is set by who knows the connection
	TokenID       string
	hash          [32]byte
	stale         *atomic.Bool
}

// IsStale reports whether the caller's token was revoked or its rights have changed: it has to be recognised anew.
func (c Caller) IsStale() bool { return c.stale.Load() }

// Store is what identity needs of the store.
type Store interface {
	store.Users
	ListJobs(ctx context.Context, q store.Query) ([]job.Job, error)
	Update(ctx context.Context, change func(store.Tx) error) error
}

// Service signs in and recognises users. It is safe for concurrent use.
type Service struct {
	store Store
	rules Rules
	now   func() time.Time

	onChange func() // told after callers have become stale

	looking sync.Mutex // held over a look-up, so that a revocation cannot fall between it and the note of it
	mu      sync.RWMutex
	known   map[[32]byte]*known // tokens seen to be valid, by hash
}

// known is a token that was seen to be valid.
type known struct {
	caller Caller
	used   atomic.Int64 // when last, milliseconds since the Unix epoch
	noted  int64        // what of that is in the store
}

// New makes a service on a store.
func New(s Store, rules Rules, now func() time.Time) *Service {
	return &Service{store: s, rules: rules, now: now, onChange: func() {}, known: map[[32]byte]*known{}}
}

// OnChange sets what is told when some callers have become stale. It must be quick and be set before anything else.
func (s *Service) OnChange(f func()) { s.onChange = f }

// Authenticate recognises the user whom a token proves; ErrNotSignedIn.
func (s *Service) Authenticate(ctx context.Context, token string) (Caller, error) {
	if !strings.HasPrefix(token, tokenPrefix) {
		return Caller{}, ErrNotSignedIn
	}
	// The hash is looked up, so no comparison depends on how much of a guess is right.
	return s.recognise(ctx, sha256.Sum256([]byte(token)))
}

// Recall recognises the user whom a token proves without asking the store: false when the token was not seen before.
func (s *Service) Recall(token string) (Caller, bool) {
	return s.recall(sha256.Sum256([]byte(token)))
}

// Again recognises a caller anew; ErrNotSignedIn.
func (s *Service) Again(ctx context.Context, c Caller) (Caller, error) {
	again, err := s.recognise(ctx, c.hash)
	again.Address = c.Address
	return again, err
}

func (s *Service) recognise(ctx context.Context, hash [32]byte) (Caller, error) {
	if caller, ok := s.recall(hash); ok {
		return caller, nil
	}
	s.looking.Lock()
	defer s.looking.Unlock()
	if caller, ok := s.recall(hash); ok {
		return caller, nil
	}
	user, token, err := s.store.UserByToken(ctx, hash)
	if errors.Is(err, store.ErrNotFound) {
		return Caller{}, ErrNotSignedIn
	}
	if err != nil {
		return Caller{}, err
	}
	if max(token.CreatedAt, token.LastUsed) < s.freshSince() {
		return Caller{}, ErrNotSignedIn
	}
	k := &known{caller: Caller{Actor: account.Actor{User: user}, TokenID: token.ID, hash: hash, stale: new(atomic.Bool)}, noted: token.LastUsed}
	k.used.Store(s.now().UnixMilli())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[hash] = k
	return k.caller, nil
}

func (s *Service) recall(hash [32]byte) (Caller, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k, ok := s.known[hash]
	if !ok || k.used.Load() < s.freshSince() {
		return Caller{}, false
	}
	k.used.Store(s.now().UnixMilli())
	return k.caller, true
}

// forget makes callers that match be recognised anew.
func (s *Service) forget(match func(Caller) bool) {
	defer s.onChange()
	s.looking.Lock()
	defer s.looking.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, k := range s.known {
		if match(k.caller) {
			delete(s.known, hash)
			k.caller.stale.Store(true)
		}
	}
}

// noteAfter is how old the note of a token's last use may become.
const noteAfter = time.Hour

// NoteUse writes down when tokens were last used, to within an hour.
func (s *Service) NoteUse(ctx context.Context) error {
	used := map[string]int64{}
	s.mu.Lock()
	for _, k := range s.known {
		if last := k.used.Load(); last-k.noted >= noteAfter.Milliseconds() {
			used[k.caller.TokenID] = last
			k.noted = last
		}
	}
	s.mu.Unlock()
	if len(used) == 0 {
		return nil
	}
	return s.store.Update(ctx, func(tx store.Tx) error {
		for id, last := range used {
			if err := tx.TouchToken(id, last); err != nil {
				return err
			}
		}
		return nil
	})
}
