package identity

import (
	"context"
	"fmt"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// CreateToken makes a further token for somebody's own use; its secret is told this once. fault.TooManyTokens.
func (s *Service) CreateToken(ctx context.Context, by account.Actor, name string) (account.Token, string, error) {
	return s.createToken(ctx, by, by.ID, name, func(ctx context.Context, tx store.Tx, owner account.User) (string, error) {
		return quoted(name), s.mayHaveMore(ctx, tx, owner)
	})
}

// CreateTokenFor makes a further token for another user, who may have lost all those that count; store.ErrNotFound. The
// caller has seen to it that an administrator asks.
func (s *Service) CreateTokenFor(ctx context.Context, by account.Actor, userID, name string) (account.Token, string, error) {
	return s.createToken(ctx, by, userID, name, func(_ context.Context, _ store.Tx, owner account.User) (string, error) {
		return strings.TrimSpace(quoted(name) + " for " + owner.Name), nil
	})
}

// quoted is a name, if there is one.
func quoted(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf("%q", name)
}

// createToken makes a token for a user; store.ErrNotFound. allow is asked about the user as it is in the update, and says
// what the audit tells.
func (s *Service) createToken(
	ctx context.Context, by account.Actor, userID, name string,
	allow func(ctx context.Context, tx store.Tx, owner account.User) (detail string, err error),
) (account.Token, string, error) {
	secret, hash := newSecret(tokenPrefix)
	wanted := account.Token{ID: idFor(by, "token"), UserID: userID, Hash: hash, ClientName: name, CreatedAt: s.now().UnixMilli()}
	token := wanted
	_, err := s.store.Update(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		var repeated bool
		if token, repeated, err = reissue(ctx, tx, by, wanted); repeated || err != nil {
			return err
		}
		owner, err := tx.User(ctx, userID)
		if err != nil {
			return err
		}
		detail, err := allow(ctx, tx, owner)
		if err != nil {
			return err
		}
		if err := tx.InsertToken(ctx, token); err != nil {
			return err
		}
		return s.event(ctx, tx, by, audit.CreateToken, detail)
	})
	s.heed(ctx)
	return token, secret, err
}

// Tokens reads a user's tokens, latest first, those after a place in that order.
func (s *Service) Tokens(ctx context.Context, userID string, after *store.Cursor, limit int) ([]account.Token, error) {
	tokens, err := s.store.Tokens(ctx, userID, after, limit)
	used := s.lastUsed(func(c Caller) string { return c.TokenID })
	for i := range tokens {
		tokens[i].LastUsed = max(tokens[i].LastUsed, used[tokens[i].ID])
	}
	return tokens, err
}

// Accounts reads users, latest first, those after a place in that order.
func (s *Service) Accounts(ctx context.Context, after *store.Cursor, limit int) ([]account.Account, error) {
	accounts, err := s.store.Accounts(ctx, after, limit)
	used := s.lastUsed(func(c Caller) string { return c.ID })
	for i := range accounts {
		accounts[i].LastUsed = max(accounts[i].LastUsed, used[accounts[i].ID])
	}
	return accounts, err
}

// lastUsed keeps when tokens were used since the start of the service, by what each of them counts for.
func (s *Service) lastUsed(key func(Caller) string) map[string]int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	used := map[string]int64{}
	for _, k := range s.known {
		used[key(k.caller)] = max(used[key(k.caller)], k.used.Load())
	}
	return used
}

// RenameToken changes what one of the user's tokens is called, and gives it; store.ErrNotFound.
func (s *Service) RenameToken(ctx context.Context, by account.Actor, id, name string) (account.Token, error) {
	_, err := s.store.Update(ctx, func(ctx context.Context, tx store.Tx) error { return tx.RenameToken(ctx, by.ID, id, name) })
	if err != nil {
		return account.Token{}, err
	}
	return s.token(ctx, by.ID, id)
}

// token reads one of a user's tokens; store.ErrNotFound.
func (s *Service) token(ctx context.Context, userID, id string) (account.Token, error) {
	var after *store.Cursor
	for {
		tokens, err := s.Tokens(ctx, userID, after, wholePage)
		if err != nil {
			return account.Token{}, err
		}
		for _, t := range tokens {
			if t.ID == id {
				return t, nil
			}
			after = &store.Cursor{Start: t.CreatedAt, ID: t.ID}
		}
		if len(tokens) < wholePage {
			return account.Token{}, store.ErrNotFound
		}
	}
}

// RevokeToken makes one of the user's tokens worthless; store.ErrNotFound, and ErrLastAdministrator when nobody else
// could administer.
func (s *Service) RevokeToken(ctx context.Context, by account.Actor, id string) error {
	_, err := s.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		user, err := tx.User(ctx, by.ID)
		if err != nil {
			return err
		}
		if err := tx.RevokeToken(ctx, by.ID, id, s.now().UnixMilli()); err != nil {
			return err
		}
		if err := s.keepsAdministrator(ctx, tx, user); err != nil {
			return err
		}
		return s.event(ctx, tx, by, audit.RevokeToken, "")
	})
	s.heed(ctx)
	return err
}

// SignOut revokes the token of the call itself.
func (s *Service) SignOut(ctx context.Context, c Caller) error {
	return s.RevokeToken(ctx, c.Actor, c.TokenID)
}

// RevokeTokens makes all tokens of a user worthless and counts them; store.ErrNotFound, ErrLastAdministrator.
func (s *Service) RevokeTokens(ctx context.Context, by account.Actor, userID string) (int, error) {
	n := 0
	_, err := s.store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		user, err := tx.User(ctx, userID)
		if err != nil {
			return err
		}
		if n, err = tx.RevokeTokens(ctx, userID, s.now().UnixMilli()); err != nil {
			return err
		}
		if err := s.keepsAdministrator(ctx, tx, user); err != nil {
			return err
		}
		return s.event(ctx, tx, by, audit.RevokeToken, fmt.Sprintf("all %d of %s", n, user.Name))
	})
	s.heed(ctx)
	return n, err
}

// keepsAdministrator refuses what has left nobody who can administer.
func (s *Service) keepsAdministrator(ctx context.Context, tx store.Tx, changed account.User) error {
	if !changed.Administrator {
		return nil
	}
	n, err := tx.CountAdministrators(ctx, "", s.freshSince())
	if err == nil && n == 0 {
		return ErrLastAdministrator
	}
	return err
}
