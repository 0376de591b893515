package sqlite

import (
	"errors"
	"io/fs"
	"os"
)

// keepPrivate sees to it that nobody but its owner reads the file, whatever the folder allows: it holds prompts. What SQLite
// puts beside it gets the same rights.
func keepPrivate(file string) error {
	made, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	_ = made.Close() // nothing was written to it
	for _, part := range []string{"", "-wal", "-shm"} {
		if err := os.Chmod(file+part, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
