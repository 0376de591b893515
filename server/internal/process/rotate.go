package process

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// maxLog is the size from which on a log is put aside, in bytes.
const maxLog = 20 << 20

// rotate puts aside the log of a program that does not run. It goes on in the old file if that cannot be done.
func rotate(file string) {
	if info, err := os.Stat(file); err == nil && info.Size() > maxLog {
		_ = os.Rename(file, rotatedName(file))
	}
}

// RotateLog puts aside the log of a running program when it has grown too long. The program keeps its file open and appends to
// it, so it is copied and then emptied: what is written in between is lost.
func RotateLog(file string) error {
	info, err := os.Stat(file)
	if err != nil || info.Size() <= maxLog {
		return nil // there is none, or it may grow
	}
	log, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("put the log aside: %w", err)
	}
	defer func() { _ = log.Close() }()
	old, err := os.OpenFile(rotatedName(file), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("put the log aside: %w", err)
	}
	_, err = io.Copy(old, log)
	if err = errors.Join(err, old.Close()); err != nil {
		return fmt.Errorf("put the log aside: %w", err)
	}
	return log.Truncate(0)
}

func rotatedName(file string) string { return file + ".1" }
