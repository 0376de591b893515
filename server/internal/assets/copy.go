package assets

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Copied counts files and their bytes.
type Copied struct {
	Files int
	Bytes int64
}

// Copy copies the content of assets from one folder to another, each to be whole at once. What is there already, by name and size, is
// left. A file that goes meanwhile is passed over. The service may be running.
func Copy(from, to string) (done Copied, err error) {
	return done, each(from, func(path string, info fs.FileInfo) error {
		target := filepath.Join(to, info.Name()[:2], info.Name())
		if there, err := os.Stat(target); err == nil && there.Size() == info.Size() {
			return nil
		}
		err := copyFile(path, target)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		done.Files++
		done.Bytes += info.Size()
		return err
	})
}

// Count counts the content of the assets in a folder, which need not be there.
func Count(folder string) (found Copied, err error) {
	return found, each(folder, func(_ string, info fs.FileInfo) error {
		found.Files++
		found.Bytes += info.Size()
		return nil
	})
}

func each(folder string, do func(path string, info fs.FileInfo) error) error {
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isID(d.Name()) {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return do(path, info)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nobody has handed anything in
	}
	return err
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.CreateTemp(filepath.Dir(to), "copying-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Sync(), out.Close()); err == nil {
		err = os.Rename(out.Name(), to)
	}
	if err != nil {
		return errors.Join(err, os.Remove(out.Name()))
	}
	return syncFolder(filepath.Dir(to))
}
