package memory

import (
	"cmp"
	"context"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func (s *State) job(id string) (job.Job, error) {
	j, there := s.jobs[id]
	if !there {
		return j, store.ErrNotFound
	}
	j.UserName = s.users[j.UserID].Name
	return j, nil
}

// jobsThat lists jobs that match, by start. Names of users are not there yet when match looks.
func (s *State) jobsThat(match func(job.Job) bool) []job.Job {
	var all []job.Job
	for _, j := range s.jobs {
		if match(j) {
			j.UserName = s.users[j.UserID].Name
			all = append(all, j)
		}
	}
	slices.SortFunc(all, byStart)
	return all
}

func byStart(a, b job.Job) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.ID, b.ID)) }

func first[V any](all []V, limit int) []V {
	if len(all) > limit {
		return all[:limit]
	}
	return all
}

func (s *State) active() []job.Job {
	return s.jobsThat(func(j job.Job) bool { return j.Status.Active() })
}

func (s *State) ended(limit int) []job.Job {
	ended := s.jobsThat(func(j job.Job) bool { return j.FinishedAt > 0 })
	slices.SortStableFunc(ended, func(a, b job.Job) int { return cmp.Compare(b.FinishedAt, a.FinishedAt) })
	return first(ended, limit)
}

// Job implements store.Jobs.
func (s *Store) Job(ctx context.Context, id string) (job.Job, error) {
	return read(ctx, s, func(state *State) (job.Job, error) { return state.job(id) })
}

// ListJobs implements store.Jobs.
func (s *Store) ListJobs(ctx context.Context, q store.Query) ([]job.Job, error) {
	return read(ctx, s, func(state *State) ([]job.Job, error) {
		found := state.jobsThat(func(j job.Job) bool {
			return (len(q.Statuses) == 0 || slices.Contains(q.Statuses, j.Status)) && (q.UserID == "" || q.UserID == j.UserID) &&
				(q.Worker == "" || q.Worker == j.Worker) && (q.Series == "" || q.Series == j.Series) && (q.Window == nil || q.Window.Overlaps(j.Slot()))
		})
		if q.Descending {
			slices.Reverse(found)
		}
		if q.After != nil {
			last := job.Job{Start: q.After.Start, ID: q.After.ID}
			found = slices.DeleteFunc(found, func(j job.Job) bool {
				order := byStart(j, last)
				return order == 0 || (order < 0) != q.Descending
			})
		}
		return first(found, q.Limit), nil
	})
}

// ActiveJobs implements store.Jobs.
func (s *Store) ActiveJobs(ctx context.Context) ([]job.Job, error) {
	return read(ctx, s, func(state *State) ([]job.Job, error) { return state.active(), nil })
}

// LatestEnded implements store.Jobs.
func (s *Store) LatestEnded(ctx context.Context, limit int) ([]job.Job, error) {
	return read(ctx, s, func(state *State) ([]job.Job, error) { return state.ended(limit), nil })
}

// NextScheduled implements store.Jobs.
func (s *Store) NextScheduled(ctx context.Context, worker string, from int64) (job.Job, error) {
	return read(ctx, s, func(state *State) (job.Job, error) {
		next := state.jobsThat(func(j job.Job) bool {
			return j.Worker == worker && j.Status == job.Scheduled && j.Slot().End >= from
		})
		if len(next) == 0 {
			return job.Job{}, store.ErrNotFound
		}
		return next[0], nil
	})
}

// DayStats implements store.Jobs.
func (s *Store) DayStats(ctx context.Context, from, to int64) (store.DayStats, error) {
	return read(ctx, s, func(state *State) (d store.DayStats, _ error) {
		var took int64
		for _, j := range state.jobs {
			if j.Start < from || j.Start > to || j.Status == job.Cancelled {
				continue
			}
			d.Jobs++
			switch j.Status {
			case job.Completed:
				d.Completed++
				took += j.FinishedAt - j.StartedAt
			case job.Failed:
				d.Failed++
			}
		}
		if d.Completed > 0 {
			d.MeanGeneration = took / d.Completed
		}
		return d, nil
	})
}

// ResultOwner implements store.Jobs.
func (s *Store) ResultOwner(ctx context.Context, worker, filename string) (string, error) {
	return read(ctx, s, func(state *State) (string, error) {
		id, err := there(state.results, resultFile{worker, filename})
		return state.jobs[id].UserID, err
	})
}

// ResultJob implements store.Jobs.
func (s *Store) ResultJob(ctx context.Context, worker, filename string) (string, error) {
	return read(ctx, s, func(state *State) (string, error) { return there(state.results, resultFile{worker, filename}) })
}

// FreeSlots implements store.Timelines.
func (s *Store) FreeSlots(ctx context.Context, worker string, from, duration int64, limit int) ([]schedule.Gap, error) {
	return read(ctx, s, func(*State) ([]schedule.Gap, error) {
		s.catchUp()
		return s.lines.Free(worker, from, duration, limit), nil
	})
}

