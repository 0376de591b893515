// Package assets keeps files that people hand in so that jobs can take them: each content once, under its BLAKE3 hash, for all who
// handed it in. It receives them, tells what they are by their content, holds each user to a quota, and forgets what is not used.
package assets

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/shirou/gopsutil/v4/disk"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Config says where assets lie and what bounds them.
type Config struct {
	Store  store.Store
	Policy account.Policy
	Folder string // of assets alone
	Limits Limits
	// HasSpace reports whether the disk takes writes of the store, which go first.
	HasSpace func() bool
	// Free gives the bytes that are free on the disk of a folder. Nil: asks the system.
	Free func(folder string) (uint64, error)
	Now  func() time.Time
	Log  *slog.Logger
}

// Limits bound what is kept.
type Limits struct {
	MaxBytes int64         // of one file
	Quota    int64         // bytes of all files of a user; 0: no limit
	Keep     time.Duration // since the last use
}

// Assets holds the files. It is safe for concurrent use.
type Assets struct {
	Config

	// files is held while the rows and the files of assets are made to agree: content is never deleted that was just handed in.
	files sync.Mutex

	mu        sync.Mutex
	receiving map[string]int // files by owner
}

// New makes the folder. What an earlier life had not received to the end is deleted.
func New(c Config) (*Assets, error) {
	if c.Free == nil {
		c.Free = free
	}
	a := &Assets{Config: c, receiving: map[string]int{}}
	if err := os.RemoveAll(a.unfinished()); err != nil {
		return nil, fmt.Errorf("delete unfinished uploads: %w", err)
	}
	if err := os.MkdirAll(a.unfinished(), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of assets: %w", err)
	}
	return a, nil
}

func free(folder string) (uint64, error) {
	usage, err := disk.Usage(folder)
	if err != nil {
		return 0, err
	}
	return usage.Free, nil
}

// unfinished is the folder of what is being received.
func (a *Assets) unfinished() string { return filepath.Join(a.Folder, "unfinished") }

func (a *Assets) path(id string) string { return filepath.Join(a.Folder, id[:2], id) }

var isID = regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString

// errUnknown is the answer for an asset that is not there and for one that the caller may not see.
func errUnknown(id string) error {
	return fault.New(fault.NotFound, "there is no such file: it was never uploaded here, was deleted, or is not yours to see").
		With("what", "asset").With("name", id)
}

// FileName is the name under which an asset is handed to others: made of its content alone.
func FileName(a store.Asset) string { return a.ID + extensions[a.MediaType] }

// Get returns an asset that a user may see: an own one, or one that a job takes which the user may see; fault.NotFound. Of one that is
// not the user's own nothing is told of its owners.
func (a *Assets) Get(ctx context.Context, viewer account.User, id string) (store.OwnedAsset, error) {
	if !isID(id) {
		return store.OwnedAsset{}, errUnknown(id)
	}
	if viewer.ID != "" {
		own, err := a.Store.OwnedAsset(ctx, id, viewer.ID)
		if err == nil || !errors.Is(err, store.ErrNotFound) {
			return own, err
		}
	}
	takers, err := a.Store.AssetTakers(ctx, id)
	for _, userID := range takers {
		if a.Policy.SeesJobsOf(viewer, userID) {
			asset, err := a.Store.Asset(ctx, id)
			return store.OwnedAsset{Asset: asset}, err
		}
	}
	if err != nil {
		return store.OwnedAsset{}, err
	}
	return store.OwnedAsset{}, errUnknown(id)
}

// Open opens an asset of a user's own, who closes it; fault.NotFound.
func (a *Assets) Open(ctx context.Context, owner account.User, id string) (*os.File, error) {
	if !isID(id) {
		return nil, errUnknown(id)
	}
	_, err := a.Store.OwnedAsset(ctx, id, owner.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, errUnknown(id)
	}
	if err != nil {
		return nil, err
	}
	return a.Content(id)
}

// Content opens an asset, whoever asks.
func (a *Assets) Content(id string) (*os.File, error) {
	if !isID(id) {
		return nil, errUnknown(id)
	}
	file, err := os.Open(a.path(id))
	if errors.Is(err, os.ErrNotExist) {
		return nil, errUnknown(id)
	}
	return file, err
}

// Delete takes an asset from a user; fault.NotFound, fault.AssetInUse while a job of the user's that has not ended takes it. Its content
// goes with its last owner.
func (a *Assets) Delete(ctx context.Context, by account.Actor, id string) error {
	a.files.Lock()
	defer a.files.Unlock()
	var forgotten []string
	_, err := a.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		own, err := tx.OwnedAsset(ctx, id, by.ID)
		if errors.Is(err, store.ErrNotFound) {
			return errUnknown(id)
		}
		if err != nil {
			return err
		}
		jobID, err := tx.AssetJob(ctx, id, by.ID)
		if err == nil {
			return fault.Newf(fault.AssetInUse, "job %s takes the file: cancel it, or wait until it has ended", jobID).With("job_id", jobID)
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := tx.DisownAsset(ctx, id, by.ID); err != nil {
			return err
		}
		if err := tx.InsertEvent(ctx, a.event(by, audit.DeleteAsset, own)); err != nil {
			return err
		}
		forgotten, err = tx.ForgetAssets(ctx, sweepStep)
		return err
	})
	if err != nil {
		return err
	}
	a.remove(forgotten)
	return nil
}

func (a *Assets) event(by account.Actor, action audit.Action, own store.OwnedAsset) audit.Event {
	return audit.Event{
		At:      a.Now().UnixMilli(),
		UserID:  by.ID,
		Address: by.Address,
		Action:  action,
		Detail:  fmt.Sprintf("%s, %d bytes, %.16s", own.MediaType, own.Size, own.ID),
	}
}
