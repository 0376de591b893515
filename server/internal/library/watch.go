package library

import (
	"context"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
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
	watched := map[string]bool{}
	for _, s := range l.Sources {
		folder := filepath.Dir(s.File)
		if watched[folder] {
			continue
		}
		watched[folder] = true
		if err := watcher.Add(folder); err != nil {
			l.Log.Warn("an edited workflow will be seen at the next start only", "file", s.File, "err", err)
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
			l.tellEdited()
		}
	}
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
