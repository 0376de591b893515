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
	"github.com/comfyscheduler/comfyscheduler/server/internal/changes"
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

// Caller identifies the maker of a request.
type Caller struct {
	account.Actor // its address is set by who knows the connection
	TokenID       string
	hash          [32]byte
	stale         *atomic.Bool
}

// IsStale reports whether the caller's token was revoked or its rights have changed: it has to be recognised anew.
func (c Caller) IsStale() bool { return c.stale.Load() }

// Store keeps users, tokens and invitations.
type Store interface {
	store.Accounts
	store.Invitations
	store.Log
	ListJobs(ctx context.Context, q store.Query) ([]job.Job, error)
	Update(ctx context.Context, change func(context.Context, store.Tx) error) (store.Revision, error)
}

// Service signs in and recognises users. It is safe for concurrent use.
type Service struct {
	store Store
	rules Rules
	now   func() time.Time

	onChange func() // told after callers have become stale
	onLeave  func(ctx context.Context, tx store.Tx, was, is job.Job) error
	changes  *changes.Follower

	lookupMu sync.Mutex // held over a look-up, so that a revocation cannot fall between it and the note of it
	mu       sync.RWMutex
	known    map[[32]byte]*known // tokens seen to be valid, by hash
}

// known is a token that was seen to be valid.
type known struct {
	caller Caller
	used   atomic.Int64 // when last, milliseconds since the Unix epoch
	noted  int64        // what of that is in the store
	stale  bool         // the user or the token has changed since: it has to be looked up
}

// New makes a service on a store.
func New(s Store, rules Rules, now func() time.Time) *Service {
	service := &Service{
		store:    s,
		rules:    rules,
		now:      now,
		onChange: func() {},
		onLeave:  func(context.Context, store.Tx, job.Job, job.Job) error { return nil },
		known:    map[[32]byte]*known{},
	}
	service.changes = changes.New(s, service.begin, service.follow)
	return service
}

// Changes keeps the service up to date with the store: who has lost a token or a right is found out before the next
// call, and the streams of those are told while the follower runs.
func (s *Service) Changes() *changes.Follower { return s.changes }

// begin makes everybody be looked up.
func (s *Service) begin(ctx context.Context) (store.Revision, error) {
	at, err := s.store.Revision(ctx)
	if err == nil {
		s.invalidate(func(Caller) bool { return true })
	}
	return at, err
}

// follow makes those be looked up whose token has changed, or who have.
func (s *Service) follow(news []store.Change) {
	changed := map[string]bool{}
	for _, c := range news {
		for _, thing := range c.Things {
			if thing.Kind == store.UserKind || thing.Kind == store.TokenKind {
				changed[thing.Key] = true
			}
		}
	}
	if len(changed) > 0 {
		s.invalidate(func(c Caller) bool { return changed[c.ID] || changed[c.TokenID] })
	}
}

// OnChange sets what is told when some callers have become stale. It must be quick and be set before anything else.
func (s *Service) OnChange(f func()) { s.onChange = f }

// OnLeave sets what is called, in the update that cancels bookings of a user who is deleted, with each before and after, when all are
// written: others may have to load their models then. It must be set before anything else.
func (s *Service) OnLeave(f func(ctx context.Context, tx store.Tx, was, is job.Job) error) {
	s.onLeave = f
}

// Authenticate recognises the user whom a token proves; ErrNotSignedIn.
func (s *Service) Authenticate(ctx context.Context, token string) (Caller, error) {
	if !strings.HasPrefix(token, tokenPrefix) {
		return Caller{}, ErrNotSignedIn
	}
	// The hash is looked up, so no comparison depends on how much of a guess is right.
	return s.recognise(ctx, sha256.Sum256([]byte(token)))
}

// Recall recognises the user whom a token proves that was good before, without asking the store unless something about it
// has changed; false for any other token.
func (s *Service) Recall(ctx context.Context, token string) (Caller, bool) {
	hash := sha256.Sum256([]byte(token))
	s.mu.RLock()
	_, seen := s.known[hash]
	s.mu.RUnlock()
	if !seen {
		return Caller{}, false
	}
	caller, err := s.recognise(ctx, hash)
	return caller, err == nil
}

// Reauthenticate recognises a caller anew; ErrNotSignedIn.
func (s *Service) Reauthenticate(ctx context.Context, c Caller) (Caller, error) {
	again, err := s.recognise(ctx, c.hash)
	again.Address = c.Address
	return again, err
}

func (s *Service) recognise(ctx context.Context, hash [32]byte) (Caller, error) {
	if err := s.changes.CatchUp(ctx); err != nil {
		return Caller{}, err
	}
	if caller, ok := s.recall(hash); ok {
		return caller, nil
	}
	s.lookupMu.Lock()
	defer s.lookupMu.Unlock()
	if caller, ok := s.recall(hash); ok {
		return caller, nil
	}
	user, token, err := s.store.UserByToken(ctx, hash)
	if errors.Is(err, store.ErrNotFound) {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.known, hash)
		return Caller{}, ErrNotSignedIn
	}
	if err != nil {
		return Caller{}, err
	}
	if max(token.CreatedAt, token.LastUsed) < s.freshSince() {
		return Caller{}, ErrNotSignedIn
	}
	k := &known{
		caller: Caller{Actor: account.Actor{User: user}, TokenID: token.ID, hash: hash, stale: new(atomic.Bool)},
		noted:  token.LastUsed,
	}
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
	if !ok || k.stale || k.used.Load() < s.freshSince() {
		return Caller{}, false
	}
	k.used.Store(s.now().UnixMilli())
	return k.caller, true
}

// invalidate makes callers that match be recognised anew.
func (s *Service) invalidate(match func(Caller) bool) {
	some := false
	defer func() {
		if some {
			s.onChange()
		}
	}()
	s.lookupMu.Lock()
	defer s.lookupMu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.known {
		if !k.stale && match(k.caller) {
			k.stale, some = true, true
			k.caller.stale.Store(true)
		}
	}
}

// heed makes what the service has just written hold before its call returns. What cannot be read now is before the next one.
func (s *Service) heed(ctx context.Context) { _ = s.changes.CatchUp(ctx) }

// noteAfter bounds the age of the note of a token's last use.
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
	_, err := s.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		for id, last := range used {
			if err := tx.TouchToken(ctx, id, last); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}
