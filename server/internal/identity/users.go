package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// The calls of this file but Rename are for administrators; the caller has seen to it that one asks.

// Rename changes a user's own name; store.ErrNameTaken, fault.InvalidFields.
func (s *Service) Rename(ctx context.Context, by account.Actor, name string) (account.User, error) {
	before := by.Name
	if err := checkName(name, by.Administrator); err != nil && name != before {
		return account.User{}, err
	}
	_, err := s.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := tx.RenameUser(ctx, by.ID, name); err != nil {
			return err
		}
		return s.event(ctx, tx, by, audit.RenameUser, fmt.Sprintf("%s is now %s", before, name))
	})
	if err != nil {
		return account.User{}, err
	}
	s.heed(ctx)
	by.Name = name
	return by.User, nil
}

// CreateUser makes a user, "User-N" when it has no name, and a token for it; store.ErrNameTaken, fault.InvalidFields.
func (s *Service) CreateUser(ctx context.Context, by account.Actor, user account.User) (account.User, string, error) {
	if user.Name != "" {
		if err := checkName(user.Name, user.Administrator); err != nil {
			return account.User{}, "", err
		}
	}
	return s.create(ctx, by, user, "made by "+by.Name, func(ctx context.Context, tx store.Tx, made account.User) error {
		detail := made.Name
		if made.Administrator {
			detail += ", an administrator"
		}
		return s.event(ctx, tx, by, audit.CreateUser, detail)
	})
}

// CreateInvitation makes an invitation; its code is told this once.
func (s *Service) CreateInvitation(ctx context.Context, by account.Actor, note string, lifetime time.Duration,
	uses int,
) (account.Invitation, string, error) {
	now := s.now()
	code, hash := newSecret(invitationPrefix)
	made := account.Invitation{
		ID:            idFor(by, "invitation"),
		Hash:          hash,
		Note:          note,
		CreatedBy:     by.ID,
		CreatedByName: by.Name,
		CreatedAt:     now.UnixMilli(),
		ExpiresAt:     now.Add(lifetime).UnixMilli(),
		MaxUses:       uses,
	}
	answer := made
	_, err := s.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if by.RequestID != "" {
			earlier, err := tx.ResetInvitation(ctx, made.ID, hash)
			switch {
			case errors.Is(err, store.ErrRevoked), err == nil && (earlier.Note != note || earlier.MaxUses != uses):
				return errRepeated
			case err == nil:
				answer = earlier
				return nil
			case !errors.Is(err, store.ErrNotFound):
				return err
			}
		}
		if err := tx.InsertInvitation(ctx, made); err != nil {
			return err
		}
		return s.event(ctx, tx, by, audit.CreateInvitation, invited(uses, note))
	})
	return answer, code, err
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
func (s *Service) RevokeInvitation(ctx context.Context, by account.Actor, id string) error {
	_, err := s.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		revoked, err := tx.RevokeInvitation(ctx, id, s.now().UnixMilli())
		if err != nil {
			return err
		}
		return s.event(ctx, tx, by, audit.RevokeInvitation, fmt.Sprintf("%q", revoked.Note))
	})
	return err
}
