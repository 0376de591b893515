package sqlite

import (
	"context"
	"errors"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/names"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// User implements store.Accounts.
func (s *Store) User(ctx context.Context, id string) (account.User, error) {
	return scanUser(id, s.read.QueryRowContext(ctx, selectUser, id))
}

const selectUser = `SELECT name, administrator, created_ms FROM users WHERE id = ? AND deleted_ms IS NULL`

func scanUser(id string, r row) (account.User, error) {
	u := account.User{ID: id}
	err := r.Scan(&u.Name, &u.Administrator, &u.CreatedAt)
	return u, of("user "+id, err)
}

// UserByName implements store.Accounts.
func (s *Store) UserByName(ctx context.Context, name string) (u account.User, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT id, name, administrator, created_ms FROM users
		WHERE skeleton = ? AND name = ? AND deleted_ms IS NULL`, names.Skeleton(name), name).Scan(&u.ID, &u.Name, &u.Administrator, &u.CreatedAt)
	return u, of("user "+name, err)
}

// Accounts implements store.Accounts.
func (s *Store) Accounts(ctx context.Context, after *store.Cursor, limit int) ([]account.Account, error) {
	query := `SELECT id, name, administrator, created_ms,
		(SELECT count(*) FROM tokens t WHERE t.user_id = u.id AND t.revoked_ms IS NULL),
		(SELECT coalesce(max(last_used_ms), 0) FROM tokens t WHERE t.user_id = u.id) FROM users u WHERE deleted_ms IS NULL`
	var args []any
	if after != nil {
		query += ` AND (created_ms, id) < (?, ?)`
		args = append(args, after.Start, after.ID)
	}
	rows, err := s.read.QueryContext(ctx, query+` ORDER BY created_ms DESC, id DESC LIMIT ?`, append(args, limit)...)
	return scanAll(rows, err, func(r row) (account.Account, error) {
		var a account.Account
		return a, r.Scan(&a.ID, &a.Name, &a.Administrator, &a.CreatedAt, &a.Tokens, &a.LastUsed)
	})
}

func (t *tx) NextUserNumber(context.Context) (n int64, err error) {
	return n, t.change(`UPDATE counters SET value = value + 1 WHERE name = 'user' RETURNING value`).Scan(&n)
}

func (t *tx) InsertUser(_ context.Context, u account.User) error {
	err := t.exec(`INSERT INTO users (id, name, administrator, created_ms, skeleton) VALUES (?, ?, ?, ?, ?)`,
		u.ID, u.Name, u.Administrator, u.CreatedAt, names.Skeleton(u.Name))
	if isUnique(err) {
		return store.ErrNameTaken
	}
	if err == nil {
		t.noteUser(u)
	}
	return err
}

func (t *tx) noteUser(u account.User) { t.note(store.Thing{Kind: store.UserKind, Key: u.ID, User: &u}) }

// changeUser changes a user's row; set ends with what to set.
func (t *tx) changeUser(id, set string, args ...any) (account.User, error) {
	u, err := scanUser(id, t.change(`UPDATE users SET `+set+` WHERE id = ? AND deleted_ms IS NULL
		RETURNING name, administrator, created_ms`, append(args, id)...))
	if isUnique(err) {
		return u, store.ErrNameTaken
	}
	if err == nil {
		t.noteUser(u)
	}
	return u, err
}

func (t *tx) RenameUser(_ context.Context, id, name string) error {
	_, err := t.changeUser(id, `name = ?, skeleton = ?`, name, names.Skeleton(name))
	if err == nil {
		t.renamePauses(id, name)
	}
	return err
}

// renamePauses changes what pauses say of who made them.
func (t *tx) renamePauses(userID, name string) {
	for _, p := range t.lines.Rename(userID, name) {
		t.notePause(p)
	}
}

func (t *tx) SetAdministrator(_ context.Context, id string, is bool) (account.User, error) {
	return t.changeUser(id, `administrator = ?`, is)
}

func (t *tx) CountAdministrators(_ context.Context, except string, usedSince int64) (n int, err error) {
	err = t.query(`SELECT count(*) FROM users u WHERE u.administrator = 1 AND u.id <> ? AND EXISTS (SELECT 1 FROM tokens t
		WHERE t.user_id = u.id AND t.revoked_ms IS NULL AND max(t.created_ms, t.last_used_ms) >= ?)`, except, usedSince).Scan(&n)
	return n, classify(err)
}

// unused are users who never booked, whom nothing refers to, and of whom nothing was heard since a moment.
const unused = `u.deleted_ms IS NULL AND u.administrator = 0 AND u.created_ms < ?1
	AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.user_id = u.id)
	AND NOT EXISTS (SELECT 1 FROM tokens t WHERE t.user_id = u.id AND t.revoked_ms IS NULL AND max(t.created_ms, t.last_used_ms) >= ?1)
	AND NOT EXISTS (SELECT 1 FROM invitations i WHERE i.created_by = u.id) AND NOT EXISTS (SELECT 1 FROM pauses p WHERE p.user_id = u.id)`

// UnusedUsers implements store.Accounts.
func (s *Store) UnusedUsers(ctx context.Context, before int64, limit int) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT u.id FROM users u WHERE `+unused+` LIMIT ?2`, before, limit)
	return scanAll(rows, err, scanID)
}

func (t *tx) ForgetUser(_ context.Context, id string, before int64) (forgotten bool, err error) {
	var is bool
	if err := t.query(`SELECT EXISTS (SELECT 1 FROM users u WHERE u.id = ?2 AND `+unused+`)`, before, id).Scan(&is); err != nil || !is {
		return false, classify(err)
	}
	if err := t.exec(`DELETE FROM tokens WHERE user_id = ?`, id); err != nil {
		return false, err
	}
	return true, t.forgetUser(`DELETE FROM users WHERE id = ?`, id)
}

// forgetUser forgets a user by a query that takes the id, if it does.
func (t *tx) forgetUser(query, id string) error {
	err := t.execOne(query, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	t.note(store.Thing{Kind: store.UserKind, Key: id})
	return t.exec(disown, id)
}
