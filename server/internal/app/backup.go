package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
)

// Backup writes a copy of everything that must not be lost to a file. The service may be running.
func Backup(ctx context.Context, c *config.Config, target string) error {
	return sqlite.Backup(ctx, Bookings(c), target)
}

// Restore puts a backup in the place of the bookings and gives the file that the replaced ones were put aside in, if
// there were any. The service must be stopped.
func Restore(ctx context.Context, c *config.Config, source string) (aside string, err error) {
	if err := sqlite.Check(ctx, source); err != nil {
		return "", err
	}
	lock, err := lockData(c.Server.DataDir)
	if err != nil {
		return "", err
	}
	defer func() { _ = lock.Unlock() }()
	file := Bookings(c)
	// Copied beside first: the rename is the moment of the change, before it nothing is touched.
	fresh := file + ".restoring"
	if err := copyFile(source, fresh); err != nil {
		return "", err
	}
	if err := disownFile(ctx, fresh); err != nil {
		return "", err
	}
	if _, err := os.Stat(file); err == nil {
		aside = fmt.Sprintf("%s.before-restore-%s", file, time.Now().Format("20060102-150405"))
		if err := sqlite.Backup(ctx, file, aside); err != nil {
			return "", err
		}
	}
	for _, part := range []string{"-wal", "-shm"} {
		if err := os.Remove(file + part); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return aside, os.Rename(fresh, file)
}

// disownFile has the bookings taken over by the service that starts with them, also where the backup was made.
func disownFile(ctx context.Context, file string) error {
	bookings, err := sqlite.Open(ctx, file)
	if err != nil {
		return err
	}
	return errors.Join(disown(ctx, bookings), bookings.Close())
}

func copyFile(source, target string) (err error) {
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(target, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Sync()
}
