// Package uploads keeps files that people hand in until a call names them: for an hour at most, and never over a restart. What
// one user and all of them together can put there is bounded.
package uploads

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/shirou/gopsutil/v4/disk"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
)

// The bounds.
const (
	MaxBytes = 64 << 20 // of one file

	life        = time.Hour
	lookEvery   = 5 * time.Minute
	atOnce      = 8         // files that are being received
	atOnceOfOne = 2         // of one user
	keptOfOne   = 4         // files of one user; the oldest goes for one more
	maxKept     = 2 << 30   // bytes of all of them
	reserve     = 256 << 20 // bytes of the disk that stay free for what must not be lost
)

// Config says where uploads lie and what they must leave alone.
type Config struct {
	Folder string // of uploads alone: what lies in it is deleted
	// HasSpace reports whether the disk takes writes of the store, which go first.
	HasSpace func() bool
	// Free gives the bytes that are free on the disk of a folder. Nil: asks the system.
	Free func(folder string) (uint64, error)
}

// Upload is a file that was handed in.
type Upload struct {
	ID    string // cannot be guessed
	Owner string
	Size  int64
	at    time.Time
}

// Uploads holds the files. It is safe for concurrent use.
type Uploads struct {
	Config

	mu        sync.Mutex
	kept      map[string]Upload
	receiving map[string]int // files by owner
}

// New makes the folder and empties it of what an earlier life left there.
func New(c Config) (*Uploads, error) {
	if c.Free == nil {
		c.Free = free
	}
	if err := os.MkdirAll(c.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of uploads: %w", err)
	}
	if err := empty(c.Folder); err != nil {
		return nil, fmt.Errorf("delete the uploads of before: %w", err)
	}
	return &Uploads{Config: c, kept: map[string]Upload{}, receiving: map[string]int{}}, nil
}

// empty leaves the folder itself, which may lead to another disk.
func empty(folder string) error {
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(folder, entry.Name())))
	}
	return err
}

func free(folder string) (uint64, error) {
	usage, err := disk.Usage(folder)
	if err != nil {
		return 0, err
	}
	return usage.Free, nil
}

// Receive keeps what a body holds as a file of its owner. size is what the body is said to hold; -1: not known. Nothing is kept of
// one that cannot be read to its end or breaks a bound; faults: TooLarge, TooManyRequests, StoreFull, InvalidFields for an
// empty one. Errors of the body are returned as they are.
func (u *Uploads) Receive(owner string, body io.Reader, size int64) (Upload, error) {
	if size > MaxBytes {
		return Upload{}, errTooLarge
	}
	if !u.begin(owner) {
		busy := fault.New(fault.TooManyRequests, "too many files are being uploaded: try again in a moment")
		busy.RetryAfter = 5 * time.Second
		return Upload{}, busy
	}
	defer u.end(owner)
	if err := u.room(max(size, 1)); err != nil {
		return Upload{}, err
	}
	upload := Upload{ID: rand.Text(), Owner: owner}
	var err error
	if upload.Size, err = u.write(upload.ID, body); err != nil {
		return Upload{}, errors.Join(err, u.delete(upload.ID))
	}
	u.keep(upload)
	return upload, nil
}

var (
	errTooLarge = fault.Newf(fault.TooLarge, "the file is larger than %d MiB, the most that is taken", MaxBytes>>20)
	errFull     = fault.New(fault.StoreFull, "there is no space left on the server's disk for this file")
)

// begin counts a file that is received, unless there are too many.
func (u *Uploads) begin(owner string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	all := 0
	for _, n := range u.receiving {
		all += n
	}
	if all >= atOnce || u.receiving[owner] >= atOnceOfOne {
		return false
	}
	u.receiving[owner]++
	return true
}

func (u *Uploads) end(owner string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.receiving[owner]--; u.receiving[owner] == 0 {
		delete(u.receiving, owner)
	}
}

// room reports with a fault that there is none for so many bytes more.
func (u *Uploads) room(bytes int64) error {
	if !u.HasSpace() {
		return errFull
	}
	left, err := u.Free(u.Folder)
	if err != nil {
		return fmt.Errorf("see what is free on the disk of uploads: %w", err)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, kept := range u.kept {
		bytes += kept.Size
	}
	if bytes > maxKept {
		return fault.New(fault.StoreFull, "too many uploaded files wait to be used: try again in an hour, when they are deleted")
	}
	if left < reserve {
		return errFull
	}
	return nil
}

// write writes a body to a file, looking at the disk now and then, and gives its size.
func (u *Uploads) write(id string, body io.Reader) (size int64, err error) {
	file, err := os.OpenFile(u.path(id), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("make the file of an upload: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	const chunk = 4 << 20
	for {
		n, err := io.CopyN(file, body, chunk)
		size += n
		switch {
		case size > MaxBytes:
			return size, errTooLarge
		case errors.Is(err, io.EOF) && size == 0:
			return 0, fault.Invalid("content", "the file is empty")
		case errors.Is(err, io.EOF):
			return size, nil
		case err != nil && isOfFile(err):
			return size, errors.Join(errFull, err) // nothing else keeps a new file of ours from being written
		case err != nil:
			return size, err
		}
		if err := u.room(size); err != nil {
			return size, err
		}
	}
}

// isOfFile reports whether an error is of writing to a file, and not of reading what is written.
func isOfFile(err error) bool {
	failed := new(fs.PathError)
	return errors.As(err, &failed) && failed.Op == "write"
}

// keep makes an upload known. The oldest of its owner's goes when there are too many.
func (u *Uploads) keep(upload Upload) {
	u.mu.Lock()
	defer u.mu.Unlock()
	upload.at = time.Now()
	u.kept[upload.ID] = upload
	count, oldest := 0, upload
	for _, other := range u.kept {
		if other.Owner != upload.Owner {
			continue
		}
		if count++; other.at.Before(oldest.at) {
			oldest = other
		}
	}
	if count > keptOfOne {
		u.forget(oldest.ID)
	}
}

// Open opens an upload of a user, who closes it; NotFound for one that is gone or another's.
func (u *Uploads) Open(id, owner string) (*os.File, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	upload, there := u.kept[id]
	if !there || upload.Owner != owner {
		return nil, fault.New(fault.NotFound, "there is no such upload: it is kept for an hour at most, and not when the service was "+
			"started anew since; upload the file again").With("what", "upload").With("name", id)
	}
	return os.Open(u.path(id))
}

// Remove deletes an upload that is not needed any more, if it is there.
func (u *Uploads) Remove(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, there := u.kept[id]; there {
		u.forget(id)
	}
}

// forget deletes an upload. A file that cannot be deleted goes with the next start. u.mu is held.
func (u *Uploads) forget(id string) {
	delete(u.kept, id)
	_ = u.delete(id)
}

func (u *Uploads) delete(id string) error {
	err := os.Remove(u.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// path is only for ids that were made here.
func (u *Uploads) path(id string) string { return filepath.Join(u.Folder, id) }

// Run deletes uploads when their time is over, until ctx ends.
func (u *Uploads) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			u.expire()
		}
	}
}

func (u *Uploads) expire() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id, upload := range u.kept {
		if time.Since(upload.at) >= life {
			u.forget(id)
		}
	}
}
