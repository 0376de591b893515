package torture_test

import "time"

// void is a stretch of history that a restore has taken back: from the begin of the backup to the end of the restore,
// milliseconds. What was answered in it may hold or not; what ComfyUI has run in it was run.
type void struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// restored notes that all since the begin of a backup is taken back, and which epochs jobs were in then.
func (h *history) restored(begun int64, epochs []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.epochs = append(h.epochs, epochs...)
	h.voids = append(h.voids, void{begun, time.Now().UnixMilli()})
	h.note("bookings restored", 0, "")
}

// takenBack reports whether a moment lies in a void.
func (e *evidence) takenBack(at int64) bool {
	for _, v := range e.Voids {
		if v.From <= at && at <= v.To {
			return true
		}
	}
	return false
}

// doubtful is a call as it is after the restores: nobody knows whether what was answered in a void holds.
func (e *evidence) doubtful(c call) call {
	for _, v := range e.Voids {
		if c.Ended/1000 >= v.From && c.Began/1000 <= v.To && c.Outcome == acknowledged {
			c.Outcome, c.Job = unknown, nil
		}
	}
	return c
}
