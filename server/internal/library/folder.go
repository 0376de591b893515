package library

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/comfyscheduler/comfyscheduler/server/internal/edits"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// sideSuffix ends the name of the file that stands beside a workflow's own and changes how it is offered.
const sideSuffix = ".form.json"

// readable are the ends of names of files that may be workflows.
var readable = []string{
	".json", ".png", ".apng", ".webp", ".exr", ".mp4", ".mov", ".webm", ".mkv", ".flac", ".mp3", ".opus", ".ogg", ".latent",
}

// pictures are the ends of names of pictures that may stand beside a workflow and show what it makes.
var pictures = []string{".png", ".webp", ".jpg", ".jpeg"}

// stamp tells whether files are as they were when they were read.
type stamp struct {
	files [3]struct {
		size int64
		at   time.Time
	}
	looked time.Time
}

// fresh reports whether nothing has changed. Changes that fall into the same tick of the clock as the reading cannot be seen.
func (s stamp) fresh(now stamp) bool {
	for _, f := range s.files {
		if s.looked.Sub(f.at) < 2*time.Second && !f.at.IsZero() {
			return false
		}
	}
	return !s.looked.IsZero() && s.files == now.files
}

func (s Source) sideFile() string {
	return strings.TrimSuffix(s.File, filepath.Ext(s.File)) + sideSuffix
}

// pictureFile is the picture beside the workflow's file, or that file where it is one itself; empty: there is none that is small enough.
func (s Source) pictureFile() string {
	ext := filepath.Ext(s.File)
	stem := strings.TrimSuffix(s.File, ext)
	var names []string
	for _, of := range pictures {
		names = append(names, stem+of)
	}
	if slices.Contains(pictures, strings.ToLower(ext)) {
		names = append(names, s.File)
	}
	for _, name := range names {
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() && info.Size() <= maxPicture {
			return name
		}
	}
	return ""
}

func (s Source) stamp() (now stamp) {
	now.looked = time.Now()
	for i, name := range []string{s.File, s.sideFile(), s.pictureFile()} {
		if info, err := os.Stat(name); err == nil {
			now.files[i].size, now.files[i].at = info.Size(), info.ModTime()
		}
	}
	return now
}

// read reads a workflow's files anew, unless they are as they were. What cannot be read leaves what was read before.
func (l *Library) read(e *entry) {
	if e.source.File == "" {
		return
	}
	now := e.source.stamp()
	l.mu.Lock()
	seen, c := e.seen, e.content
	l.mu.Unlock()
	if seen.fresh(now) {
		return
	}
	file, broken := open(e.source.File)
	side, ignored := e.source.readSide()
	if broken == nil {
		c.file = file
	}
	if ignored == nil {
		c.edits = side
	}
	c.at = max(now.files[0].at.UnixMilli(), now.files[1].at.UnixMilli(), 0)
	c.picture = ""
	if !now.files[2].at.IsZero() {
		c.picture = fmt.Sprintf("%x-%x", now.files[2].at.UnixMilli(), now.files[2].size)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e.seen, e.content, e.broken, e.ignored, e.pending = now, c, broken, ignored, true
}

func open(name string) (*graphfile.File, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, withoutFolder(err)
	}
	defer func() { _ = file.Close() }()
	return graphfile.Read(file)
}

// withoutFolder names a file by its name alone, where an error names it by its path: what is wrong with a workflow is told to everybody.
func withoutFolder(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		return &fs.PathError{Op: of.Op, Path: filepath.Base(of.Path), Err: of.Err}
	}
	return err
}

func (s Source) readSide() (edits.Edits, error) {
	file, err := os.Open(s.sideFile())
	if errors.Is(err, fs.ErrNotExist) {
		return edits.Edits{}, nil
	}
	if err != nil {
		return edits.Edits{}, withoutFolder(err)
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, edits.MaxBytes+1))
	if err != nil {
		return edits.Edits{}, err
	}
	e, err := edits.Parse(data)
	if err != nil {
		return e, fmt.Errorf("%s: %w", filepath.Base(s.sideFile()), err)
	}
	return e, nil
}