// Booked implements store.Timelines.
func (s *Store) Booked(ctx context.Context, worker string, slot schedule.Slot, limit int) ([]schedule.Booking, error) {
	return read(ctx, s, func(*State) ([]schedule.Booking, error) {
		s.catchUp()
		return s.lines.Within(worker, slot, limit), nil
	})
}

// Movable implements store.Timelines.
func (s *Store) Movable(ctx context.Context, worker string, behind store.Cursor, limit int) ([]store.Movable, error) {
	return read(ctx, s, func(*State) ([]store.Movable, error) {
		s.catchUp()
		return s.lines.Movable(worker, behind, limit), nil
	})
}

func (t *tx) Job(_ context.Context, id string) (job.Job, error) { return t.job(id) }

func (t *tx) Running(_ context.Context, worker string) ([]job.Job, error) {
	return t.jobsThat(func(j job.Job) bool { return j.Worker == worker && j.Status == job.Processing }), nil
}

func (t *tx) ActiveJobs(context.Context) ([]job.Job, error) { return t.active(), nil }

func (t *tx) LatestEnded(_ context.Context, limit int) ([]job.Job, error) { return t.ended(limit), nil }

func (t *tx) ActiveOf(_ context.Context, userID string) ([]job.Job, error) {
	return t.jobsThat(func(j job.Job) bool { return j.UserID == userID && j.Status.Active() }), nil
}

func (t *tx) CountActive(_ context.Context, userID string) (int, error) {
	return t.lines.CountOpen(userID), nil
}

func (t *tx) BookedTime(_ context.Context, userID string, day schedule.Slot, except string) (open, onDay int64, err error) {
	return t.lines.BookedTime(userID, day, except, t)
}

// EndedOn implements timelines.Ended.
func (t *tx) EndedOn(userID string, day schedule.Slot) (ms int64, err error) {
	for id := range t.jobs {
		part, err := t.EndedPart(userID, day, id)
		if err != nil {
			return 0, err
		}
		ms += part
	}
	return ms, nil
}

// EndedPart implements timelines.Ended.
func (t *tx) EndedPart(userID string, day schedule.Slot, id string) (ms int64, err error) {
	j, there := t.jobs[id]
	if !there || j.UserID != userID || j.Status.Active() || !day.Contains(j.Start) || j.Status == job.Cancelled && j.StartedAt == 0 {
		return 0, nil
	}
	return j.Duration, nil
}

func (t *tx) InsertJob(_ context.Context, j job.Job) error {
	if owner, there := t.users[j.UserID]; !there || owner.deleted {
		return store.ErrUserDeleted
	}
	if j.Status.Active() && !t.lines.Take(j.Worker, j.ID, j.Slot()) {
		return store.ErrOverlap
	}
	t.putJob(j, true)
	return nil
}

func (t *tx) UpdateJob(_ context.Context, j job.Job) error {
	if _, there := t.jobs[j.ID]; !there {
		return store.ErrNotFound
	}
	mark := t.lines.Mark()
	switch {
	case !j.Status.Active():
		t.lines.Release(j.ID)
	case !t.lines.Retake(j.Worker, j.ID, j.Slot()):
		t.lines.Undo(mark)
		return store.ErrOverlap
	}
	t.putJob(j, false)
	return nil
}

func (t *tx) putJob(j job.Job, isNew bool) {
	t.lines.NoteJob(j, isNew)
	put(t, t.jobs, j.ID, j)
	for _, r := range j.Results {
		if r.Filename != "" {
			put(t, t.results, resultFile{j.Worker, r.Filename}, j.ID)
		}
	}
	t.note(store.Thing{Kind: store.JobKind, Key: j.ID, Job: &j})
}

func (t *tx) ForgetResults(_ context.Context, j job.Job) error {
	for _, r := range j.Results {
		if file := (resultFile{j.Worker, r.Filename}); t.results[file] == j.ID {
			drop(t, t.results, file)
		}
	}
	return nil
}

func (t *tx) Blocking(_ context.Context, worker string, slot schedule.Slot, except string) (string, bool, error) {
	id, found := t.lines.Blocking(worker, slot, except)
	return id, found, nil
}

func (t *tx) Before(_ context.Context, worker string, moment int64, except string) (schedule.Booking, bool, error) {
	b, found := t.lines.Before(worker, moment, except)
	return b, found, nil
}

func (t *tx) Within(_ context.Context, worker string, slot schedule.Slot, limit int) ([]schedule.Booking, error) {
	return t.lines.Within(worker, slot, limit), nil
}

func (t *tx) NextFree(_ context.Context, worker string, from, duration int64, except string) (int64, error) {
	return t.lines.NextFree(worker, from, duration, except), nil
}

func (t *tx) RunsUntil(_ context.Context, worker, except string) (int64, bool, error) {
	until, runs := t.lines.RunsUntil(worker, except)
	return until, runs, nil
}

func (t *tx) ResultJob(_ context.Context, worker, filename string) (string, error) {
	return there(t.results, resultFile{worker, filename})
}
