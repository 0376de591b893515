package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// of is classify for an error that is about one thing: where there is none it says of what, which a log would not know.
func of(thing string, err error) error {
	if err = classify(err); errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%s: %w", thing, err)
	}
	return err
}

// classify turns the driver's errors into those of the store.
func classify(err error) error {
	var fault *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return store.ErrNotFound
	case errors.Is(err, sql.ErrConnDone), err.Error() == "sql: database is closed":
		return store.ErrClosed
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	case !errors.As(err, &fault):
		return err
	}
	switch fault.Code() {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE:
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	case sqlite3.SQLITE_CONSTRAINT_TRIGGER:
		return fmt.Errorf("%w: %w", store.ErrOverlap, err)
	case sqlite3.SQLITE_IOERR_NOMEM, sqlite3.SQLITE_IOERR_SHMOPEN, sqlite3.SQLITE_IOERR_SHMMAP:
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	switch fault.Code() & 0xff {
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL:
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	return err
}

// isUnique reports whether a write was refused because its key exists.
func isUnique(err error) bool {
	var fault *sqlite.Error
	return errors.As(err, &fault) && fault.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}

// isForeign reports whether a write was refused because what it refers to is not there.
func isForeign(err error) bool {
	var fault *sqlite.Error
	return errors.As(err, &fault) && fault.Code() == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
}
