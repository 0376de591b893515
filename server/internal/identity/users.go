package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// The calls of this file but Rename are for administrators; the caller has seen to it that one asks.

// Rename changes a user's own name; store.ErrNameTaken, *job.InputError.
func (s *Service) Rename(ctx context.Context, by store.Actor, name string) (store.User, error) {
	before := by.Name
	if err := checkName(name, by.Administrator); err != nil && name != before {
		return store.User{}, err
	}
	err := s.store.Update(ctx, func(tx store.Tx) error {
		if err := tx.RenameUser(by.ID, name); err != nil {
			return err
		}
		return s.event(tx, by, store.RenameUser, fmt.Sprintf("%s is now %s", before, name))
	})
	if err != nil {
		return store.User{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.known {
		if k.caller.ID == by.ID {
			k.caller.Name = name
		}
	}
	by.Name = name
	return by.User, nil
}

// CreateUser makes a user, "User-N" when it has no name, and a token for it; store.ErrNameTaken, *job.InputError.
func (s *Service) CreateUser(ctx context.Context, by store.Actor, user store.User) (store.User, string, error) {
	if user.Name != "" {
		if err := checkName(user.Name, user.Administrator); err != nil {
			return store.User{}, "", err
		}
	}
	return s.create(ctx, user, "made by "+by.Name, func(tx store.Tx, made store.User) error {
		detail := made.Name
		if made.Administrator {
			detail += ", an administrator"
		}
		return s.event(tx, by, store.CreateUser, detail)
	})
}

// SetAdministrator makes somebody an administrator or ends that; store.ErrNotFound, ErrLastAdministrator.
func (s *Service) SetAdministrator(ctx context.Context, by store.Actor, userID string, is bool) (store.User, error) {
	before, err := s.store.User(ctx, userID)
	if err != nil {
		return store.User{}, err
	}
	var user store.User
	err = s.store.Update(ctx, func(tx store.Tx) (err error) {
		if user, err = tx.SetAdministrator(userID, is); err != nil {
			return err
		}
		if err := s.keepsAdministrator(tx, before); err != nil {
			return err
		}
		detail := user.Name + " is an administrator"
		if !is {
			detail = user.Name + " is no administrator any more"
		}
		return s.event(tx, by, store.SetAdministrator, detail)
	})
	if err == nil {
		s.forget(func(c Caller) bool { return c.ID == userID })
	}
	return user, err
}

// CreateInvitation makes an invitation; its code is told this once.
func (s *Service) CreateInvitation(ctx context.Context, by store.Actor, note string, lifetime time.Duration, uses int) (store.Invitation, string, error) {
	now := s.now()
	code, hash := newSecret(invitationPrefix)
	made := store.Invitation{
		ID: uuid.NewString(), Hash: hash, Note: note, CreatedBy: by.ID, CreatedByName: by.Name, CreatedAt: now.UnixMilli(),
		ExpiresAt: now.Add(lifetime).UnixMilli(), MaxUses: uses,
	}
	err := s.store.Update(ctx, func(tx store.Tx) error {
		if err := tx.InsertInvitation(made); err != nil {
			return err
		}
		return s.event(tx, by, store.CreateInvitation, invited(uses, note))
	})
	return made, code, err
}

// invited says what an invitation is good for.
func invited(uses int, note string) string {
	text := "for one user"
	if uses > 1 {
		text = fmt.Sprintf("for %d users", uses)
	}
	if note != "" {
		text += fmt.Sprintf(", %q", note)
	}
	return text
}

// RevokeInvitation makes an invitation worthless; store.ErrNotFound.
func (s *Service) RevokeInvitation(ctx context.Context, by store.Actor, id string) error {
	return s.store.Update(ctx, func(tx store.Tx) error {
		revoked, err := tx.RevokeInvitation(id, s.now().UnixMilli())
		if err != nil {
			return err
		}
		return s.event(tx, by, store.RevokeInvitation, fmt.Sprintf("%q", revoked.Note))
	})
}
