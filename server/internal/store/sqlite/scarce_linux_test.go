package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
)

// noMoreFiles lets the process open no more files until the test ends, or until it is told.
func noMoreFiles(t *testing.T) (again func()) {
	t.Helper()
	var usual syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &usual); err != nil {
		t.Fatal(err)
	}
	last, err := os.Open(os.DevNull) // it gets the lowest number that is free
	if err != nil {
		t.Fatal(err)
	}
	var taken []*os.File
	again = sync.OnceFunc(func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &usual); err != nil {
			t.Error(err)
		}
		for _, f := range append(taken, last) {
			_ = f.Close()
		}
	})
	t.Cleanup(again)
	limited := usual
	limited.Cur = uint64(last.Fd()) + 1
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limited); err != nil {
		t.Fatal(err)
	}
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			return again
		}
		taken = append(taken, f)
	}
}

// A store that is open has all the files that it needs: any number of readers, updates and checkpoints open none.
func TestOpenStoreNeedsNoMoreFiles(t *testing.T) {
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	noMoreFiles(t)
	var callers sync.WaitGroup
	for caller := range 16 {
		callers.Go(func() {
			for i := range 20 {
				key := fmt.Sprint(caller, i)
				if _, err := s.Update(t.Context(), func(ctx context.Context,
					tx store.Tx,
				) error {
					return tx.PutRecord(ctx, key, make([]byte, 20_000))
				}); err != nil {
					t.Error(err)
				}
				if _, err := s.Record(t.Context(), key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	callers.Wait()
}

func TestStoreWithoutFilesIsUnavailable(t *testing.T) {
	folder := t.TempDir()
	again := noMoreFiles(t)
	if _, err := sqlite.Open(t.Context(), filepath.Join(folder, "bookings.db")); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("opened without files: %v", err)
	}
	again()
	s, err := sqlite.Open(t.Context(), filepath.Join(folder, "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
}

// smallDisk is a disk of some MiB.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("small", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("needs the right to mount a disk: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// fill writes a file until there is no space left.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for size := 1 << 16; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
	}
}

// What was killed on a full disk opens again there, is read, and takes no writes before there is space.
func TestOpenOnAFullDisk(t *testing.T) {
	disk, after := smallDisk(t), smallDisk(t)
	s, err := sqlite.Open(t.Context(), filepath.Join(disk, "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	kept := 0
	put := func(s store.Store, n int) error {
		_, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
			return tx.PutRecord(ctx, fmt.Sprint(n), make([]byte, 20_000))
		})
		return err
	}
	for ; err == nil; kept++ {
		err = put(s, kept)
	}
	if kept--; !errors.Is(err, store.ErrFull) || kept == 0 {
		t.Fatalf("after %d: %v", kept, err)
	}
	for _, name := range []string{"bookings.db", "bookings.db-wal", "bookings.db-shm"} { // as a kill leaves them
		from, err := os.Open(filepath.Join(disk, name))
		if err != nil {
			t.Fatal(err)
		}
		to, err := os.Create(filepath.Join(after, name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(to, from); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(from.Close(), to.Close()); err != nil {
			t.Fatal(err)
		}
	}
	filler := filepath.Join(after, "filler")
	fill(t, filler)
	again, err := sqlite.Open(t.Context(), filepath.Join(after, "bookings.db"))
	if err != nil {
		t.Fatalf("it does not open: %v", err)
	}
	defer func() { _ = again.Close() }()
	for n := range kept {
		if _, err := again.Record(t.Context(), fmt.Sprint(n)); err != nil {
			t.Fatalf("record %d of %d: %v", n, kept, err)
		}
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := put(again, 0); err != nil {
		t.Errorf("with space again: %v", err)
	}
}
