package sqlite

import (
	"context"
	"errors"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

const (
	assetColumns = `a.id, a.kind, a.media_type, a.size, a.width, a.height, a.duration_ms, a.animated`
	selectAsset  = `SELECT ` + assetColumns + ` FROM assets a WHERE a.id = ?`
	selectOwned  = `SELECT ` + assetColumns + `, o.user_id, o.name, o.created_ms, o.used_ms
		FROM asset_owners o JOIN assets a ON a.id = o.asset_id WHERE o.user_id = ?`
	selectOwnedOne   = selectOwned + ` AND o.asset_id = ?`
	selectAssetBytes = `SELECT coalesce(sum(a.size), 0) FROM asset_owners o JOIN assets a ON a.id = o.asset_id WHERE o.user_id = ?`
	selectTakers     = `SELECT DISTINCT j.user_id FROM job_assets t JOIN jobs j ON j.id = t.job_id WHERE t.asset_id = ?`
	selectJobAssets  = `SELECT asset_id FROM job_assets WHERE job_id = ? ORDER BY asset_id`
	selectAssetJob   = `SELECT t.job_id FROM job_assets t JOIN jobs j ON j.id = t.job_id
		WHERE t.asset_id = ?1 AND j.status IN ('scheduled', 'processing') AND (?2 = '' OR j.user_id = ?2) ORDER BY t.job_id LIMIT 1`
	selectAwaited = `SELECT EXISTS (SELECT 1 FROM job_assets t JOIN jobs j ON j.id = t.job_id
		WHERE t.asset_id = ? AND j.status IN ('scheduled', 'processing') AND j.cancel_requested = 0
		AND (j.worker = ? OR j.status = 'scheduled' AND j.pinned = 0 AND (j.sooner = 1 OR j.delay IS NOT NULL)))`
	insertAsset = `INSERT INTO assets (id, kind, media_type, size, width, height, duration_ms, animated) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO NOTHING`
	insertOwner = `INSERT INTO asset_owners (user_id, asset_id, name, created_ms, used_ms) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (user_id, asset_id) DO UPDATE SET used_ms = max(used_ms, excluded.used_ms),
		name = CASE WHEN excluded.name = '' THEN name ELSE excluded.name END`
	disown       = `DELETE FROM asset_owners WHERE user_id = ?`
	disownUnused = `DELETE FROM asset_owners WHERE (user_id, asset_id) IN (SELECT o.user_id, o.asset_id
		FROM asset_owners o JOIN assets a ON a.id = o.asset_id WHERE o.used_ms < ?1 AND (a.kind = ?2) <> ?3
		AND NOT EXISTS (SELECT 1 FROM job_assets t JOIN jobs j ON j.id = t.job_id WHERE t.asset_id = o.asset_id
			AND (j.status IN ('scheduled', 'processing') OR j.finished_ms >= ?1)) LIMIT ?4)`
	selectForgotten = `SELECT a.id FROM assets a WHERE NOT EXISTS (SELECT 1 FROM asset_owners o WHERE o.asset_id = a.id)
		AND NOT EXISTS (SELECT 1 FROM job_assets t JOIN jobs j ON j.id = t.job_id WHERE t.asset_id = a.id
			AND j.status IN ('scheduled', 'processing')) LIMIT ?`
)

func intoAsset(a *store.Asset) []any {
	return []any{&a.ID, &a.Kind, &a.MediaType, &a.Size, &a.Width, &a.Height, &a.Duration, &a.Animated}
}

func scanAsset(r row) (a store.Asset, err error) {
	return a, of("asset", r.Scan(intoAsset(&a)...))
}

func scanOwned(r row) (a store.OwnedAsset, err error) {
	err = r.Scan(append(intoAsset(&a.Asset), &a.Owner, &a.Name, &a.CreatedAt, &a.UsedAt)...)
	return a, of("asset", err)
}

// Asset implements store.Assets.
func (s *Store) Asset(ctx context.Context, id string) (store.Asset, error) {
	return scanAsset(s.read.QueryRowContext(ctx, selectAsset, id))
}

// OwnedAsset implements store.Assets.
func (s *Store) OwnedAsset(ctx context.Context, id, userID string) (store.OwnedAsset, error) {
	return scanOwned(s.read.QueryRowContext(ctx, selectOwnedOne, userID, id))
}

// OwnedAssets implements store.Assets.
func (s *Store) OwnedAssets(
	ctx context.Context, userID string, kinds []string, after *store.Cursor, limit int,
) ([]store.OwnedAsset, error) {
	query, args := selectOwned, []any{userID}
	if len(kinds) > 0 {
		query += ` AND a.kind IN (?` + strings.Repeat(`, ?`, len(kinds)-1) + `)`
		for _, kind := range kinds {
			args = append(args, kind)
		}
	}
	if after != nil {
		query += ` AND (o.used_ms, o.asset_id) < (?, ?)`
		args = append(args, after.Start, after.ID)
	}
	rows, err := s.read.QueryContext(ctx, query+` ORDER BY o.used_ms DESC, o.asset_id DESC LIMIT ?`, append(args, limit)...)
	return scanAll(rows, err, scanOwned)
}

// AssetBytes implements store.Assets.
func (s *Store) AssetBytes(ctx context.Context, userID string) (n int64, err error) {
	return n, classify(s.read.QueryRowContext(ctx, selectAssetBytes, userID).Scan(&n))
}

// AssetTakers implements store.Assets.
func (s *Store) AssetTakers(ctx context.Context, id string) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, selectTakers, id)
	return scanAll(rows, err, scanID)
}

