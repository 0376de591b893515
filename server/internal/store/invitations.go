package store

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
)

// Invitations reads invitations.
type Invitations interface {
	// Invitations reads those that can be used at a moment, latest first, those after a place in that order.
	Invitations(ctx context.Context, now int64, after *Cursor, limit int) ([]account.Invitation, error)
}

// InvitationsTx reads and writes invitations.
type InvitationsTx interface {
	// InsertInvitation writes a new invitation.
	InsertInvitation(ctx context.Context, i account.Invitation) error
	// ResetInvitation gives an invitation that is not revoked another code, and the invitation; ErrNotFound, ErrRevoked.
	ResetInvitation(ctx context.Context, id string, hash [32]byte) (account.Invitation, error)
	// InvitationByCode reads the invitation with that code, unless it is revoked; ErrNotFound.
	InvitationByCode(ctx context.Context, hash [32]byte) (account.Invitation, error)
	// CountInvitationUse notes that an invitation was used once more; ErrNotFound.
	CountInvitationUse(ctx context.Context, id string) error
	// RevokeInvitation makes an invitation worthless; ErrNotFound.
	RevokeInvitation(ctx context.Context, id string, now int64) (account.Invitation, error)
}
