package sqlite

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// renewLog writes the log that is found anew, as it is, and syncs it. It may hold commits whose sync has failed: they are
// read, but the system has given up saving them, so no later sync would, and whatever is committed behind them would be
// lost with them in a power cut. Written again they are safe. Nothing else may write to the log meanwhile.
func renewLog(file string) error {
	log, err := os.OpenFile(file+"-wal", os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	content, err := io.ReadAll(log)
	if err == nil {
		_, err = log.WriteAt(content, 0)
	}
	if err == nil {
		err = log.Sync()
	}
	if errors.Is(err, syscall.ENOSPC) { // some file systems write nothing in place: the full disk must not keep it closed
		err = nil
	}
	return errors.Join(err, log.Close())
}
