package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// cache keeps small files in a folder. When they are too many bytes, those go that were not used for longest.
type cache struct {
	folder string
	limit  int64 // bytes

	mu   sync.Mutex
	size int64 // bytes in the folder; -1: not looked yet
}

func newCache(folder string, limit int64) *cache {
	return &cache{folder: folder, limit: limit, size: -1}
}

func (c *cache) path(key string) string { return filepath.Join(c.folder, key[:2], key+".jpg") }

// get reads what is kept under a key, and notes that it was used.
func (c *cache) get(key string) ([]byte, error) {
	data, err := os.ReadFile(c.path(key))
	if err == nil {
		now := time.Now()
		_ = os.Chtimes(c.path(key), now, now) // else it goes a little early
	}
	return data, err
}

// keep writes a file for the next time. Where that fails it is made again.
func (c *cache) keep(key string, data []byte) error {
	path := c.path(key)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), "*.tmp")
	if err != nil {
		return err
	}
	_, err = temporary.Write(data)
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	c.grow(int64(len(data)))
	return nil
}

// grow counts bytes, and makes room when there are too many.
func (c *cache) grow(n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.size >= 0 {
		c.size += n
		if c.size <= c.limit {
			return
		}
	}
	c.size = c.evict()
}

// evict removes the files that were not used for longest, when there are too many bytes, and some more: looking through
// the folder is not for every file. It gives the bytes that are left.
func (c *cache) evict() int64 {
	type entry struct {
		path string
		size int64
		used time.Time
	}
	var entries []entry
	var size int64
	_ = filepath.WalkDir(c.folder, func(path string, d fs.DirEntry, err error) error { // what cannot be seen is left
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			entries = append(entries, entry{path, info.Size(), info.ModTime()})
			size += info.Size()
		}
		return nil
	})
	if size <= c.limit {
		return size
	}
	slices.SortFunc(entries, func(a, b entry) int { return a.used.Compare(b.used) })
	for _, e := range entries {
		if size <= c.limit-c.limit/10 {
			break
		}
		if os.Remove(e.path) == nil {
			size -= e.size
		}
	}
	return size
}
