package memory

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// tokensOf lists a user's unrevoked tokens that were made or used since a moment.
func (s *State) tokensOf(userID string, usedSince int64) (found []account.Token) {
	for _, t := range s.tokens {
		if t.UserID == userID && !t.revoked && max(t.CreatedAt, t.LastUsed) >= usedSince {
			found = append(found, t.Token)
		}
	}
	return found
}

// Tokens implements store.Accounts.
func (s *Store) Tokens(ctx context.Context, userID string, after *store.Cursor, limit int) ([]account.Token, error) {
	return read(ctx, s, func(state *State) ([]account.Token, error) {
		found := state.tokensOf(userID, 0)
		for i := range found {
			found[i].Hash = [32]byte{}
		}
		return page(found, func(t account.Token) store.Cursor { return store.Cursor{Start: t.CreatedAt, ID: t.ID} }, after, limit), nil
	})
}

func (t *tx) dropTokens(match func(token) bool) {
	for id, held := range t.tokens {
		if match(held) {
			drop(t, t.tokens, id)
		}
	}
}

func (t *tx) putToken(held token) {
	put(t, t.tokens, held.ID, held)
	t.note(store.Thing{Kind: store.TokenKind, Key: held.ID})
}

func (t *tx) InsertToken(_ context.Context, made account.Token) error {
	if _, err := t.user(made.UserID); err != nil {
		return err
	}
	t.putToken(token{Token: made})
	return nil
}

func (t *tx) changeToken(userID, id string, change func(*token)) error {
	held, there := t.tokens[id]
	if !there || held.revoked || held.UserID != userID {
		return store.ErrNotFound
	}
	change(&held)
	t.putToken(held)
	return nil
}

func (t *tx) ResetToken(_ context.Context, userID, id string, hash [32]byte) (account.Token, error) {
	held, there := t.tokens[id]
	switch {
	case !there || held.UserID != userID:
		return account.Token{}, store.ErrNotFound
	case held.revoked:
		return account.Token{}, store.ErrRevoked
	}
	held.Hash = hash
	t.putToken(held)
	shown := held.Token
	shown.Hash = [32]byte{}
	return shown, nil
}

func (t *tx) RenameToken(_ context.Context, userID, id, name string) error {
	return t.changeToken(userID, id, func(held *token) { held.ClientName = name })
}

func (t *tx) RevokeToken(_ context.Context, userID, id string, _ int64) error {
	return t.changeToken(userID, id, func(held *token) { held.revoked = true })
}

func (t *tx) RevokeTokens(_ context.Context, userID string, _ int64) (int, error) {
	held := t.tokensOf(userID, 0)
	for _, one := range held {
		t.putToken(token{Token: one, revoked: true})
	}
	return len(held), nil
}

func (t *tx) TouchToken(_ context.Context, id string, now int64) error {
	if held, there := t.tokens[id]; there {
		held.LastUsed = now
		put(t, t.tokens, id, held)
	}
	return nil
}

func (t *tx) CountTokens(_ context.Context, userID string, usedSince int64) (int, error) {
	return len(t.tokensOf(userID, usedSince)), nil
}

func (t *tx) ForgetTokens(_ context.Context, usedBefore int64, _ int) error {
	t.dropTokens(func(held token) bool { return held.revoked })
	for id, held := range t.tokens {
		if max(held.CreatedAt, held.LastUsed) < usedBefore {
			drop(t, t.tokens, id)
			t.note(store.Thing{Kind: store.TokenKind, Key: id})
		}
	}
	return nil
}
