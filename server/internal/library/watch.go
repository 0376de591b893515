package library

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// settling is the time from the first sign of an edit to reading the files: editors write in several steps.
const settling = 200 * time.Millisecond

// lookForFolders is the time after which a folder is looked for that was not there.
const lookForFolders = 2 * time.Second

// Watch has every stock look at the files when something happens in their folders, until ctx ends. It is the folders that are
// watched, since editors put a new file in the old one's place.
func (l *Library) Watch(ctx context.Context) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		l.Log.Warn("edited workflows will be seen at the next start only", "err", err)
		return
	}
	defer func() { _ = watcher.Close() }()
	folders := l.folders()
	again := time.NewTicker(lookForFolders)
	defer again.Stop()
	folders.add(watcher, l.Log)
	settled := time.After(0) // they may have been edited since they were read
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			if folders.add(watcher, l.Log) && settled == nil {
				settled = time.After(settling)
			}
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

// watched holds the folders to watch, each with whether it was told that it cannot be.
type watched map[string]bool

func (l *Library) folders() watched {
	all := watched{}
	for _, s := range l.Sources {
		all[filepath.Dir(s.File)] = false
	}
	if l.Folder != "" {
		all[filepath.Clean(l.Folder)] = false
	}
	return all
}

// add has the folders watched that are not: one may be made later, or anew. It reports whether there was one.
func (all watched) add(watcher *fsnotify.Watcher, log *slog.Logger) (more bool) {
	there := watcher.WatchList()
	for folder, told := range all {
		if slices.Contains(there, folder) {
			continue
		}
		err := watcher.Add(folder)
		more = more || err == nil
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !told {
			log.Warn("a folder cannot be watched: workflows that are edited there are seen when it can", "folder", folder, "err", err)
			all[folder] = true
		}
	}
	return more
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
		l.notify()
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
