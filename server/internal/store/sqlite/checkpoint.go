package sqlite

import "context"

const (
	betweenCheckpoints = 1 << 20 // bytes written from one checkpoint to the next: some megabytes of log
	rowSize            = 256     // bytes that a row takes besides its texts
	// maxLog is the length of the log, in pages of 4 KiB, at which a commit carries it over after all: the checkpoints beside
	// the commits have not come to it.
	maxLog = "8000"
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
		s.turn.Lock()
		_, _ = s.keeper.ExecContext(context.Background(), passive)
		s.turn.Unlock()
	}
}

// sizeOf is about how many bytes a row with these values takes.
func sizeOf(values []any) int {
	size := rowSize
	for _, value := range values {
		switch value := value.(type) {
		case string:
			size += len(value)
		case []byte:
			size += len(value)
		}
	}
	return size
}

// noteCommit asks for a checkpoint when it is time. It never waits.
func (s *Store) noteCommit() {
	if s.written < betweenCheckpoints {
		return
	}
	select {
	case s.due <- struct{}{}:
		s.written = 0
	default: // one is under way
	}
}
