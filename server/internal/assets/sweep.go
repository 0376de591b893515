package assets

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

const (
	sweepStep    = 100            // assets that go in one update, which bookings have to wait for
	atLeast      = 24 * time.Hour // that every asset is kept
	keepWorkflow = 24 * time.Hour // an imported one is kept elsewhere
	strayAge     = time.Hour      // of content without an asset
)

// Sweep takes assets that were not used for long from their owners and forgets those that have none, but none that a job takes which
// has not ended.
func (a *Assets) Sweep(ctx context.Context) error {
	now := a.Now()
	for {
		var done bool
		err := a.sweep(ctx, func(ctx context.Context, tx store.Tx) error {
			workflows := store.UnusedAssets{Kind: string(form.WorkflowFile), Before: now.Add(-keepWorkflow).UnixMilli(), Limit: sweepStep}
			others := store.UnusedAssets{
				Kind:   string(form.WorkflowFile),
				Others: true,
				Before: now.Add(-max(a.Limits.Keep, atLeast)).UnixMilli(),
				Limit:  sweepStep,
			}
			return errors.Join(tx.DisownUnused(ctx, workflows), tx.DisownUnused(ctx, others))
		}, &done)
		if err != nil || done {
			return errors.Join(err, a.removeStray(ctx))
		}
	}
}

func (a *Assets) sweep(ctx context.Context, disown func(context.Context, store.Tx) error, done *bool) error {
	a.files.Lock()
	defer a.files.Unlock()
	var forgotten []string
	_, err := a.Store.Update(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		if err := disown(ctx, tx); err != nil {
			return err
		}
		forgotten, err = tx.ForgetAssets(ctx, sweepStep)
		return err
	})
	if err != nil {
		return err
	}
	a.remove(forgotten)
	*done = len(forgotten) < sweepStep
	return nil
}

// remove deletes content. What cannot be deleted now is stray, and goes with that. a.files is held.
func (a *Assets) remove(ids []string) {
	for _, id := range ids {
		if err := os.Remove(a.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			a.Log.Warn("cannot delete an asset", "asset", id, "err", err)
		}
	}
}

// removeStray deletes content that no asset has: a crash has left it.
func (a *Assets) removeStray(ctx context.Context) error {
	return filepath.WalkDir(a.Folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isID(d.Name()) || path != a.path(d.Name()) {
			return err
		}
		info, err := d.Info()
		if err != nil || time.Since(info.ModTime()) < strayAge {
			return nil
		}
		a.files.Lock()
		defer a.files.Unlock()
		if _, err := a.Store.Asset(ctx, d.Name()); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		a.Log.Info("content that no asset has is deleted", "asset", d.Name())
		return os.Remove(path)
	})
}
