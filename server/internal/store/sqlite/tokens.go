package sqlite

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// UserByToken implements store.Users.
func (s *Store) UserByToken(ctx context.Context, hash [32]byte) (account.User, account.Token, error) {
	var u account.User
	t := account.Token{Hash: hash}
	err := s.read.QueryRowContext(ctx, `SELECT u.id, u.name, u.administrator, u.created_ms, t.id, t.client_name, t.created_ms, t.last_used_ms
		FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = ? AND t.revoked_ms IS NULL`, hash[:]).
		Scan(&u.ID, &u.Name, &u.Administrator, &u.CreatedAt, &t.ID, &t.ClientName, &t.CreatedAt, &t.LastUsed)
	t.UserID = u.ID
	return u, t, classify(err)
}

// Tokens implements store.Users.
func (s *Store) Tokens(ctx context.Context, userID string, after *store.Cursor, limit int) ([]account.Token, error) {
	query := `SELECT id, client_name, created_ms, last_used_ms FROM tokens WHERE user_id = ? AND revoked_ms IS NULL`
	args := []any{userID}
	if after != nil {
		query += ` AND (created_ms, id) < (?, ?)`
		args = append(args, after.Start, after.ID)
	}
	rows, err := s.read.QueryContext(ctx, query+` ORDER BY created_ms DESC, id DESC LIMIT ?`, append(args, limit)...)
	return collect(rows, err, func(r row) (account.Token, error) {
		t := account.Token{UserID: userID}
		return t, r.Scan(&t.ID, &t.ClientName, &t.CreatedAt, &t.LastUsed)
	})
}

func (t *tx) InsertToken(token account.Token) error {
	if t.store.deleted[token.UserID] {
		return store.ErrNotFound
	}
	return t.exec(`INSERT INTO tokens (id, user_id, hash, client_name, created_ms) VALUES (?, ?, ?, ?, ?)`, token.ID, token.UserID, token.Hash[:], token.ClientName, token.CreatedAt)
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
