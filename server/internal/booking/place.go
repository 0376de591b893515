package booking

import (
	"context"
	"fmt"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// When is the start that a booking asks for.
type When struct {
	Exact  bool
	Moment int64 // the start, or the moment from which on the next free one is taken
	Fixed  bool  // the next free start is kept: it is no promise "not later than"
}

// asGoodAsNow bounds, in milliseconds, how far ahead a moment may be that is meant as now: clocks of callers differ.
const asGoodAsNow = 5000

// IsPromise reports whether the job may start earlier than the slot that is found for it. Who asks for the next free start from a
// later moment on does not want it before: such a job keeps its slot.
func (w When) IsPromise(now int64) bool { return !w.Exact && !w.Fixed && w.Moment <= now+asGoodAsNow }

// candidates returns the workers on which a workflow can be booked with some values, or the one that is named, with how long it takes
// there; fault.NotFound, fault.NotBookable, ErrNotReady. Where none takes the values it returns them all, and fault.InvalidFields.
func (s *Service) candidates(worker, workflow string, inputs workflow.Values) ([]placement.Candidate, error) {
	return s.workers().Candidates(worker, workflow, inputs)
}

func (s *Service) workers() *placement.Workers {
	return &placement.Workers{Offers: s.Offers, Estimator: s.Estimator, Models: s.Models}
}

// find finds a place that is not in the past, for a new job or for the one whose id is given.
func (s *Service) find(
	ctx context.Context, tx store.Tx, candidates []placement.Candidate, when When, now int64, jobID string,
) (job.Place, error) {
	if when.Exact && when.Moment < now {
		return job.Place{}, past(when.Moment, now)
	}
	place, err := s.workers().Place(ctx, tx, placement.Wish{
		Candidates: candidates,
		Exact:      when.Exact,
		Moment:     max(when.Moment, now),
		JobID:      jobID,
		Earliest:   s.earliest(now),
	})
	if err != nil {
		return place, err
	}
	return inService(ctx, tx, place)
}

// earliest tells from when on a worker can start a job: it may need some time to make way.
func (s *Service) earliest(now int64) func(worker string) int64 {
	return func(worker string) int64 {
		if s.Lead == nil {
			return now
		}
		return now + s.Lead(worker)
	}
}

func past(moment, now int64) error {
	return fault.Invalid("start_ms", "lies in the past, by "+ago(now-moment))
}

// ago is a span of time for people, in units that matter.
func ago(ms int64) string {
	span := time.Duration(ms) * time.Millisecond
	switch {
	case span < time.Second:
		return fmt.Sprintf("%d ms", ms)
	case span < time.Minute:
		return fmt.Sprintf("%.0f s", span.Seconds())
	case span < time.Hour:
		return fmt.Sprintf("%.0f min", span.Minutes())
	case span < 48*time.Hour:
		return fmt.Sprintf("%.0f h", span.Hours())
	}
	return fmt.Sprintf("%.0f days", span.Hours()/24)
}
