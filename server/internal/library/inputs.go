package library

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Bounds of what is looked at in an input folder.
const (
	maxInputFiles = 5000
	maxInputDepth = 6
)

// endings are the ends of names of files of each kind.
var endings = map[form.FileKind][]string{
	form.Image:   {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"},
	form.Mask:    {".png", ".jpg", ".jpeg", ".webp", ".bmp"},
	form.Video:   {".mp4", ".webm", ".mkv", ".mov", ".avi", ".m4v", ".gif"},
	form.Audio:   {".flac", ".mp3", ".wav", ".ogg", ".opus", ".m4a", ".aac"},
	form.Model3D: {".glb", ".gltf", ".obj", ".fbx", ".stl", ".ply"},
}

// withInputFiles returns an offer whose file inputs tell what lies in ComfyUI's input folder now, the folders in it included. Where the
// service cannot read the folder, ComfyUI tells: what lies in the folder itself now, and of the folders in it what its nodes have offered
// when they were asked last.
func (s *Stock) withInputFiles(o workflow.Offer) workflow.Offer {
	takesFile := func(in form.Input) bool { return in.Kind == form.File && !in.Hidden }
	if o.Version == nil || !slices.ContainsFunc(o.Form.Inputs, takesFile) {
		return o
	}
	files, err := filesBelow(s.InputDir)
	asked := s.InputDir == "" || err != nil
	if asked {
		files = s.input.now(s.InputFiles)
	}
	if files == nil {
		return o
	}
	o.Form = &form.Form{Inputs: slices.Clone(o.Form.Inputs)}
	for i := range o.Form.Inputs {
		in := &o.Form.Inputs[i]
		if !takesFile(*in) {
			continue
		}
		var choices []string
		if asked {
			choices = slices.DeleteFunc(slices.Clone(in.Choices), func(name string) bool { return !strings.ContainsAny(name, "/[") })
		}
		for _, name := range files {
			if slices.Contains(endings[in.File], strings.ToLower(path.Ext(name))) {
				choices = append(choices, name)
			}
		}
		slices.SortStableFunc(choices, byDepth)
		in.Choices = slices.Compact(choices)
	}
	return o
}

// listing holds what a ComfyUI has told of its input folder.
type listing struct {
	mu    sync.Mutex
	at    time.Time
	files []string
}

// Bounds of asking a ComfyUI what lies in its input folder.
const (
	listEvery = 2 * time.Second
	listLimit = 2 * time.Second
)

// now returns the files in the folder itself, sorted, at most a moment old; nil when they cannot be told.
func (l *listing) now(ask func(context.Context) ([]string, error)) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ask == nil || time.Since(l.at) < listEvery {
		return l.files
	}
	ctx, cancel := context.WithTimeout(context.Background(), listLimit)
	defer cancel()
	files, err := ask(ctx)
	l.at, l.files = time.Now(), files
	if err != nil {
		l.files = nil
	}
	slices.Sort(l.files)
	return l.files
}

func byDepth(a, b string) int { return strings.Count(a, "/") - strings.Count(b, "/") }

// hasFile finds files in an input folder by their names with forward slashes; nil when the folder cannot be read.
func hasFile(folder string) func(name string) bool {
	if folder == "" {
		return nil
	}
	return func(name string) bool {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			return true // not known to be missing
		}
		local, err := filepath.Localize(name)
		if err != nil {
			return false
		}
		info, err := os.Stat(filepath.Join(folder, local))
		return err == nil && info.Mode().IsRegular()
	}
}

// filesBelow lists the files below a folder, as ComfyUI names them: with forward slashes, those of the folder itself first.
func filesBelow(folder string) (files []string, err error) {
	err = filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		relative, outside := filepath.Rel(folder, name)
		switch {
		case err != nil && name == folder, outside != nil:
			return err
		case err != nil: // one that cannot be read holds nothing
			return fs.SkipDir
		case len(files) >= maxInputFiles:
			return fs.SkipAll
		case name == folder:
			return nil
		case strings.EqualFold(relative, workflow.HandedFolder):
			return fs.SkipDir
		case strings.HasPrefix(entry.Name(), "."), strings.Count(filepath.ToSlash(relative), "/") >= maxInputDepth:
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.Type().IsRegular():
			files = append(files, filepath.ToSlash(relative))
		}
		return nil
	})
	slices.SortStableFunc(files, byDepth)
	return files, err
}
