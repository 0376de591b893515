package memory

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/names"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func (s *State) user(id string) (account.User, error) {
	u, there := s.users[id]
	if !there || u.deleted {
		return account.User{}, store.ErrNotFound
	}
	return u.User, nil
}

// User implements store.Accounts.
func (s *Store) User(ctx context.Context, id string) (account.User, error) {
	return read(ctx, s, func(state *State) (account.User, error) { return state.user(id) })
}

// UserByName implements store.Accounts.
func (s *Store) UserByName(ctx context.Context, name string) (account.User, error) {
	return read(ctx, s, func(state *State) (account.User, error) {
		for _, u := range state.users {
			if u.Name == name && !u.deleted {
				return u.User, nil
			}
		}
		return account.User{}, store.ErrNotFound
	})
}

// UserByToken implements store.Accounts.
func (s *Store) UserByToken(ctx context.Context, hash [32]byte) (account.User, account.Token, error) {
	var found account.Token
	u, err := read(ctx, s, func(state *State) (account.User, error) {
		for _, t := range state.tokens {
			if t.Hash == hash && !t.revoked {
				found = t.Token
				return state.user(t.UserID)
			}
		}
		return account.User{}, store.ErrNotFound
	})
	return u, found, err
}

// Accounts implements store.Accounts.
func (s *Store) Accounts(ctx context.Context, after *store.Cursor, limit int) ([]account.Account, error) {
	return read(ctx, s, func(state *State) ([]account.Account, error) {
		var all []account.Account
		for _, u := range state.users {
			if u.deleted {
				continue
			}
			a := account.Account{User: u.User, Tokens: len(state.tokensOf(u.ID, 0))}
			for _, t := range state.tokens {
				if t.UserID == u.ID {
					a.LastUsed = max(a.LastUsed, t.LastUsed)
				}
			}
			all = append(all, a)
		}
		return page(all, func(a account.Account) store.Cursor { return store.Cursor{Start: a.CreatedAt, ID: a.ID} }, after, limit), nil
	})
}

// Erasures implements store.Accounts.
func (s *Store) Erasures(ctx context.Context) ([]string, error) {
	return read(ctx, s, func(state *State) (ids []string, _ error) {
		for id := range state.erasures {
			ids = append(ids, id)
		}
		return ids, nil
	})
}

func (s *State) isReferred(id string) bool {
	for _, j := range s.jobs {
		if j.UserID == id {
			return true
		}
	}
	for _, p := range s.pauses {
		if p.UserID == id {
			return true
		}
	}
	for _, i := range s.invitations {
		if i.CreatedBy == id {
			return true
		}
	}
	return false
}

func (s *State) isUnused(id string, before int64) bool {
	u, there := s.users[id]
	return there && !u.deleted && !u.Administrator && u.CreatedAt < before && len(s.tokensOf(id, before)) == 0 && !s.isReferred(id)
}

// UnusedUsers implements store.Accounts.
func (s *Store) UnusedUsers(ctx context.Context, before int64, limit int) ([]string, error) {
	return read(ctx, s, func(state *State) (ids []string, _ error) {
		for id := range state.users {
			if state.isUnused(id, before) {
				ids = append(ids, id)
			}
		}
		return first(ids, limit), nil
	})
}

func (t *tx) User(_ context.Context, id string) (account.User, error) { return t.user(id) }

func (t *tx) NextUserNumber(context.Context) (int64, error) {
	put(t, t.numbers, "user", t.numbers["user"]+1)
	return t.numbers["user"], nil
}

// putUser writes a user unless another has the name, or one that looks the same.
func (t *tx) putUser(u user) error {
	for _, other := range t.users {
		if other.ID != u.ID && (other.Name == u.Name || u.skeleton != "" && other.skeleton == u.skeleton) {
			return store.ErrNameTaken
		}
	}
	put(t, t.users, u.ID, u)
	shown := u.User
	t.note(store.Thing{Kind: store.UserKind, Key: u.ID, User: &shown})
	for _, p := range t.lines.Rename(u.ID, u.Name) {
		t.note(store.Thing{Kind: store.PauseKind, Key: p.Worker, Pause: &p})
	}
	return nil
}

func (t *tx) changeUser(id string, change func(*user)) (account.User, error) {
	u, there := t.users[id]
	if !there || u.deleted {
		return account.User{}, store.ErrNotFound
	}
	change(&u)
	return u.User, t.putUser(u)
}

func (t *tx) InsertUser(_ context.Context, u account.User) error {
	return t.putUser(user{User: u, skeleton: names.Skeleton(u.Name)})
}

func (t *tx) RenameUser(_ context.Context, id, name string) error {
	_, err := t.changeUser(id, func(u *user) { u.Name, u.skeleton = name, names.Skeleton(name) })
	return err
}

func (t *tx) SetAdministrator(_ context.Context, id string, is bool) (account.User, error) {
	return t.changeUser(id, func(u *user) { u.Administrator = is })
}

func (t *tx) DeleteUser(_ context.Context, id, name string, _ int64) error {
	if _, err := t.changeUser(id, func(u *user) { u.Name, u.skeleton, u.Administrator, u.deleted = name, "", false, true }); err != nil {
		return err
	}
	t.dropTokens(func(held token) bool { return held.UserID == id })
	t.disown(id)
	put(t, t.erasures, id, true)
	return nil
}

func (t *tx) forgetUser(id string) {
	t.disown(id)
	drop(t, t.users, id)
	t.note(store.Thing{Kind: store.UserKind, Key: id})
}

func (t *tx) Erased(_ context.Context, userID string) error {
	drop(t, t.erasures, userID)
	if t.users[userID].deleted && !t.isReferred(userID) {
		t.forgetUser(userID)
	}
	return nil
}

func (t *tx) CountAdministrators(_ context.Context, except string, usedSince int64) (n int, _ error) {
	for id, u := range t.users {
		if u.Administrator && id != except && len(t.tokensOf(id, usedSince)) > 0 {
			n++
		}
	}
	return n, nil
}

func (t *tx) ForgetUser(_ context.Context, id string, before int64) (bool, error) {
	if !t.isUnused(id, before) {
		return false, nil
	}
	t.dropTokens(func(held token) bool { return held.UserID == id })
	t.forgetUser(id)
	return true, nil
}
