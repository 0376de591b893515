package sqlite

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
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
	deleted, err := collect(rows, err, scanID)
	for _, id := range deleted {
		s.deleted[id] = true
	}
	return err
}

func scanID(r row) (id string, err error) { return id, r.Scan(&id) }

// Erasures implements store.Users.
func (s *Store) Erasures(ctx context.Context) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT user_id FROM erasures`)
	return collect(rows, err, scanID)
}

func (t *tx) User(id string) (account.User, error) {
	return scanUser(id, t.query(selectUser, id))
}

func (t *tx) ActiveOf(userID string) ([]job.Job, error) {
	return t.queryJobs(selectActiveOf, userID)
}

func (t *tx) DeleteUser(id, name string, now int64) error {
	err := t.change(`UPDATE users SET name = ?, skeleton = NULL, administrator = 0, deleted_ms = ?
		WHERE id = ? AND deleted_ms IS NULL RETURNING id`, name, now, id).Scan(&id)
	if isUnique(err) {
		return store.ErrNameTaken
	}
	if err != nil {
		return classify(err)
	}
	t.names = append(t.names, store.UserName{UserID: id, Name: name})
	t.store.deleted[id] = true
	t.undos = append(t.undos, func() { delete(t.store.deleted, id) })
	if err := t.exec(`DELETE FROM tokens WHERE user_id = ?`, id); err != nil {
		return err
	}
	return t.exec(`INSERT INTO erasures (user_id) VALUES (?)`, id)
}

func (t *tx) ForgetResults(j job.Job) error {
	for _, r := range j.Results {
		if err := t.exec(`DELETE FROM result_files WHERE filename = ? AND job_id = ?`, r.Filename, j.ID); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) Erased(userID string) error {
	if err := t.exec(`DELETE FROM erasures WHERE user_id = ?`, userID); err != nil {
		return err
	}
	return t.exec(dropUnreferred, userID)
}
