package sqlite

import (
	"context"
	"database/sql"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Tokens implements store.Users.
func (s *Store) Tokens(ctx context.Context, userID string, after *store.Cursor, limit int) ([]store.Token, error) {
	query := `SELECT id, client_name, created_ms, last_used_ms FROM tokens WHERE user_id = ? AND revoked_ms IS NULL`
	args := []any{userID}
	if after != nil {
		query += ` AND (created_ms, id) < (?, ?)`
		args = append(args, after.Start, after.ID)
	}
	rows, err := s.read.QueryContext(ctx, query+` ORDER BY created_ms DESC, id DESC LIMIT ?`, append(args, limit)...)
	return collect(rows, err, func(r row) (store.Token, error) {
		t := store.Token{UserID: userID}
		return t, r.Scan(&t.ID, &t.ClientName, &t.CreatedAt, &t.LastUsed)
	})
}

// Accounts implements store.Users.
func (s *Store) Accounts(ctx context.Context, after *store.Cursor, limit int) ([]store.Account, error) {
	query := `SELECT id, name, administrator, created_ms,
		(SELECT count(*) FROM tokens t WHERE t.user_id = u.id AND t.revoked_ms IS NULL),
		(SELECT coalesce(max(last_used_ms), 0) FROM tokens t WHERE t.user_id = u.id) FROM users u WHERE deleted_ms IS NULL`
	var args []any
	if after != nil {
		query += ` AND (created_ms, id) < (?, ?)`
		args = append(args, after.Start, after.ID)
	}
	rows, err := s.read.QueryContext(ctx, query+` ORDER BY created_ms DESC, id DESC LIMIT ?`, append(args, limit)...)
	return collect(rows, err, func(r row) (store.Account, error) {
		var a store.Account
		return a, r.Scan(&a.ID, &a.Name, &a.Administrator, &a.CreatedAt, &a.Tokens, &a.LastUsed)
	})
}

const selectInvitation = `SELECT i.id, i.note, i.created_by, u.name, i.created_ms, i.expires_ms, i.max_uses, i.uses FROM invitations i JOIN users u ON u.id = i.created_by`

func scanInvitation(r row) (store.Invitation, error) {
	var i store.Invitation
	err := r.Scan(&i.ID, &i.Note, &i.CreatedBy, &i.CreatedByName, &i.CreatedAt, &i.ExpiresAt, &i.MaxUses, &i.Uses)
	return i, classify(err)
}

// Invitations implements store.Users.
func (s *Store) Invitations(ctx context.Context, now int64, after *store.Cursor, limit int) ([]store.Invitation, error) {
	query := selectInvitation + ` WHERE i.revoked_ms IS NULL AND i.expires_ms > ? AND i.uses < i.max_uses`
	args := []any{now}
	if after != nil {
		query += ` AND (i.created_ms, i.id) < (?, ?)`
		args = append(args, after.Start, after.ID)
	}
	rows, err := s.read.QueryContext(ctx, query+` ORDER BY i.created_ms DESC, i.id DESC LIMIT ?`, append(args, limit)...)
	return collect(rows, err, scanInvitation)
}

func (t *tx) SetAdministrator(id string, is bool) (store.User, error) {
	u := store.User{ID: id}
	err := t.change(`UPDATE users SET administrator = ? WHERE id = ? AND deleted_ms IS NULL
		RETURNING name, administrator, created_ms`, is, id).Scan(&u.Name, &u.Administrator, &u.CreatedAt)
	return u, classify(err)
}

func (t *tx) CountAdministrators(except string, usedSince int64) (n int, err error) {
	err = t.query(`SELECT count(*) FROM users u WHERE u.administrator = 1 AND u.id <> ? AND EXISTS (SELECT 1 FROM tokens t
		WHERE t.user_id = u.id AND t.revoked_ms IS NULL AND max(t.created_ms, t.last_used_ms) >= ?)`, except, usedSince).Scan(&n)
	return n, classify(err)
}

func (t *tx) CountTokens(userID string, usedSince int64) (n int, err error) {
	err = t.query(`SELECT count(*) FROM tokens
		WHERE user_id = ? AND revoked_ms IS NULL AND max(created_ms, last_used_ms) >= ?`, userID, usedSince).Scan(&n)
	return n, classify(err)
}

func (t *tx) ForgetTokens(usedBefore int64, limit int) error {
	if err := t.exec(`DELETE FROM tokens WHERE rowid IN (SELECT rowid FROM tokens WHERE revoked_ms IS NOT NULL LIMIT ?)`, limit); err != nil {
		return err
	}
	const unused = `DELETE FROM tokens WHERE rowid IN (SELECT rowid FROM tokens WHERE max(created_ms, last_used_ms) < ? LIMIT ?)`
	return t.exec(unused, usedBefore, limit)
}

// unused are users who never booked, whom nothing refers to, and of whom nothing was heard since a moment.
const unused = `u.deleted_ms IS NULL AND u.administrator = 0 AND u.created_ms < ?1
	AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.user_id = u.id)
	AND NOT EXISTS (SELECT 1 FROM tokens t WHERE t.user_id = u.id AND t.revoked_ms IS NULL AND max(t.created_ms, t.last_used_ms) >= ?1)
	AND NOT EXISTS (SELECT 1 FROM invitations i WHERE i.created_by = u.id) AND NOT EXISTS (SELECT 1 FROM pauses p WHERE p.user_id = u.id)`

// UnusedUsers implements store.Users.
func (s *Store) UnusedUsers(ctx context.Context, before int64, limit int) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT u.id FROM users u WHERE `+unused+` LIMIT ?2`, before, limit)
	return collect(rows, err, scanID)
}

func (t *tx) ForgetUser(id string, before int64) (forgotten bool, err error) {
	var is bool
	if err := t.query(`SELECT EXISTS (SELECT 1 FROM users u WHERE u.id = ?2 AND `+unused+`)`, before, id).Scan(&is); err != nil || !is {
		return false, classify(err)
	}
	if err := t.exec(`DELETE FROM tokens WHERE user_id = ?`, id); err != nil {
		return false, err
	}
	return true, t.exec(`DELETE FROM users WHERE id = ?`, id)
}

func (t *tx) RenameToken(userID, id, name string) error {
	return classify(t.change(`UPDATE tokens SET client_name = ? WHERE id = ? AND user_id = ? AND revoked_ms IS NULL RETURNING id`, name, id, userID).Scan(&id))
}

func (t *tx) TouchToken(id string, now int64) error {
	return t.exec(`UPDATE tokens SET last_used_ms = ? WHERE id = ?`, now, id)
}

func (t *tx) RevokeToken(userID, id string, now int64) error {
	return classify(t.change(`UPDATE tokens SET revoked_ms = ? WHERE id = ? AND user_id = ? AND revoked_ms IS NULL RETURNING id`, now, id, userID).Scan(&id))
}

func (t *tx) RevokeTokens(userID string, now int64) (n int, err error) {
	if err := t.query(`SELECT count(*) FROM tokens WHERE user_id = ? AND revoked_ms IS NULL`, userID).Scan(&n); err != nil {
		return 0, classify(err)
	}
	return n, t.exec(`UPDATE tokens SET revoked_ms = ? WHERE user_id = ? AND revoked_ms IS NULL`, now, userID)
}

func (t *tx) InsertInvitation(i store.Invitation) error {
	return t.exec(`INSERT INTO invitations (id, hash, note, created_by, created_ms, expires_ms, max_uses, uses) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		i.ID, i.Hash[:], i.Note, i.CreatedBy, i.CreatedAt, i.ExpiresAt, i.MaxUses, i.Uses)
}

func (t *tx) UseInvitation(hash [32]byte, now int64) (store.Invitation, error) {
	var id string
	err := t.change(`UPDATE invitations SET uses = uses + 1 WHERE hash = ? AND revoked_ms IS NULL AND expires_ms > ? AND uses < max_uses RETURNING id`, hash[:], now).Scan(&id)
	if err != nil {
		return store.Invitation{}, classify(err)
	}
	return scanInvitation(t.query(selectInvitation+` WHERE i.id = ?`, id))
}

func (t *tx) RevokeInvitation(id string, now int64) (store.Invitation, error) {
	err := t.change(`UPDATE invitations SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL RETURNING id`, now, id).Scan(&id)
	if err != nil {
		return store.Invitation{}, classify(err)
	}
	return scanInvitation(t.query(selectInvitation+` WHERE i.id = ?`, id))
}

// collect reads all rows.
func collect[T any](rows *sql.Rows, err error, scan func(row) (T, error)) ([]T, error) {
	if err != nil {
		return nil, classify(err)
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, classify(err)
		}
		all = append(all, one)
	}
	return all, classify(rows.Err())
}
