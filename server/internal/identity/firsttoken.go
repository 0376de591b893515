package identity

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// EnsureAdministrator makes an administrator at the first start and writes its token to a file that the owner alone can
// read. It does nothing when the file holds a token. A file that holds none, as a full disk or a crash may leave it, is as
// good as a missing one; broken tells of that.
func (s *Service) EnsureAdministrator(ctx context.Context, file string) (broken bool, err error) {
	written, err := os.ReadFile(file)
	switch {
	case err == nil && strings.HasPrefix(strings.TrimSpace(string(written)), tokenPrefix):
		return false, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("read the administrator's token: %w", err)
	}
	broken = err == nil
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return broken, fmt.Errorf("make the administrator's token: %w", err)
	}
	admin := account.User{Name: "Administrator-" + uuid.NewString()[:4], Administrator: true}
	_, token, err := s.create(ctx, account.Actor{}, admin, "first start", func(ctx context.Context, tx store.Tx, made account.User) error {
		return s.event(ctx, tx, account.Actor{}, audit.CreateUser, made.Name+", an administrator, at the first start")
	})
	if err != nil {
		return broken, fmt.Errorf("make the administrator's token: %w", err)
	}
	if err := writeWhole(file, token+"\n"); err != nil {
		return broken, fmt.Errorf("write the administrator's token: %w", err)
	}
	return broken, nil
}

// writeWhole writes a file that is there with all of its text or, whatever happens, not changed at all.
func writeWhole(file, text string) (err error) {
	fresh, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // for its owner only
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(fresh.Name())
		}
	}()
	_, err = fresh.WriteString(text)
	if err == nil {
		err = fresh.Sync()
	}
	if err := errors.Join(err, fresh.Close()); err != nil {
		return err
	}
	return os.Rename(fresh.Name(), file)
}