// AssetAwaited implements store.Assets.
func (s *Store) AssetAwaited(ctx context.Context, id, worker string) (awaited bool, err error) {
	return awaited, classify(s.read.QueryRowContext(ctx, selectAwaited, id, worker).Scan(&awaited))
}

func (t *tx) Asset(_ context.Context, id string) (store.Asset, error) {
	return scanAsset(t.query(selectAsset, id))
}

func (t *tx) OwnedAsset(_ context.Context, id, userID string) (store.OwnedAsset, error) {
	return scanOwned(t.query(selectOwnedOne, userID, id))
}

func (t *tx) AssetBytes(_ context.Context, userID string) (n int64, err error) {
	return n, classify(t.query(selectAssetBytes, userID).Scan(&n))
}

func (t *tx) PutAsset(ctx context.Context, a store.OwnedAsset) error {
	if _, err := t.User(ctx, a.Owner); errors.Is(err, store.ErrNotFound) {
		return store.ErrUserDeleted
	} else if err != nil {
		return err
	}
	err := t.exec(insertAsset, a.ID, a.Kind, a.MediaType, a.Size, a.Width, a.Height, a.Duration, a.Animated)
	if err != nil {
		return err
	}
	return t.exec(insertOwner, a.Owner, a.ID, a.Name, a.CreatedAt, a.UsedAt)
}

func (t *tx) JobAssets(_ context.Context, jobID string) ([]string, error) {
	return t.ids(selectJobAssets, jobID)
}

func (t *tx) SetJobAssets(ctx context.Context, jobID string, ids []string, now int64) error {
	if err := t.exec(`DELETE FROM job_assets WHERE job_id = ?`, jobID); err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := t.Asset(ctx, id); err != nil {
			return err
		}
		if err := t.exec(`INSERT INTO job_assets (job_id, asset_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, jobID, id); err != nil {
			return err
		}
		if err := t.exec(`UPDATE asset_owners SET used_ms = max(used_ms, ?) WHERE asset_id = ?`, now, id); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) AssetJob(_ context.Context, id, userID string) (jobID string, err error) {
	return jobID, classify(t.query(selectAssetJob, id, userID).Scan(&jobID))
}

func (t *tx) DisownAsset(_ context.Context, id, userID string) error {
	return t.execOne(`DELETE FROM asset_owners WHERE user_id = ? AND asset_id = ?`, userID, id)
}

func (t *tx) DisownUnused(_ context.Context, q store.UnusedAssets) error {
	return t.exec(disownUnused, q.Before, q.Kind, q.Others, q.Limit)
}

func (t *tx) ForgetAssets(_ context.Context, limit int) ([]string, error) {
	ids, err := t.ids(selectForgotten, limit)
	for _, id := range ids {
		if err == nil {
			err = t.exec(`DELETE FROM job_assets WHERE asset_id = ?`, id)
		}
		if err == nil {
			err = t.exec(`DELETE FROM assets WHERE id = ?`, id)
		}
	}
	return ids, err
}

func (t *tx) ids(query string, args ...any) ([]string, error) {
	statement, err := t.store.statement(query)
	if err != nil {
		return nil, t.noteFault(classify(err))
	}
	rows, err := statement.QueryContext(context.Background(), args...)
	ids, err := scanAll(rows, err, scanID)
	return ids, t.noteFault(err)
}
