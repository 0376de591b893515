package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Backup writes a copy of the store in a file, whole and consistent, to another file, which must not exist. The service
// may work with the store meanwhile.
func Backup(ctx context.Context, file, target string) error {
	if _, err := os.Stat(file); err != nil {
		return fmt.Errorf("there are no bookings to back up: %w", err)
	}
	// SQLite writes into a file that is empty, and would make one that everybody may read.
	made, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists already: name another file", target)
	}
	if err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	_ = made.Close() // nothing was written to it
	db, err := open(file, "")
	if err != nil {
		return errors.Join(err, remove(target))
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", target); err != nil {
		return errors.Join(fmt.Errorf("write the backup: %w", classify(err)), remove(target))
	}
	return nil
}

// Check says what is wrong with a store in a file, without changing it.
func Check(ctx context.Context, file string) error {
	if _, err := os.Stat(file); err != nil {
		return err
	}
	db, err := open(file, "&_pragma=query_only(1)")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&verdict); err != nil {
		return fmt.Errorf("%s is not a store of bookings: %w", file, err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%s is damaged: %s", file, verdict)
	}
	var jobs int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM jobs").Scan(&jobs); err != nil {
		return fmt.Errorf("%s is not a store of bookings: %w", file, err)
	}
	return nil
}

func remove(file string) error {
	if err := os.Remove(file); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
