package sqlite

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

const (
	selectActiveOf = `SELECT ` + jobColumns + fromJobs + ` WHERE j.user_id = ? AND j.status IN ('scheduled', 'processing')
		ORDER BY j.start_ms, j.id`
	dropUnreferred = `DELETE FROM users WHERE id = ?1 AND deleted_ms IS NOT NULL AND NOT EXISTS (SELECT 1 FROM jobs WHERE user_id = ?1)
		AND NOT EXISTS (SELECT 1 FROM pauses WHERE user_id = ?1) AND NOT EXISTS (SELECT 1 FROM invitations WHERE created_by = ?1)`
)

// loadDeleted fills in who is deleted: a call that was under way meanwhile must not book for them.
func (s *Store) loadDeleted(ctx context.Context) error {
	rows, err := s.writer.QueryContext(ctx, `SELECT id FROM users WHERE deleted_ms IS NOT NULL`)
	deleted, err := scanAll(rows, err, scanID)
	for _, id := range deleted {
		s.deleted[id] = true
	}
	return err
}

func scanID(r row) (id string, err error) { return id, r.Scan(&id) }

// Erasures implements store.Accounts.
func (s *Store) Erasures(ctx context.Context) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT user_id FROM erasures`)
	return scanAll(rows, err, scanID)
}

func (t *tx) User(_ context.Context, id string) (account.User, error) {
	return scanUser(id, t.query(selectUser, id))
}

func (t *tx) ActiveOf(_ context.Context, userID string) ([]job.Job, error) {
	return t.queryJobs(selectActiveOf, userID)
}

func (t *tx) DeleteUser(_ context.Context, id, name string, now int64) error {
	if _, err := t.changeUser(id, `name = ?, skeleton = NULL, administrator = 0, deleted_ms = ?`, name, now); err != nil {
		return err
	}
	t.renamePauses(id, name)
	t.store.deleted[id] = true
	t.lines.OnUndo(func() { delete(t.store.deleted, id) })
	if err := t.exec(`DELETE FROM tokens WHERE user_id = ?`, id); err != nil {
		return err
	}
	if err := t.exec(disown, id); err != nil {
		return err
	}
	return t.exec(`INSERT INTO erasures (user_id) VALUES (?)`, id)
}

func (t *tx) ForgetResults(_ context.Context, j job.Job) error {
	for _, r := range j.Results {
		if err := t.exec(`DELETE FROM result_files WHERE worker = ? AND filename = ? AND job_id = ?`, j.Worker, r.Filename, j.ID); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) Erased(_ context.Context, userID string) error {
	if err := t.exec(`DELETE FROM erasures WHERE user_id = ?`, userID); err != nil {
		return err
	}
	return t.forgetUser(dropUnreferred, userID)
}