// scan looks for workflows in the folder: new ones come on the menu, those whose file is gone go off it. Nothing is read.
func (l *Library) scan() (changed bool) {
	if l.Folder == "" {
		return false
	}
	files, err := listed(l.Folder)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			l.Log.Error("the folder of workflows cannot be read", "folder", l.Folder, "err", err)
			return false
		}
		files = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	there := map[string]bool{}
	for _, name := range files {
		there[name] = true
	}
	known := map[string]bool{}
	l.entries = slices.DeleteFunc(l.entries, func(e *entry) bool {
		e.removed = e.source.From == workflow.FromFolder && !there[e.source.File]
		known[e.source.File] = !e.removed
		changed = changed || e.removed
		return e.removed
	})
	for _, name := range files {
		if known[name] {
			continue
		}
		stem := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(name), filepath.Ext(name)), "_api")
		l.add(Source{ID: l.freeID(slug(stem)), Title: titleOf(stem), From: workflow.FromFolder, File: name})
		changed = true
	}
	return changed
}

// listed are the files of a folder that may be workflows, sorted by name.
func listed(folder string) (files []string, err error) {
	all, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, entry := range all {
		names[strings.TrimSuffix(entry.Name(), filepath.Ext(entry.Name()))+strings.ToLower(filepath.Ext(entry.Name()))] = true
	}
	for _, entry := range all {
		name := entry.Name()
		ext := strings.ToLower(filepath.Ext(name))
		stem := strings.TrimSuffix(name, filepath.Ext(name))
		switch {
		case entry.IsDir(), strings.HasPrefix(name, "."), strings.HasSuffix(name, "~"), strings.HasSuffix(name, sideSuffix):
		case !slices.Contains(readable, ext):
		case ext != ".json" && slices.Contains(pictures, ext) && names[stem+".json"]: // it shows what the other makes
		default:
			files = append(files, filepath.Join(folder, name))
		}
	}
	return files, nil
}

// add puts a workflow on the menu: those of the configuration come first, in its order, the others by title.
func (l *Library) add(s Source) *entry {
	e := &entry{source: s, pending: true}
	e.fits = map[string]fit{}
	l.entries = append(l.entries, e)
	l.sort()
	return e
}

func (l *Library) sort() {
	configured := func(e *entry) int {
		if e.source.From == workflow.FromConfiguration {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(l.entries, func(a, b *entry) int {
		if order := cmp.Or(configured(a)-configured(b), 0); order != 0 || configured(a) == 0 {
			return order
		}
		return cmp.Or(strings.Compare(strings.ToLower(a.source.title(a.content)), strings.ToLower(b.source.title(b.content))),
			strings.Compare(a.source.ID, b.source.ID))
	})
}

// freeID is an id that no workflow has.
func (l *Library) freeID(id string) string {
	for base, n := id, 2; l.entry(id) != nil; n++ {
		id = fmt.Sprintf("%s_%d", base, n)
	}
	return id
}

// longestID bounds ids, in bytes.
const longestID = 60

// slug makes an id of a name: small letters of the alphabet without their accents, digits, "_" and "-".
func slug(name string) string {
	id := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		if r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, strings.ToLower(norm.NFD.String(name)))
	for strings.Contains(id, "__") {
		id = strings.ReplaceAll(id, "__", "_")
	}
	if id = strings.Trim(id, "_"); id == "" && name != "" {
		sum := fnv.New32a()
		_, _ = sum.Write([]byte(name)) // never fails
		id = fmt.Sprintf("workflow_%08x", sum.Sum32())
	}
	if id == "" {
		id = "workflow"
	}
	return strings.Trim(id[:min(len(id), longestID)], "_")
}

// titleOf makes a name for people of that of a file.
func titleOf(name string) string {
	words := strings.TrimSpace(strings.ReplaceAll(name, "_", " "))
	first, size := utf8.DecodeRuneInString(words)
	if size == 0 {
		return "Workflow"
	}
	return string(unicode.ToUpper(first)) + words[size:]
}
