package store

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
)

// Accounts reads users and how they are proved.
type Accounts interface {
	// User reads one user who is not deleted; ErrNotFound.
	User(ctx context.Context, id string) (account.User, error)
	// UserByName reads the user who has exactly this name and is not deleted; ErrNotFound.
	UserByName(ctx context.Context, name string) (account.User, error)
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
}

// AccountsTx reads and writes users and their tokens.
type AccountsTx interface {
	// NextUserNumber gives a number that it never gives again: the N of "User-N".
	NextUserNumber(ctx context.Context) (int64, error)
	// InsertUser writes a new user, who has a name; ErrNameTaken.
	InsertUser(ctx context.Context, u account.User) error
	// User reads one user who is not deleted; ErrNotFound.
	User(ctx context.Context, id string) (account.User, error)
	// DeleteUser makes a user one of the past under another name, drops its tokens and notes that its jobs are to be
	// erased; ErrNotFound, ErrNameTaken.
	DeleteUser(ctx context.Context, id, name string, now int64) error
	// Erased notes that the jobs of a deleted user are erased. A user to whom nothing refers any more is forgotten.
	Erased(ctx context.Context, userID string) error
	// RenameUser changes a user's name; ErrNameTaken, ErrNotFound.
	RenameUser(ctx context.Context, id, name string) error
	// SetAdministrator says whether a user is an administrator; ErrNotFound.
	SetAdministrator(ctx context.Context, id string, is bool) (account.User, error)
	// CountAdministrators counts the administrators with an unrevoked token that was made or used since a moment, the user
	// except left out.
	CountAdministrators(ctx context.Context, except string, usedSince int64) (int, error)
	// ForgetUser forgets one of UnusedUsers, if it is one still.
	ForgetUser(ctx context.Context, id string, before int64) (forgotten bool, err error)

	// InsertToken writes a new token; ErrNotFound when there is no such user, or it was deleted.
	InsertToken(ctx context.Context, t account.Token) error
	// ResetToken gives a user's unrevoked token another secret, and the token; ErrNotFound, ErrRevoked.
	ResetToken(ctx context.Context, userID, id string, hash [32]byte) (account.Token, error)
	// RenameToken changes what a user's unrevoked token is called; ErrNotFound.
	RenameToken(ctx context.Context, userID, id, name string) error
	// TouchToken notes when a token was used; one that is not there is left alone.
	TouchToken(ctx context.Context, id string, now int64) error
	// RevokeToken makes a user's token worthless; ErrNotFound.
	RevokeToken(ctx context.Context, userID, id string, now int64) error
	// RevokeTokens makes all of a user's tokens worthless and counts them.
	RevokeTokens(ctx context.Context, userID string, now int64) (int, error)
	// CountTokens counts a user's unrevoked tokens that were made or used since a moment.
	CountTokens(ctx context.Context, userID string, usedSince int64) (int, error)
	// ForgetTokens drops tokens that are revoked, and those that were neither made nor used since a moment, at most limit of each.
	ForgetTokens(ctx context.Context, usedBefore int64, limit int) error
}
