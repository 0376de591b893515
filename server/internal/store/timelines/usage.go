package timelines

import (
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// The days whose totals are kept are bounded, of one user and of all together.
const (
	maxDaysOfOne = 64
	maxDays      = 10_000
)

// usage holds the time that users have booked, so that a limit costs the same for everybody. Open jobs are counted as they are written.
// Of a day that is asked for the store sums up once what has ended, and from then on the total follows what is written.
type usage struct {
	users map[string]*used
	days  int // of all users
}

// used is the time of one user, in milliseconds.
type used struct {
	open  map[string]span // by job
	total int64           // of these
	days  map[schedule.Slot]int64
}

// span is the start and the length of a slot, in milliseconds.
type span struct{ start, duration int64 }

func newUsage() *usage { return &usage{users: map[string]*used{}} }

func (u *usage) user(id string) *used {
	if u.users[id] == nil {
		u.users[id] = &used{open: map[string]span{}, days: map[schedule.Slot]int64{}}
	}
	return u.users[id]
}

// put counts an open job, or counts it no more, and returns how it was counted before.
func (u *usage) put(user, id string, now span, opens bool) (before span, was bool) {
	o := u.user(user)
	if before, was = o.open[id]; was {
		delete(o.open, id)
		o.total -= before.duration
	}
	if opens {
		o.open[id] = now
		o.total += now.duration
	}
	return before, was
}

// shift has the totals of days count one span instead of another, each if it counts.
func (o *used) shift(from span, had bool, to span, has bool) {
	for day := range o.days {
		if had && day.Contains(from.start) {
			o.days[day] -= from.duration
		}
		if has && day.Contains(to.start) {
			o.days[day] += to.duration
		}
	}
}

// forget has the days of a user summed up again when they are asked for.
func (u *usage) forget(user string) {
	u.days -= len(u.user(user).days)
	clear(u.users[user].days)
}

// counts reports whether a job counts on the day of its start: not when it was cancelled before it ran.
func counts(j job.Job) bool { return j.Status != job.Cancelled || j.StartedAt > 0 }

// noteUsage takes in the time that a job that was written takes of its owner's. isNew: there was no such job before.
func (s *Set) noteUsage(j job.Job, isNew bool) {
	u, now := s.usage, span{j.Start, j.Duration}
	user, id := j.UserID, j.ID // functions that named the job would keep all of it
	before, was := u.put(user, id, now, j.Status.Active())
	counted := counts(j)
	if !was && !isNew { // it has ended before, and what of it is in the totals is not known
		u.forget(user)
		s.OnUndo(func() {
			u.put(user, id, before, false)
			u.forget(user)
		})
		return
	}
	o := u.user(user)
	o.shift(before, was, now, counted)
	s.OnUndo(func() {
		u.put(user, id, before, was)
		o.shift(now, counted, before, was)
	})
}

// CountOpen counts the open jobs of a user.
func (s *Set) CountOpen(user string) int {
	if o := s.usage.users[user]; o != nil {
		return len(o.open)
	}
	return 0
}

// Ended reads from a store what jobs that have ended took of a user's day; it sees what the update under way has written.
type Ended interface {
	// EndedOn sums up all of them.
	EndedOn(user string, day schedule.Slot) (ms int64, err error)
	// EndedPart gives the part of one, 0 when there is no such job.
	EndedPart(user string, day schedule.Slot, id string) (ms int64, err error)
}

// BookedTime sums up a user's time as store.JobsTx.BookedTime. It is for the writer.
func (s *Set) BookedTime(user string, day schedule.Slot, except string, ended Ended) (open, onDay int64, err error) {
	o := s.usage.user(user)
	onDay, known := o.days[day]
	if !known {
		if onDay, err = ended.EndedOn(user, day); err != nil {
			return 0, 0, err
		}
		for _, b := range o.open {
			if day.Contains(b.start) {
				onDay += b.duration
			}
		}
		s.usage.keep(o, day, onDay)
	}
	open = o.total
	if except == "" {
		return open, onDay, nil
	}
	if b, is := o.open[except]; is {
		if open -= b.duration; day.Contains(b.start) {
			onDay -= b.duration
		}
		return open, onDay, nil
	}
	part, err := ended.EndedPart(user, day, except)
	return open, onDay - part, err
}

// keep keeps the total of a day. It is not undone: what is taken back from here on is taken from it too.
func (u *usage) keep(o *used, day schedule.Slot, total int64) {
	if len(o.days) >= maxDaysOfOne {
		u.days -= len(o.days)
		clear(o.days)
	}
	if u.days >= maxDays {
		for _, of := range u.users {
			clear(of.days)
		}
		u.days = 0
	}
	o.days[day] = total
	u.days++
}
