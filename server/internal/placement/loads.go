package placement

import (
	"cmp"
	"context"
	"math"
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Models remembers which models were in play, of what was booked: with one set of them nothing is ever loaded between two runs, and
// nobody has to look. It is safe for concurrent use; nil stands for that nothing is known of models.
type Models struct {
	mu    sync.RWMutex
	names map[string]bool
}

// note takes in the models of a run.
func (m *Models) note(name string) {
	if m == nil || name == "" {
		return
	}
	m.mu.RLock()
	known := m.names[name]
	m.mu.RUnlock()
	if known {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.names == nil {
		m.names = map[string]bool{}
	}
	m.names[name] = true
}

// areSeveral reports whether there are different ones.
func (m *Models) areSeveral() bool {
	if m == nil {
		return false
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.names) > 1
}

// only names the one set that is in play; empty: there are several, or none.
func (m *Models) only() (name string) {
	if m == nil {
		return ""
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if len(m.names) == 1 {
		for name = range m.names {
		}
	}
	return name
}

// resident is an estimator that knows which models a worker has loaded; empty: that is not known.
type resident interface {
	Resident(worker string) string
}

// spot is a start on a candidate, with what loading models makes of it: who causes a load pays for it, his own and the one that he
// forces on the job after him.
type spot struct {
	Candidate
	start  int64
	loads  bool     // the models of the run before are others
	warm   bool     // they are known to be the same
	follow *job.Job // that has to load its models again because of this; nil: none has
}

// slot returns the length that the job needs there.
func (s spot) slot() int64 {
	if s.loads {
		return s.Slot + s.LoadSlot
	}
	return s.Slot
}

func (s spot) end() int64 { return s.start + s.slot() }

func (s spot) place() job.Place {
	p := job.Place{Worker: s.Worker, Start: s.start, Duration: s.slot(), Estimate: s.Expected, Load: s.Loaded, Basis: s.Basis}
	if s.loads {
		p.Estimate, p.Load = s.Expected+s.Load, s.LoadSlot
	}
	return p
}

// maxGaps bounds the gaps of a worker that are tried for a job that has to load models, or forces others to: after that it goes to the
// end of the timeline.
const maxGaps = 64

// everywhere is longer than every gap.
const everywhere = math.MaxInt64 / 4

// at holds a start against the runs before and after it, and reports whether the job fits. next is where to look for another start.
func (w *Wish) at(ctx context.Context, tx store.Tx, c Candidate, start int64) (s spot, fits bool, next int64, err error) {
	s = spot{Candidate: c, start: start}
	before, err := w.modelsBefore(ctx, tx, c.Worker, start)
	if err != nil {
		return s, false, 0, err
	}
	s.loads = c.Models != "" && before != "" && before != c.Models
	s.warm = c.Models != "" && before == c.Models
	slot := schedule.NewSlot(start, s.slot())
	if _, blocked, err := tx.Blocking(ctx, c.Worker, slot, w.JobID); err != nil {
		return s, false, 0, err
	} else if blocked {
		behind, err := w.behind(ctx, tx, c.Worker, start)
		if behind == nil {
			return s, false, slot.End + 1, err // a pause
		}
		return s, false, behind.Slot.End + 1, err
	}
	if w.workers.Models.only() != "" {
		return s, true, 0, nil // it leaves in memory what everybody needs
	}
	behind, err := w.behind(ctx, tx, c.Worker, start)
	if err != nil || behind == nil {
		return s, err == nil, 0, err
	}
	follow, err := tx.Job(ctx, behind.ID)
	if err != nil {
		return s, false, 0, err
	}
	length, known := w.workers.Estimator.Estimate(c.Worker, follow.Workflow, follow.Inputs)
	leaves := cmp.Or(c.Leaves, c.Models)
	if !known || follow.Load > 0 || length.LoadSlot == 0 || length.Models == "" || leaves == "" || length.Models == leaves {
		return s, true, 0, nil
	}
	grown := follow
	grown.Grow(length)
	s.follow = &grown
	_, blocked, err := tx.Blocking(ctx, c.Worker, grown.Slot(), follow.ID)
	return s, !blocked, behind.Slot.End + 1, err
}

// modelsBefore names the models that the run before a start leaves in memory; empty: that is not known.
func (w *Wish) modelsBefore(ctx context.Context, tx store.Tx, worker string, start int64) (string, error) {
	before, found, err := tx.Before(ctx, worker, start, w.JobID)
	if err != nil {
		return "", err
	}
	if !found {
		if e, is := w.workers.Estimator.(resident); is {
			return e.Resident(worker), nil
		}
		return "", nil
	}
	if only := w.workers.Models.only(); only != "" {
		return only, nil
	}
	j, err := tx.Job(ctx, before.ID)
	if err != nil {
		return "", err
	}
	length, _ := w.workers.Estimator.Estimate(worker, j.Workflow, j.Inputs)
	return length.Models, nil
}

// behind returns the first booking of others that begins after a start; nil: there is none.
func (w *Wish) behind(ctx context.Context, tx store.Tx, worker string, start int64) (*schedule.Booking, error) {
	booked, err := tx.Within(ctx, worker, schedule.Slot{Start: start, End: math.MaxInt64}, 3)
	for _, b := range booked {
		if b.ID != w.JobID && b.Slot.Start >= start {
			return &b, err
		}
	}
	return nil, err
}

// next finds the first start at or after a moment at which the job fits, with its own load and the one that it forces on another.
func (w *Wish) next(ctx context.Context, tx store.Tx, c Candidate, from int64) (s spot, err error) {
	for range maxGaps {
		start, err := tx.NextFree(ctx, c.Worker, from, c.Slot, w.JobID)
		if err != nil {
			return s, err
		}
		s, fits, next, err := w.at(ctx, tx, c, start)
		if err != nil || fits {
			return s, err
		}
		from = max(next, start+1)
	}
	start, err := tx.NextFree(ctx, c.Worker, from, everywhere, w.JobID)
	if err != nil {
		return s, err
	}
	s, _, _, err = w.at(ctx, tx, c, start)
	return s, err
}

// minds reports whether it can matter which models are loaded.
func (w *Wish) minds(models string) bool {
	return models != "" && w.workers != nil && w.workers.Models != nil
}

// Rewrite writes a job that has changed. When it has left its place the job behind it may have to load its models now: see Left.
func (w *Workers) Rewrite(ctx context.Context, tx store.Tx, was, is job.Job) error {
	if err := tx.UpdateJob(ctx, is); err != nil {
		return err
	}
	return w.Left(ctx, tx, was, is)
}

// Change is a job before and after a change.
type Change struct{ Was, Is job.Job }

// LeftAll is Left for several jobs that have left their places in one update.
func (w *Workers) LeftAll(ctx context.Context, tx store.Tx, all []Change) error {
	for _, c := range all {
		if err := w.Left(ctx, tx, c.Was, c.Is); err != nil {
			return err
		}
	}
	return nil
}

// Left lets the job grow that comes after one that has left its place, when it has to load its models now because of that: into free
// time only. was is the job that has left, as it was; it is called when that is written.
func (w *Workers) Left(ctx context.Context, tx store.Tx, was, is job.Job) error {
	stays := is.Status.Active() && was.Worker == is.Worker && was.Start == is.Start
	if w == nil || w.Models == nil || stays || was.Status != job.Scheduled {
		return nil
	}
	wish := &Wish{workers: w}
	behind, err := wish.behind(ctx, tx, was.Worker, was.Start)
	if err != nil || behind == nil {
		return err
	}
	before, err := wish.modelsBefore(ctx, tx, was.Worker, behind.Slot.Start)
	if err != nil || before == "" || before == w.Models.only() {
		return err
	}
	follow, err := tx.Job(ctx, behind.ID)
	if err != nil {
		return err
	}
	length, known := w.Estimator.Estimate(follow.Worker, follow.Workflow, follow.Inputs)
	if !known || follow.Status != job.Scheduled || follow.Load > 0 || length.LoadSlot == 0 || length.Models == "" || before == length.Models {
		return nil
	}
	follow.Grow(length)
	if _, blocked, err := tx.Blocking(ctx, follow.Worker, follow.Slot(), follow.ID); err != nil || blocked {
		return err
	}
	return tx.UpdateJob(ctx, follow)
}
