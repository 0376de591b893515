// Package outputs opens what a ComfyUI wrote to its output folder. Nothing outside the folder can be opened, through links neither,
// except below the folders that an administrator lets links lead to.
package outputs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrLeadsAway says that a file lies behind a link to where no link may lead.
var ErrLeadsAway = errors.New("it lies behind a link that leads out of the output folder")

// Folder is an output folder.
type Folder struct {
	path   string
	linked []string // folders that links may lead to
}

// New is the folder at a path, which may be made later, with the folders that links in it may lead to.
func New(path string, linked ...string) Folder { return Folder{path, linked} }

// IsZero reports whether it is no folder at all.
func (f Folder) IsZero() bool { return f.path == "" }

// Open opens a regular file by its name below the folder, with forward slashes; fs.ErrNotExist, whatever the reason is that there is
// nothing to be had, and ErrLeadsAway.
func (f Folder) Open(name string) (*os.File, fs.FileInfo, error) {
	local := filepath.FromSlash(name)
	if !filepath.IsLocal(local) {
		return nil, nil, fs.ErrNotExist
	}
	if file, info, err := open(f.path, local); err == nil {
		return file, info, nil
	}
	return f.follow(name)
}

// Tag tells contents apart by time and size, as ComfyUI's own server does: it gives a name again when its file was deleted.
func Tag(info fs.FileInfo) string {
	return fmt.Sprintf("%x-%x", info.ModTime().UnixNano(), info.Size())
}

// TagIn is the tag in an ETag of ComfyUI's; empty when that is none, or does not tell contents apart for certain.
func TagIn(etag string) string {
	if len(etag) < 2 || etag[0] != '"' || etag[len(etag)-1] != '"' {
		return ""
	}
	return etag[1 : len(etag)-1]
}

// open opens a regular file below a folder. No link leads out of it.
func open(folder, name string) (*os.File, fs.FileInfo, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = root.Close() }()
	// Looked at first: opening a pipe would wait for a writer.
	if info, err := root.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return file, info, nil
}

// follow opens a file behind links: where it really lies, when that is in the output folder or in one that links may lead to. What
// happens to the links meanwhile leads no further, since the file is opened from that folder on.
func (f Folder) follow(name string) (*os.File, fs.FileInfo, error) {
	if f.leadsAway(name) { // also of what is not there: else the answer would tell what lies elsewhere
		return nil, nil, ErrLeadsAway
	}
	real, err := filepath.EvalSymlinks(filepath.Join(f.path, filepath.FromSlash(name)))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	if folder, below, found := f.allowed(real); found {
		return open(folder, below)
	}
	return nil, nil, ErrLeadsAway
}

// allowed finds the folder that files may lie in to which a path leads, and what the path is below that.
func (f Folder) allowed(path string) (folder, below string, found bool) {
	for _, folder := range append([]string{f.path}, f.linked...) {
		if real, err := filepath.EvalSymlinks(folder); err == nil {
			folder = real
		}
		if below, err := filepath.Rel(folder, path); err == nil && filepath.IsLocal(below) {
			return folder, below, true
		}
	}
	return "", "", false
}

// leadsAway reports whether a link on the way to a name leads to where none may.
func (f Folder) leadsAway(name string) bool {
	at := f.path
	for part := range strings.SplitSeq(filepath.FromSlash(name), string(filepath.Separator)) {
		at = filepath.Join(at, part)
		info, err := os.Lstat(at)
		if err != nil {
			return false
		}
		if isLink(info.Mode()) && !f.mayLead(at) {
			return true
		}
	}
	return false
}

// isLink reports whether a file leads elsewhere: a link, or what Windows calls a junction.
func isLink(mode fs.FileMode) bool { return mode&(fs.ModeSymlink|fs.ModeIrregular) != 0 }

// mayLead reports whether a link leads into one of the folders that files may lie in. What it leads to need not be there: a disk may be
// away for a while.
func (f Folder) mayLead(link string) bool {
	leads, err := filepath.EvalSymlinks(link)
	if err != nil {
		if leads, err = os.Readlink(link); err != nil {
			return false
		}
		if !filepath.IsAbs(leads) {
			leads = filepath.Join(filepath.Dir(link), leads)
		}
	}
	_, _, found := f.allowed(leads)
	return found
}

// Link is a link in an output folder.
type Link struct {
	Name   string // below the folder, with forward slashes
	Target string // as it is written in the link
}

// InWords tells administrators of links that lead astray; empty when there are none.
func InWords(links []Link) string {
	if len(links) == 0 {
		return ""
	}
	text := fmt.Sprintf("what lies behind the link %s, which leads to %s, is not served: name that folder in comfy_ui.output_links "+
		"to allow it", links[0].Name, links[0].Target)
	if more := len(links) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more such links)", more)
	}
	return text
}

// maxLooked bounds how many entries of a folder are looked at for links.
const maxLooked = 20_000

// Astray finds the links in the folder that lead to where none may: what lies behind them is not served. It looks at the first
// entries of a large folder only.
func (f Folder) Astray() (found []Link) {
	looked := 0
	_ = filepath.WalkDir(f.path, func(path string, entry fs.DirEntry, err error) error {
		if looked++; looked > maxLooked {
			return fs.SkipAll
		}
		if err != nil || path == f.path || !isLink(entry.Type()) || f.mayLead(path) {
			return nil // what cannot be looked at is not served either
		}
		name, err := filepath.Rel(f.path, path)
		if err != nil {
			return nil
		}
		target, err := os.Readlink(path)
		if err != nil {
			target = "somewhere else"
		}
		found = append(found, Link{filepath.ToSlash(name), target})
		return nil
	})
	return found
}
