package worker

import (
	"context"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settling is how long after the first sign of an edit the template is read: editors write in several steps.
const settling = 200 * time.Millisecond

// watchTemplate asks for a refresh when something happens in the template's folder, until ctx ends. It is the folder
// that is watched, since editors put a new file in the old one's place.
func (w *Worker) watchTemplate(ctx context.Context) {
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		defer func() { _ = watcher.Close() }()
		err = watcher.Add(filepath.Dir(w.Workflow.TemplateFile))
	}
	if err != nil {
		w.Log.Warn("an edited workflow will be seen at the next start only", "file", w.Workflow.TemplateFile, "err", err)
		return
	}
	settled := time.After(0) // it may have been edited since the start
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
			w.Log.Warn("an edit of the workflow may have been missed", "file", w.Workflow.TemplateFile, "err", err)
		case <-settled:
			settled = nil
			select {
			case w.edited <- struct{}{}:
			default: // one is asked for already
			}
		}
	}
}
