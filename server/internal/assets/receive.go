package assets

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/zeebo/blake3"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

const (
	atOnce      = 256       // files that are being received
	atOnceOfOne = 8         // of one user
	reserve     = 256 << 20 // bytes of the disk that stay free for what must not be lost

	bufferBytes = 64 << 10 // of each file that is being received
	lookBytes   = 4 << 20  // between looks at the disk
	syncBytes   = 32 << 20 // between writes to the disk itself, so that bookings do not wait for one large one
)

// Receive keeps what a body holds as an asset of a user. size is what the body is said to hold; -1: not known. name is for people.
// Nothing is kept of one that cannot be read to its end or breaks a bound. Faults: TooLarge, TooManyRequests, StoreFull,
// QuotaExceeded, UnsupportedFile, InvalidFields. Errors of the body are returned as they are.
func (a *Assets) Receive(ctx context.Context, by account.Actor, name string, body io.Reader, size int64) (store.OwnedAsset, error) {
	if size > a.Limits.MaxBytes {
		return store.OwnedAsset{}, a.tooLarge()
	}
	if !a.begin(by.ID) {
		busy := fault.New(fault.TooManyRequests, "too many files are being uploaded: try again in a moment")
		busy.RetryAfter = 5 * time.Second
		return store.OwnedAsset{}, busy
	}
	defer a.end(by.ID)
	used, err := a.Store.AssetBytes(ctx, by.ID)
	if err != nil {
		return store.OwnedAsset{}, err
	}
	if err := errors.Join(a.fits(used, max(size, 1)), a.room(max(size, 1))); err != nil {
		return store.OwnedAsset{}, err
	}
	file, err := os.CreateTemp(a.unfinished(), "*")
	if err != nil {
		return store.OwnedAsset{}, writing(err)
	}
	defer func() { _ = os.Remove(file.Name()) }() // it is gone when it was kept
	defer func() { _ = file.Close() }()
	hash, size, err := a.write(file, body)
	if err != nil {
		return store.OwnedAsset{}, err
	}
	asset, err := recognise(file, size)
	if err != nil {
		return store.OwnedAsset{}, err
	}
	asset.ID = hash
	now := a.Now().UnixMilli()
	return a.keep(ctx, by, file, store.OwnedAsset{Asset: asset, Owner: by.ID, Name: shownName(name), CreatedAt: now, UsedAt: now})
}

// begin counts a file that is received, unless there are too many.
func (a *Assets) begin(owner string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := 0
	for _, n := range a.receiving {
		all += n
	}
	if all >= atOnce || a.receiving[owner] >= atOnceOfOne {
		return false
	}
	a.receiving[owner]++
	return true
}

func (a *Assets) end(owner string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.receiving[owner]--; a.receiving[owner] == 0 {
		delete(a.receiving, owner)
	}
}

func (a *Assets) tooLarge() error {
	return fault.Newf(fault.TooLarge, "the file is larger than %s, the most that is taken", bytesInWords(a.Limits.MaxBytes))
}

var errFull = fault.New(fault.StoreFull, "there is no space left on the server's disk for this file")

// writing tells an error of writing a file: nothing but a full disk keeps a new file of ours from being written.
func writing(err error) error { return errors.Join(errFull, err) }

// fits reports with a fault that a user has no room for so many bytes more.
func (a *Assets) fits(used, more int64) error {
	if a.Limits.Quota == 0 || used+more <= a.Limits.Quota {
		return nil
	}
	return fault.Newf(fault.QuotaExceeded, "your uploaded files take %s of the %s that one user may have: delete some that are not needed "+
		"any more", bytesInWords(used), bytesInWords(a.Limits.Quota)).
		With("used_bytes", strconv.FormatInt(used, 10)).With("quota_bytes", strconv.FormatInt(a.Limits.Quota, 10))
}

// room reports with a fault that the disk has none for so many bytes more.
func (a *Assets) room(bytes int64) error {
	if !a.HasSpace() {
		return errFull
	}
	left, err := a.Free(a.Folder)
	if err != nil {
		return fmt.Errorf("see what is free on the disk of assets: %w", err)
	}
	if left < reserve+uint64(bytes) {
		return errFull
	}
	return nil
}

// write writes a body to a file, looking at the disk now and then, and gives its hash and size.
func (a *Assets) write(file *os.File, body io.Reader) (hash string, size int64, err error) {
	hasher, buffer := blake3.New(), make([]byte, bufferBytes)
	looked, synced := int64(0), int64(0)
	for {
		n, failed := io.ReadFull(body, buffer)
		size += int64(n)
		if size > a.Limits.MaxBytes {
			return "", 0, a.tooLarge()
		}
		_, _ = hasher.Write(buffer[:n]) // never fails
		if _, err := file.Write(buffer[:n]); err != nil {
			return "", 0, writing(err)
		}
		runtime.Gosched() // a body that comes quickly never waits: a job's start would, for up to 10 ms
		if size-synced >= syncBytes || failed != nil {
			synced = size
			if err := file.Sync(); err != nil {
				return "", 0, writing(err)
			}
		}
		switch {
		case errors.Is(failed, io.EOF) && size == 0:
			return "", 0, fault.Invalid("content", "the file is empty")
		case errors.Is(failed, io.EOF), errors.Is(failed, io.ErrUnexpectedEOF):
			return hex.EncodeToString(hasher.Sum(nil)), size, nil
		case failed != nil:
			return "", 0, failed
		}
		if size-looked >= lookBytes {
			looked = size
			if err := a.room(0); err != nil {
				return "", 0, err
			}
		}
	}
}

// keep moves a file to its place and makes its user an owner of it.
func (a *Assets) keep(ctx context.Context, by account.Actor, file *os.File, own store.OwnedAsset) (store.OwnedAsset, error) {
	a.files.Lock()
	defer a.files.Unlock()
	made, err := a.place(file, own.ID)
	if err != nil {
		return store.OwnedAsset{}, err
	}
	var kept store.OwnedAsset
	_, err = a.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		_, err := tx.OwnedAsset(ctx, own.ID, by.ID)
		isNew := errors.Is(err, store.ErrNotFound)
		if err != nil && !isNew {
			return err
		}
		if isNew {
			used, err := tx.AssetBytes(ctx, by.ID)
			if err == nil {
				err = a.fits(used, own.Size)
			}
			if err == nil {
				err = tx.InsertEvent(ctx, a.event(by, audit.CreateAsset, own))
			}
			if err != nil {
				return err
			}
		}
		if err := tx.PutAsset(ctx, own); err != nil {
			return err
		}
		kept, err = tx.OwnedAsset(ctx, own.ID, by.ID)
		return err
	})
	if err != nil && made {
		return store.OwnedAsset{}, errors.Join(err, os.Remove(a.path(own.ID)))
	}
	return kept, err
}

// place moves a file to where the content of an id lies, unless it is there already.
func (a *Assets) place(file *os.File, id string) (made bool, err error) {
	path := a.path(id)
	if _, err := os.Stat(path); err == nil {
		return false, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return false, writing(err)
	}
	if err := file.Close(); err != nil {
		return false, writing(err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return false, writing(err)
	}
	return true, syncFolder(filepath.Dir(path))
}
