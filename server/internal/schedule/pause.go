package schedule

// Pause is a stretch of a worker's timeline that an administrator keeps free: jobs get no slot in it, and those that have
// one there do not start.
type Pause struct {
	Worker   string
	Slot     Slot
	Reason   string // may be empty
	UserID   string // who made it
	UserName string // filled in when read
}

// Covers reports whether the moment lies in the pause.
func (p Pause) Covers(now int64) bool { return p.Slot.Contains(now) }
