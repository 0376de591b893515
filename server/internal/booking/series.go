package booking

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Series is jobs that were booked together, in the order of what was asked for.
type Series struct {
	ID       string
	Jobs     []job.Job
	Revision store.Revision
}

// BookSeries books all jobs of a series or none. A request whose id was seen before gives the jobs that were booked then, as they
// are now.
func (s *Service) BookSeries(ctx context.Context, by account.Actor, r SeriesRequest) (Series, error) {
	if s.isStopping() {
		return Series{}, ErrStopping
	}
	plan, refused := s.plan(ctx, r)
	if refused != nil && r.ID == "" {
		return Series{}, refused
	}
	if refused == nil {
		if err := s.Offers.Keep(ctx, plan.parts[0].workflow.Version); err != nil {
			return Series{}, err
		}
	}
	var booked []job.Job
	revision, err := s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if r.ID != "" {
			earlier, err := repeatedSeries(ctx, tx, by, r)
			if err == nil || !errors.Is(err, store.ErrNotFound) {
				booked = earlier
				return err
			}
		}
		if refused != nil {
			return refused // a repetition is answered whatever has changed since
		}
		var err error
		booked, err = s.insertSeries(ctx, tx, by, r, plan)
		return err
	})
	if err != nil {
		return Series{}, err
	}
	return Series{booked[0].Series, booked, revision}, nil
}

// repeatedSeries reads the jobs of a request that was made before; store.ErrNotFound, fault.RequestIDReused.
func repeatedSeries(ctx context.Context, tx store.Tx, by account.Actor, r SeriesRequest) ([]job.Job, error) {
	first, err := repeated(ctx, tx, by.User, audit.Request{ID: r.ID, Hash: r.Hash})
	if err != nil {
		return nil, err
	}
	return tx.SeriesJobs(ctx, first.Series)
}

// CheckSeries says what BookSeries would do, and changes nothing: the place that each job would get, in the order of what is asked
// for, or what the series would be refused for.
func (s *Service) CheckSeries(ctx context.Context, by account.Actor, r SeriesRequest) (quotes []Quote, _ []*fault.Error, err error) {
	var found problems
	plan, err := s.plan(ctx, r)
	if err != nil {
		err = found.add(err)
		return nil, found, err
	}
	err = s.check(ctx, func(ctx context.Context, tx store.Tx) error {
		quotes, found = nil, nil
		jobs, err := s.insertSeries(ctx, tx, by, r, plan)
		if err != nil {
			return found.add(err)
		}
		for _, j := range jobs {
			quotes = append(quotes, quoteOf(j))
		}
		quotes[0].Use, err = s.use(ctx, tx, jobs[0])
		return err
	})
	return quotes, found, err
}

// insertSeries books the jobs of a series in an update of the store, those that need the same models after each other.
func (s *Service) insertSeries(ctx context.Context, tx store.Tx, by account.Actor, r SeriesRequest, p plan) ([]job.Job, error) {
	now := s.Now().UnixMilli()
	if err := s.mayBookMore(ctx, tx, by.User, len(p.parts)); err != nil {
		return nil, err
	}
	one := Request{When: r.When, Worker: r.Worker}
	var lane string
	if r.When.Exact {
		blocks, err := s.blocks(ctx, tx, p, now)
		if err != nil {
			return nil, err
		}
		place, err := s.find(ctx, tx, blocks, r.When, now, "")
		if err != nil {
			return nil, err
		}
		lane = place.Worker
	}
	jobs := make([]job.Job, len(p.parts))
	for _, i := range p.order {
		part := p.parts[i]
		if lane != "" {
			part.candidates = named(part.candidates, lane)
		}
		j, err := s.fit(ctx, tx, by, one, part.wanted, now)
		if err != nil {
			return nil, p.locate(i, err)
		}
		j.Series, j.SeriesIndex = p.id, i+1
		if err := s.write(ctx, tx, by, j, now); err != nil {
			return nil, err
		}
		jobs[i] = j
		if lane != "" {
			one.When.Moment = j.Slot().End + 1
		}
	}
	e := event(by, audit.Book, jobs[0], now, fmt.Sprintf("series %s of %s", p.id, extent(jobs)))
	e.Request = audit.Request{ID: r.ID, Hash: r.Hash}
	return jobs, tx.InsertEvent(ctx, e)
}

// extent says how many jobs there are, and from when to when.
func extent(jobs []job.Job) string {
	from, until := jobs[0].Start, jobs[0].Slot().End
	for _, j := range jobs {
		from, until = min(from, j.Start), max(until, j.Slot().End)
	}
	return fmt.Sprintf("%d jobs, from %s to %s", len(jobs), moment(from), moment(until))
}

// CancelSeries takes back what has not ended of a series of the user's, as Cancel does; fault.NotFound, fault.NotOwner.
func (s *Service) CancelSeries(ctx context.Context, by account.Actor, series string) (Series, error) {
	var jobs []job.Job
	revision, err := s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) (err error) {
		if jobs, err = tx.SeriesJobs(ctx, series); err != nil {
			return err
		}
		if len(jobs) == 0 {
			return fault.NoSuch("series", series)
		}
		if err := isOwned(by, jobs[0]); err != nil {
			return err
		}
		now := s.Now().UnixMilli()
		var cancelled []placement.Change
		for i := range jobs {
			j := &jobs[i]
			was := *j
			if err := j.Cancel(now); err != nil || j.Version == was.Version { // it has ended, or was asked before
				continue
			}
			cancelled = append(cancelled, placement.Change{Was: was, Is: *j})
			if err := tx.UpdateJob(ctx, *j); err != nil {
				return err
			}
		}
		if len(cancelled) == 0 {
			return nil
		}
		if err := s.workers().LeftAll(ctx, tx, cancelled); err != nil {
			return err
		}
		detail := fmt.Sprintf("series %s, %d of %d jobs", series, len(cancelled), len(jobs))
		return tx.InsertEvent(ctx, event(by, audit.Cancel, jobs[0], now, detail))
	})
	return Series{series, jobs, revision}, err
}

// newSeriesID makes the id of a series.
func newSeriesID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make an id: %w", err)
	}
	return id.String(), nil
}
