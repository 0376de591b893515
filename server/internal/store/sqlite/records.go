package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/comfyscheduler/comfyscheduler/server/internal/names"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// User implements store.Users.
func (s *Store) User(ctx context.Context, id string) (store.User, error) {
	return scanUser(id, s.read.QueryRowContext(ctx, selectUser, id))
}

const selectUser = `SELECT name, administrator, created_ms FROM users WHERE id = ? AND deleted_ms IS NULL`

func scanUser(id string, r row) (store.User, error) {
	u := store.User{ID: id}
	err := r.Scan(&u.Name, &u.Administrator, &u.CreatedAt)
	return u, classify(err)
}

// UserByToken implements store.Users.
func (s *Store) UserByToken(ctx context.Context, hash [32]byte) (store.User, store.Token, error) {
	var u store.User
	t := store.Token{Hash: hash}
	err := s.read.QueryRowContext(ctx, `SELECT u.id, u.name, u.administrator, u.created_ms, t.id, t.client_name, t.created_ms, t.last_used_ms
		FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = ? AND t.revoked_ms IS NULL`, hash[:]).
		Scan(&u.ID, &u.Name, &u.Administrator, &u.CreatedAt, &t.ID, &t.ClientName, &t.CreatedAt, &t.LastUsed)
	t.UserID = u.ID
	return u, t, classify(err)
}

func (t *tx) InsertUser(u store.User) (store.User, error) {
	const insert = `INSERT INTO users (id, name, administrator, created_ms, skeleton) VALUES (?, ?, ?, ?, ?)`
	if u.Name != "" {
		err := t.exec(insert, u.ID, u.Name, u.Administrator, u.CreatedAt, names.Skeleton(u.Name))
		if isUnique(err) {
			err = store.ErrNameTaken
		}
		return u, err
	}
	for { // somebody may have chosen the name "User-7"
		var n int64
		if err := t.change(`UPDATE counters SET value = value + 1 WHERE name = 'user' RETURNING value`).Scan(&n); err != nil {
			return u, classify(err)
		}
		u.Name = fmt.Sprintf("User-%d", n)
		if err := t.exec(insert, u.ID, u.Name, u.Administrator, u.CreatedAt, names.Skeleton(u.Name)); !isUnique(err) {
			return u, err
		}
	}
}

func (t *tx) RenameUser(id, name string) error {
	const rename = `UPDATE users SET name = ?, skeleton = ? WHERE id = ? AND deleted_ms IS NULL RETURNING id`
	err := t.change(rename, name, names.Skeleton(name), id).Scan(&id)
	if isUnique(err) {
		return store.ErrNameTaken
	}
	if err != nil {
		return classify(err)
	}
	t.names = append(t.names, store.UserName{UserID: id, Name: name})
	return nil
}

func (t *tx) InsertToken(token store.Token) error {
	if t.store.deleted[token.UserID] {
		return store.ErrNotFound
	}
	return t.exec(`INSERT INTO tokens (id, user_id, hash, client_name, created_ms) VALUES (?, ?, ?, ?, ?)`, token.ID, token.UserID, token.Hash[:], token.ClientName, token.CreatedAt)
}

// Template implements store.Templates.
func (s *Store) Template(ctx context.Context, hash string) (store.Template, error) {
	t := store.Template{Hash: hash}
	err := s.read.QueryRowContext(ctx, `SELECT workflow, title, graph, bindings FROM templates WHERE hash = ?`, hash).Scan(&t.Workflow, &t.Title, &t.Graph, &t.Bindings)
	return t, classify(err)
}

func (t *tx) PutTemplate(template store.Template) error {
	return t.exec(`INSERT INTO templates (hash, workflow, title, graph, bindings) VALUES (?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING`,
		template.Hash, template.Workflow, template.Title, template.Graph, template.Bindings)
}

// Record implements store.Records.
func (s *Store) Record(ctx context.Context, key string) ([]byte, error) {
	var value []byte
	err := s.read.QueryRowContext(ctx, `SELECT value FROM records WHERE key = ?`, key).Scan(&value)
	return value, classify(err)
}

func (t *tx) PutRecord(key string, value []byte) error {
	if value == nil {
		return errors.New("a record needs a value")
	}
	return t.exec(`INSERT INTO records (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
}
