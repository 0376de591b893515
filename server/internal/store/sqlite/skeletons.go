package sqlite

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/names"
)

// fillSkeletons gives the users of older tables theirs, first come, first served. One whose name looks like that of somebody
// before gets none: both keep their names, and neither is given again.
var fillSkeletons = goose.NewGoMigration(8, &goose.GoFunc{
	RunTx: func(ctx context.Context, tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT id, name FROM users WHERE deleted_ms IS NULL ORDER BY created_ms, id`)
		users, err := scanAll(rows, err, func(r row) (u account.User, err error) { return u, r.Scan(&u.ID, &u.Name) })
		for _, u := range users {
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, `UPDATE OR IGNORE users SET skeleton = ? WHERE id = ?`, names.Skeleton(u.Name), u.ID)
		}
		return err
	},
}, nil)
