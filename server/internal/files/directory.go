package files

import (
	"context"
	"fmt"
	"io/fs"
	"os"
)

// Directory is an output directory on disk. Nothing outside it can be opened, through links neither.
type Directory struct{ path string }

// NewDirectory makes a source of the folder, which may be made later.
func NewDirectory(path string) Directory { return Directory{path} }

// Open implements Source.
func (d Directory) Open(_ context.Context, name string) (*File, error) {
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	// Looked at first: opening a pipe would wait for a writer.
	if info, err := root.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err) // whatever the reason, there is nothing to be had
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	// ComfyUI gives a name again when its file was deleted, so name and size do not tell.
	tag := fmt.Sprintf("%x-%x", info.ModTime().UnixNano(), info.Size())
	return &File{ReadSeekCloser: file, Tag: tag, Size: info.Size(), Modified: info.ModTime()}, nil
}
