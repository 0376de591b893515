package library

import (
	"context"
	"slices"
	"time"
)

// all returns the workflows there are now.
func (l *Library) all() []*entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries)
}

// markAll has everything held against the workers' ComfyUIs anew.
func (l *Library) markAll() {
	l.mu.Lock()
	for _, e := range l.entries {
		e.pending = true
	}
	l.mu.Unlock()
	l.wakeUp()
}

// wakeUp has Run look for what is pending.
func (l *Library) wakeUp() {
	select {
	case l.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// tellEvery bounds how often it is told that workflows were read.
const tellEvery = 200 * time.Millisecond

// Run reads what is pending and holds it against the workers' ComfyUIs, one workflow after the other, until ctx ends.
func (l *Library) Run(ctx context.Context) {
	for l.wakeUp(); ; {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		}
		told, changed := time.Now(), false
		for _, e := range l.all() {
			l.mu.Lock()
			pending := e.pending && !e.removed
			l.mu.Unlock()
			if !pending || ctx.Err() != nil {
				continue
			}
			l.read(e)
			l.readImport(ctx, e)
			changed = l.settle(e) || changed
			if changed && time.Since(told) > tellEvery {
				l.notify()
				told, changed = time.Now(), false
			}
		}
		if changed {
			l.mu.Lock()
			l.sort()
			l.mu.Unlock()
			l.notify()
		}
	}
}

// notify passes on that something has changed.
func (l *Library) notify() {
	l.telling.Lock()
	defer l.telling.Unlock()
	l.OnChange(l.Workflows())
}
