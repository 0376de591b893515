package memory

import (
	"context"
	"errors"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// pause is the pause of a worker, with the name that its maker has now.
func (s *State) pause(worker string) (p schedule.Pause, found bool) {
	p, found = s.pauses[worker]
	p.UserName = s.users[p.UserID].Name
	return p, found
}

// Pause implements store.Pauses.
func (s *Store) Pause(ctx context.Context, worker string) (p schedule.Pause, found bool, err error) {
	p, err = read(ctx, s, func(state *State) (p schedule.Pause, _ error) {
		p, found = state.pause(worker)
		return p, nil
	})
	return p, found, err
}

func (t *tx) Pause(_ context.Context, worker string) (schedule.Pause, bool, error) {
	p, found := t.lines.Pause(worker)
	return p, found, nil
}

func (t *tx) Pauses(context.Context) ([]schedule.Pause, error) { return t.lines.Pauses(), nil }

func (t *tx) PutPause(_ context.Context, p schedule.Pause) error {
	if _, err := t.user(p.UserID); err != nil {
		return store.ErrUserDeleted
	}
	t.lines.PutPause(p)
	put(t, t.pauses, p.Worker, p)
	t.note(store.Thing{Kind: store.PauseKind, Key: p.Worker, Pause: &p})
	return nil
}

func (t *tx) DropPause(_ context.Context, worker string) error {
	if !t.lines.DropPause(worker) {
		return nil
	}
	drop(t, t.pauses, worker)
	t.note(store.Thing{Kind: store.PauseKind, Key: worker})
	return nil
}

// Invitations implements store.Invitations.
func (s *Store) Invitations(ctx context.Context, now int64, after *store.Cursor, limit int) ([]account.Invitation, error) {
	return read(ctx, s, func(state *State) (all []account.Invitation, _ error) {
		for _, i := range state.invitations {
			if !i.revoked && i.IsGood(now) {
				all = append(all, state.shown(i))
			}
		}
		return page(all, func(i account.Invitation) store.Cursor { return store.Cursor{Start: i.CreatedAt, ID: i.ID} }, after, limit), nil
	})
}

// shown is an invitation as it is read.
func (s *State) shown(i invitation) account.Invitation {
	i.Hash, i.CreatedByName = [32]byte{}, s.users[i.CreatedBy].Name
	return i.Invitation
}

func (t *tx) putInvitation(i invitation) {
	put(t, t.invitations, i.ID, i)
	t.note(store.Thing{Kind: store.InvitationKind, Key: i.ID})
}

func (t *tx) InsertInvitation(_ context.Context, i account.Invitation) error {
	t.putInvitation(invitation{Invitation: i})
	return nil
}

func (t *tx) ResetInvitation(_ context.Context, id string, hash [32]byte) (account.Invitation, error) {
	i, there := t.invitations[id]
	switch {
	case !there:
		return account.Invitation{}, store.ErrNotFound
	case i.revoked:
		return account.Invitation{}, store.ErrRevoked
	}
	i.Hash = hash
	t.putInvitation(i)
	return t.shown(i), nil
}

func (t *tx) InvitationByCode(_ context.Context, hash [32]byte) (account.Invitation, error) {
	for _, i := range t.invitations {
		if i.Hash == hash && !i.revoked {
			return t.shown(i), nil
		}
	}
	return account.Invitation{}, store.ErrNotFound
}

func (t *tx) CountInvitationUse(_ context.Context, id string) error {
	i, there := t.invitations[id]
	if !there {
		return store.ErrNotFound
	}
	i.Uses++
	t.putInvitation(i)
	return nil
}

func (t *tx) RevokeInvitation(_ context.Context, id string, _ int64) (account.Invitation, error) {
	i, there := t.invitations[id]
	if !there || i.revoked {
		return account.Invitation{}, store.ErrNotFound
	}
	i.revoked = true
	t.putInvitation(i)
	return t.shown(i), nil
}

// Events implements store.Audit.
func (s *Store) Events(ctx context.Context, q audit.Query) ([]audit.Event, error) {
	return read(ctx, s, func(state *State) (all []audit.Event, _ error) {
		for _, number := range slices.Backward(state.eventNumbers()) {
			e := state.events[number]
			if (q.UserID == "" || e.UserID == q.UserID) && (q.JobID == "" || e.JobID == q.JobID) && (q.Before == 0 || number < q.Before) {
				e.UserName, e.Request = state.users[e.UserID].Name, audit.Request{}
				all = append(all, e)
			}
		}
		return first(all, q.Limit), nil
	})
}

// eventNumbers lists the numbers of the events, the oldest first.
func (s *State) eventNumbers() (numbers []int64) {
	for number := range s.events {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	return numbers
}

func (t *tx) InsertEvent(_ context.Context, e audit.Event) error {
	put(t, t.numbers, "event", t.numbers["event"]+1)
	e.Number = t.numbers["event"]
	put(t, t.events, e.Number, e)
	if e.Request.ID != "" {
		put(t, t.requests, request{e.UserID, e.Request.ID}, e.Number)
	}
	return nil
}

func (t *tx) ForgetEvents(_ context.Context, before int64, limit int) error {
	numbers := t.eventNumbers()
	for _, number := range first(numbers, limit) {
		if t.events[number].At < before && number != numbers[len(numbers)-1] {
			drop(t, t.events, number)
		}
	}
	return nil
}

func (t *tx) Request(_ context.Context, userID, requestID string) (jobID string, hash []byte, err error) {
	number, known := t.requests[request{userID, requestID}]
	if !known {
		return "", nil, store.ErrNotFound
	}
	e := t.events[number]
	return e.JobID, e.Request.Hash, nil
}

func (t *tx) ForgetRequests(_ context.Context, before int64) error {
	kept := false // the oldest event that is young enough ends it
	for _, number := range t.eventNumbers() {
		e := t.events[number]
		kept = kept || e.At >= before
		if key := (request{e.UserID, e.Request.ID}); !kept && t.requests[key] == number {
			drop(t, t.requests, key)
		}
	}
	return nil
}

// Record implements store.Records.
func (s *Store) Record(ctx context.Context, key string) ([]byte, error) {
	return read(ctx, s, func(state *State) ([]byte, error) {
		value, there := state.records[key]
		if !there {
			return nil, store.ErrNotFound
		}
		return value, nil
	})
}

func (t *tx) PutRecord(_ context.Context, key string, value []byte) error {
	if value == nil {
		return errors.New("a record needs a value")
	}
	put(t, t.records, key, value)
	return nil
}
