package sqlite

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// UserByToken implements store.Accounts.
func (s *Store) UserByToken(ctx context.Context, hash [32]byte) (account.User, account.Token, error) {
	var u account.User
	t := account.Token{Hash: hash}
	err := s.read.QueryRowContext(ctx, `SELECT u.id, u.name, u.administrator, u.created_ms, t.id, t.client_name, t.created_ms, t.last_used_ms
		FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = ? AND t.revoked_ms IS NULL`, hash[:]).
		Scan(&u.ID, &u.Name, &u.Administrator, &u.CreatedAt, &t.ID, &t.ClientName, &t.CreatedAt, &t.LastUsed)
	t.UserID = u.ID
	return u, t, of("token", err)
}

// Tokens implements store.Accounts.
func (s *Store) Tokens(ctx context.Context, userID string, after *store.Cursor, limit int) ([]account.Token, error) {
	query := `SELECT id, client_name, created_ms, last_used_ms FROM tokens WHERE user_id = ? AND revoked_ms IS NULL`
	args := []any{userID}
	if after != nil {
		query += ` AND (created_ms, id) < (?, ?)`
		args = append(args, after.Start, after.ID)
	}
	rows, err := s.read.QueryContext(ctx, query+` ORDER BY created_ms DESC, id DESC LIMIT ?`, append(args, limit)...)
	return scanAll(rows, err, func(r row) (account.Token, error) {
		t := account.Token{UserID: userID}
		return t, r.Scan(&t.ID, &t.ClientName, &t.CreatedAt, &t.LastUsed)
	})
}

func (t *tx) InsertToken(_ context.Context, token account.Token) error {
	if t.store.deleted[token.UserID] {
		return store.ErrNotFound
	}
	err := t.exec(`INSERT INTO tokens (id, user_id, hash, client_name, created_ms) VALUES (?, ?, ?, ?, ?)`,
		token.ID, token.UserID, token.Hash[:], token.ClientName, token.CreatedAt)
	if isForeign(err) {
		return store.ErrNotFound
	}
	if err == nil {
		t.noteToken(token.ID)
	}
	return err
}

func (t *tx) ResetToken(_ context.Context, userID, id string, hash [32]byte) (account.Token, error) {
	held := account.Token{ID: id, UserID: userID}
	var revoked bool
	err := t.query(`SELECT client_name, created_ms, last_used_ms, revoked_ms IS NOT NULL FROM tokens WHERE id = ? AND user_id = ?`, id,
		userID).
		Scan(&held.ClientName, &held.CreatedAt, &held.LastUsed, &revoked)
	switch {
	case err != nil:
		return account.Token{}, of("token "+id, err)
	case revoked:
		return account.Token{}, store.ErrRevoked
	}
	return held, t.changeToken(`UPDATE tokens SET hash = ? WHERE id = ? AND user_id = ?`, hash[:], id, userID)
}

func (t *tx) RenameToken(_ context.Context, userID, id, name string) error {
	return t.changeToken(`UPDATE tokens SET client_name = ? WHERE id = ? AND user_id = ? AND revoked_ms IS NULL`, name, id, userID)
}

func (t *tx) TouchToken(_ context.Context, id string, now int64) error {
	return t.exec(`UPDATE tokens SET last_used_ms = ? WHERE id = ?`, now, id)
}

func (t *tx) RevokeToken(_ context.Context, userID, id string, now int64) error {
	return t.changeToken(`UPDATE tokens SET revoked_ms = ? WHERE id = ? AND user_id = ? AND revoked_ms IS NULL`, now, id, userID)
}

func (t *tx) RevokeTokens(_ context.Context, userID string, now int64) (n int, err error) {
	return t.changeTokens(`UPDATE tokens SET revoked_ms = ? WHERE user_id = ? AND revoked_ms IS NULL RETURNING id`, now, userID)
}

func (t *tx) CountTokens(_ context.Context, userID string, usedSince int64) (n int, err error) {
	err = t.query(`SELECT count(*) FROM tokens
		WHERE user_id = ? AND revoked_ms IS NULL AND max(created_ms, last_used_ms) >= ?`, userID, usedSince).Scan(&n)
	return n, classify(err)
}

func (t *tx) ForgetTokens(_ context.Context, usedBefore int64, limit int) error {
	if err := t.exec(`DELETE FROM tokens WHERE rowid IN (SELECT rowid FROM tokens WHERE revoked_ms IS NOT NULL LIMIT ?)`, limit); err != nil {
		return err
	}
	const unused = `DELETE FROM tokens WHERE rowid IN (SELECT rowid FROM tokens WHERE max(created_ms, last_used_ms) < ? LIMIT ?) RETURNING id`
	_, err := t.changeTokens(unused, usedBefore, limit)
	return err
}

func (t *tx) noteToken(id string) { t.note(store.Thing{Kind: store.TokenKind, Key: id}) }

// changeToken changes one token; store.ErrNotFound. The id is the second of the arguments.
func (t *tx) changeToken(query string, value any, id, userID string) error {
	err := t.execOne(query, value, id, userID)
	if err == nil {
		t.noteToken(id)
	}
	return err
}

// changeTokens changes tokens by a query that gives their ids, and counts them.
func (t *tx) changeTokens(query string, args ...any) (int, error) {
	if err := t.write(); err != nil {
		return 0, err
	}
	statement, err := t.store.statement(query)
	if err != nil {
		return 0, t.noteFault(classify(err))
	}
	rows, err := statement.QueryContext(context.Background(), args...)
	ids, err := scanAll(rows, err, scanID)
	if err != nil {
		return 0, t.noteFault(err)
	}
	for _, id := range ids {
		t.noteToken(id)
	}
	return len(ids), nil
}
