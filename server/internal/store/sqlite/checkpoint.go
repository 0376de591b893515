package sqlite

import (
	"context"

	"modernc.org/sqlite"
)

const (
	// betweenCheckpoints pages of 4 KiB are written to the log from one checkpoint to the next.
	betweenCheckpoints = 1000
	// maxLog is the length of the log, in pages, at which a commit carries it over after all: the checkpoints beside the
	// commits have not come to it.
	maxLog = "4000"
	// keptLog bytes are left to the file of the log when it begins anew after it was longer.
	keptLog = "4194304"
)

// checkpoints carries what was committed from the log into the file, so that no commit has to: SQLite would do it inside
// a commit whenever the log has grown by some megabytes, and that commit and all behind it would wait for the disk.
func (s *Store) checkpoints() {
	defer close(s.checkpointed)
	const passive = "PRAGMA wal_checkpoint(PASSIVE)"
	for range s.due {
		// What cannot be carried over stays in the log, where it is safe and is read, until the next time.
		_, _ = s.keeper.ExecContext(context.Background(), passive)
		// The little that was added meanwhile, between two commits: once all is carried over the log begins anew, else
		// it would grow for as long as the commits go on.
		s.committing.Lock()
		_, _ = s.keeper.ExecContext(context.Background(), passive)
		s.committing.Unlock()
	}
}

// noteCommit asks for a checkpoint when it is time. It never waits.
func (s *Store) noteCommit() {
	pages := s.pagesWritten()
	if pages-s.carried < betweenCheckpoints {
		return
	}
	select {
	case s.due <- struct{}{}:
		s.carried = pages
	default: // one is under way
	}
}

// pagesWritten counts the pages that the writer has ever written to the log: a small update writes few bytes, but whole pages.
func (s *Store) pagesWritten() (pages int) {
	_ = s.writer.Raw(func(c any) (err error) {
		pages, _, err = c.(sqlite.DBStatus).Status(sqlite.DBStatusCacheWrite, false)
		return err
	})
	return pages
}
