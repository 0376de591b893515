package sqlite

import (
	"context"
	"fmt"
	"runtime"

	"github.com/comfyscheduler/comfyscheduler/server/internal/failpoint"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// maxBatch bounds the updates that share a commit.
const maxBatch = 256

type update struct {
	ctx      context.Context
	change   func(context.Context, store.Tx) error
	revision store.Revision
	err      error
	done     chan struct{}
}

// Update implements store.Store.
func (s *Store) Update(ctx context.Context, change func(context.Context, store.Tx) error) (store.Revision, error) {
	u := &update{ctx: ctx, change: change, done: make(chan struct{})}
	if err := s.enqueue(u); err != nil {
		return store.Revision{}, err
	}
	// Once handed over it is answered truthfully, even to a caller that has stopped waiting.
	<-u.done
	return u.revision, u.err
}

func (s *Store) enqueue(u *update) error {
	s.closing.RLock()
	defer s.closing.RUnlock()
	if s.closed {
		return store.ErrClosed
	}
	select {
	case s.updates <- u:
		return nil
	case <-u.ctx.Done():
		return u.ctx.Err()
	}
}

// commitUpdates commits what has gathered while the commit before was written. Nothing waits for company.
func (s *Store) commitUpdates() {
	defer close(s.stopped)
	defer close(s.due)
	for first := range s.updates {
		// Goroutines that are about to call Update run first, so that they share this commit; it costs nothing when there are
		// none.
		runtime.Gosched()
		batch := s.waiting(first)
		s.committing.Lock()
		s.commit(batch)
		failpoint.Reach(failpoint.Committed)
		s.committing.Unlock()
		s.noteCommit()
		for _, u := range batch {
			close(u.done)
		}
	}
}

// waiting are the updates that share the next commit.
func (s *Store) waiting(first *update) []*update {
	batch := []*update{first}
	for len(batch) < maxBatch {
		select {
		case u, open := <-s.updates:
			if !open {
				return batch
			}
			batch = append(batch, u)
		default:
			return batch
		}
	}
	return batch
}

// commit runs a batch in one transaction. When that fails as a whole, each update is run again in its own, so that what
// one of them cannot write costs the others nothing but time.
func (s *Store) commit(batch []*update) {
	tx := &tx{store: s, lines: s.lines, log: s.log.next(), at: map[thingKey]int{}}
	s.mu.Lock()
	err := s.try(tx, batch)
	if err != nil {
		s.lines.Undo(0)
	} else {
		s.lines.Keep()
		s.tell(tx.log)
	}
	s.mu.Unlock()
	switch {
	case err == nil:
	case len(batch) == 1:
		batch[0].err = err
	default:
		for _, u := range batch {
			s.commit([]*update{u})
		}
	}
}

func (s *Store) try(tx *tx, batch []*update) error {
	if err := s.command("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, u := range batch {
		u.revision, u.err = store.Revision{}, u.ctx.Err()
		if u.err != nil {
			continue
		}
		u.err = tx.run(context.WithoutCancel(u.ctx), u.change)
		if tx.fault != nil {
			s.rollback()
			return tx.fault
		}
		if u.err == nil {
			u.revision = tx.log.newest
		}
	}
	if err := tx.writeLog(); err != nil {
		s.rollback()
		return err
	}
	if err := s.end(); err != nil {
		s.rollback()
		return err
	}
	return nil
}

// end commits the transaction.
func (s *Store) end() error {
	if err := failpoint.Fail(failpoint.BeforeCommit); err != nil {
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	return s.command("COMMIT")
}

// command runs a command about the transaction.
func (s *Store) command(query string) error {
	_, err := s.exec(query)
	return classify(err)
}

func (s *Store) rollback() {
	// SQLite has rolled back by itself after some errors; that the command fails then does not matter.
	_ = s.command("ROLLBACK")
}
