package store

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
)

// Users reads users and how they are proved.
type Users interface {
	// User reads one user who is not deleted; ErrNotFound.
	User(ctx context.Context, id string) (account.User, error)
	// UserByToken reads the user whom an unrevoked token proves; ErrNotFound.
	UserByToken(ctx context.Context, hash [32]byte) (account.User, account.Token, error)
	// Tokens reads a user's unrevoked tokens, latest first, those after a place in that order.
	Tokens(ctx context.Context, userID string, after *Cursor, limit int) ([]account.Token, error)
	// Accounts reads users, latest first, those after a place in that order.
	Accounts(ctx context.Context, after *Cursor, limit int) ([]account.Account, error)
	// Erasures reads the deleted users whose jobs are not erased yet.
	Erasures(ctx context.Context) (userIDs []string, err error)
	// UnusedUsers reads users who are no administrators, never booked, and were neither made nor used a token since a moment.
	UnusedUsers(ctx context.Context, before int64, limit int) (userIDs []string, err error)
	// Invitations reads those that can be used at a moment, latest first, those after a place in that order.
	Invitations(ctx context.Context, now int64, after *Cursor, limit int) ([]account.Invitation, error)
}
