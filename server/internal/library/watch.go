package library

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// settling is the time from the first sign of an edit to reading the files: editors write in several steps.
const settling = 200 * time.Millisecond

// Watch has every stock look at the files when something happens in their folders, until ctx ends. It is the folders that are
// watched, since editors put a new file in the old one's place.
func (l *Library) Watch(ctx context.Context) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		l.Log.Warn("edited workflows will be seen at the next start only", "err", err)
		return
	}
	defer func() { _ = watcher.Close() }()
	folders := map[string]bool{}
	for _, s := range l.Sources {
		folders[filepath.Dir(s.File)] = true
	}
	if l.Folder != "" {
		folders[l.Folder] = true
	}
	for folder := range folders {
		if err := watcher.Add(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
			l.Log.Warn("an edited workflow will be seen at the next start only", "folder", folder, "err", err)
		}
	}
	settled := time.After(0) // they may have been edited since they were read
	for {
		select {
		case <-ctx.Done():
			return
		case event, open := <-watcher.Events:
			if !open {
				return
			}
			if !event.Has(fsnotify.Chmod) && settled == nil {
				settled = time.After(settling)
			}
		case err := <-watcher.Errors:
			l.Log.Warn("an edit of a workflow may have been missed", "err", err)
		case <-settled:
			settled = nil
			l.rescan()
			l.tellEdited()
		}
	}
}

// rescan looks at the files of the folder again: what has changed in them is taken in, whatever the ComfyUIs do.
func (l *Library) rescan() {
	changed := l.scan()
	for _, e := range l.all() {
		if e.source.From == workflow.FromFolder && !l.seen(e).fresh(e.source.stamp()) {
			l.mu.Lock()
			e.pending = true
			l.mu.Unlock()
		}
	}
	if changed {
		l.tell()
	}
	l.wakeUp()
}

func (l *Library) seen(e *entry) stamp {
	l.mu.Lock()
	defer l.mu.Unlock()
	return e.seen
}

// tellEdited asks every stock to look.
func (l *Library) tellEdited() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.stocks {
		select {
		case s.edited <- struct{}{}:
		default: // it is asked already
		}
	}
}
