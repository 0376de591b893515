//go:build linux

package torture_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
)

// hoard is a small disk of its own under the service's data, which can be filled. Nil is none.
type hoard struct {
	dir  string
	hold atomic.Bool // it is full
}

// diskSize is enough for the bookings and pictures of a long torture.
const diskSize = "96m"

// newHoard mounts the disk. It needs the rights of root.
func newHoard(dir string) (*hoard, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := syscall.Mount("torture", dir, "tmpfs", 0, "size="+diskSize); err != nil {
		return nil, fmt.Errorf("mount a tmpfs: %w", err)
	}
	return &hoard{dir: dir}, nil
}

func (h *hoard) full() bool { return h != nil && h.hold.Load() }

func (h *hoard) filler() string { return filepath.Join(h.dir, "filler") }

// fill takes all the space that is left.
func (h *hoard) fill() error {
	h.hold.Store(true)
	file, err := os.Create(h.filler())
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	for block := bytes.Repeat([]byte{1}, 1<<20); len(block) > 0; {
		if _, err := file.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (h *hoard) free() error {
	err := os.Remove(h.filler())
	h.hold.Store(false)
	return err
}

// whileFull does something while the disk is full.
func (s *site) whileFull(do func()) {
	if s.hoard == nil {
		return
	}
	s.mu.Lock()
	s.diskFull = true
	s.mu.Unlock()
	err := s.hoard.fill()
	s.history.incident("disk full", 0, "")
	do()
	err = errors.Join(err, s.hoard.free())
	s.history.incident("disk free", 0, "")
	if err != nil {
		s.history.violation("the disk could not be filled and freed: " + err.Error())
	}
}

// unmount forgets all that is on the disk.
func (h *hoard) unmount() error {
	if h == nil {
		return nil
	}
	return syscall.Unmount(h.dir, syscall.MNT_DETACH)
}
