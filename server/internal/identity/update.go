package identity

import (
	"context"
	"fmt"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// UserChange holds what an administrator changes of a user. Nil fields stay.
type UserChange struct {
	Name          *string
	Administrator *bool
}

// UpdateUser changes a user, all of it or nothing; store.ErrNotFound, store.ErrNameTaken, fault.InvalidFields,
// ErrLastAdministrator. The caller has seen to it that an administrator asks.
func (s *Service) UpdateUser(ctx context.Context, by account.Actor, id string, change UserChange) (account.User, error) {
	var user account.User
	_, err := s.store.Update(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		if user, err = tx.User(ctx, id); err != nil {
			return err
		}
		if change.Name != nil && *change.Name != user.Name {
			if user, err = s.renameFor(ctx, tx, by, user, *change.Name); err != nil {
				return err
			}
		}
		if change.Administrator != nil && *change.Administrator != user.Administrator {
			user, err = s.setAdministrator(ctx, tx, by, user, *change.Administrator)
		}
		return err
	})
	s.heed(ctx)
	return user, err
}

func (s *Service) renameFor(ctx context.Context, tx store.Tx, by account.Actor, user account.User, name string) (account.User, error) {
	if err := checkName(name, user.Administrator); err != nil {
		return user, err
	}
	if err := tx.RenameUser(ctx, user.ID, name); err != nil {
		return user, err
	}
	before := user.Name
	user.Name = name
	return user, s.event(ctx, tx, by, audit.RenameUser, fmt.Sprintf("%s is now %s", before, name))
}

func (s *Service) setAdministrator(ctx context.Context, tx store.Tx, by account.Actor, before account.User, is bool) (account.User, error) {
	user, err := tx.SetAdministrator(ctx, before.ID, is)
	if err != nil {
		return user, err
	}
	if err := s.keepsAdministrator(ctx, tx, before); err != nil {
		return user, err
	}
	detail := user.Name + " is an administrator"
	if !is {
		detail = user.Name + " is no administrator any more"
	}
	return user, s.event(ctx, tx, by, audit.SetAdministrator, detail)
}

// wholePage bounds the entries that are read at once when all of a list is wanted.
const wholePage = 500

// Account reads a user with what is known of its tokens; store.ErrNotFound.
func (s *Service) Account(ctx context.Context, id string) (account.Account, error) {
	user, err := s.store.User(ctx, id)
	if err != nil {
		return account.Account{}, err
	}
	found := account.Account{User: user}
	var after *store.Cursor
	for {
		tokens, err := s.Tokens(ctx, id, after, wholePage)
		if err != nil {
			return found, err
		}
		for _, t := range tokens {
			found.Tokens++
			found.LastUsed = max(found.LastUsed, t.LastUsed)
			after = &store.Cursor{Start: t.CreatedAt, ID: t.ID}
		}
		if len(tokens) < wholePage {
			return found, nil
		}
	}
}

// Invitation reads one that can still be used; store.ErrNotFound.
func (s *Service) Invitation(ctx context.Context, id string) (account.Invitation, error) {
	var after *store.Cursor
	for {
		list, err := s.store.Invitations(ctx, s.now().UnixMilli(), after, wholePage)
		if err != nil {
			return account.Invitation{}, err
		}
		for _, i := range list {
			if i.ID == id {
				return i, nil
			}
			after = &store.Cursor{Start: i.CreatedAt, ID: i.ID}
		}
		if len(list) < wholePage {
			return account.Invitation{}, store.ErrNotFound
		}
	}
}
