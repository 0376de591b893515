package sqlite

import "context"

// betweenCheckpoints is how much is written from one checkpoint to the next, in rows and kilobytes of text: some megabytes
// of log.
const betweenCheckpoints = 4000

// weight is a row and the kilobytes of its texts.
func weight(args []any) int {
	bytes := 0
	for _, a := range args {
		switch a := a.(type) {
		case string:
			bytes += len(a)
		case []byte:
			bytes += len(a)
		}
	}
	return 1 + bytes>>10
}

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
