package sqlite

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

const selectInvitation = `SELECT i.id, i.note, i.created_by, u.name, i.created_ms, i.expires_ms, i.max_uses, i.uses
	FROM invitations i JOIN users u ON u.id = i.created_by`

func scanInvitation(r row) (account.Invitation, error) {
	var i account.Invitation
	err := r.Scan(&i.ID, &i.Note, &i.CreatedBy, &i.CreatedByName, &i.CreatedAt, &i.ExpiresAt, &i.MaxUses, &i.Uses)
	return i, of("invitation", err)
}

// Invitations implements store.Invitations.
func (s *Store) Invitations(ctx context.Context, now int64, after *store.Cursor, limit int) ([]account.Invitation, error) {
	query := selectInvitation + ` WHERE i.revoked_ms IS NULL AND i.expires_ms > ? AND i.uses < i.max_uses`
	args := []any{now}
	if after != nil {
		query += ` AND (i.created_ms, i.id) < (?, ?)`
		args = append(args, after.Start, after.ID)
	}
	rows, err := s.read.QueryContext(ctx, query+` ORDER BY i.created_ms DESC, i.id DESC LIMIT ?`, append(args, limit)...)
	return scanAll(rows, err, scanInvitation)
}

func (t *tx) InsertInvitation(_ context.Context, i account.Invitation) error {
	err := t.exec(`INSERT INTO invitations (id, hash, note, created_by, created_ms, expires_ms, max_uses, uses)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		i.ID, i.Hash[:], i.Note, i.CreatedBy, i.CreatedAt, i.ExpiresAt, i.MaxUses, i.Uses)
	if err == nil {
		t.noteInvitation(i.ID)
	}
	return err
}

func (t *tx) ResetInvitation(_ context.Context, id string, hash [32]byte) (account.Invitation, error) {
	var revoked bool
	if err := t.query(`SELECT revoked_ms IS NOT NULL FROM invitations WHERE id = ?`, id).Scan(&revoked); err != nil {
		return account.Invitation{}, of("invitation", err)
	}
	if revoked {
		return account.Invitation{}, store.ErrRevoked
	}
	if err := t.execOne(`UPDATE invitations SET hash = ? WHERE id = ?`, hash[:], id); err != nil {
		return account.Invitation{}, err
	}
	t.noteInvitation(id)
	return scanInvitation(t.query(selectInvitation+` WHERE i.id = ?`, id))
}

func (t *tx) InvitationByCode(_ context.Context, hash [32]byte) (account.Invitation, error) {
	return scanInvitation(t.query(selectInvitation+` WHERE i.hash = ? AND i.revoked_ms IS NULL`, hash[:]))
}

func (t *tx) CountInvitationUse(_ context.Context, id string) error {
	if err := t.execOne(`UPDATE invitations SET uses = uses + 1 WHERE id = ?`, id); err != nil {
		return err
	}
	t.noteInvitation(id)
	return nil
}

func (t *tx) RevokeInvitation(_ context.Context, id string, now int64) (account.Invitation, error) {
	err := t.change(`UPDATE invitations SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL RETURNING id`, now, id).Scan(&id)
	if err != nil {
		return account.Invitation{}, of("invitation", err)
	}
	t.noteInvitation(id)
	return scanInvitation(t.query(selectInvitation+` WHERE i.id = ?`, id))
}

func (t *tx) noteInvitation(id string) { t.note(store.Thing{Kind: store.InvitationKind, Key: id}) }
