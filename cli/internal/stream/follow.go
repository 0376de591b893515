package stream

import (
	"context"
	"errors"
	"time"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Event is something new about the followed jobs.
type Event struct {
	// Job is a followed job that is new or changed; nil when only System or Workflows are new.
	Job *pb.Job
	// Progress of the job; may be nil.
	Progress *pb.JobProgress
	// System tells the state of the service; nil when unchanged.
	System *pb.SystemState
	// Workflows with their estimates; nil when unchanged.
	Workflows []*pb.WorkflowSummary
	// Lead is the server's clock minus ours, as far as it is known.
	Lead time.Duration
}

// errAllEnded stops the stream.
var errAllEnded = errors.New("all jobs have ended")

// Follow follows jobs until all have ended and returns them by id in their last state, those that have ended whole, also
// where the live state cuts long texts, and the names of their owners as they are added to names. on hears of every change;
// the same one may come twice.
func Follow(ctx context.Context, stream *Stream, ids []string, names api.Names, on func(Event)) (map[string]*pb.Job, error) {
	f := &follower{stream: stream, on: on, jobs: map[string]*pb.Job{}, names: names}
	for _, id := range ids {
		f.jobs[id] = nil
	}
	err := stream.Run(ctx, func(r *pb.WatchStateResponse) error { return f.apply(ctx, r) })
	if errors.Is(err, errAllEnded) {
		err = nil
	}
	for _, j := range f.jobs {
		if name := f.state.Owner(j); name != "" {
			names[j.GetUserId()] = name
		}
	}
	return f.jobs, err
}

// follower is the live state, and the followed jobs as they were last told; nil for those that were not yet.
type follower struct {
	stream *Stream
	on     func(Event)
	state  State
	jobs   map[string]*pb.Job
	names  api.Names
}

func (f *follower) apply(ctx context.Context, r *pb.WatchStateResponse) error {
	jobs := f.state.Apply(r, time.Now())
	for _, u := range r.GetStatuses() {
		f.on(Event{System: u.GetSystem(), Workflows: u.GetWorkflows(), Lead: f.state.Lead})
	}
	if err := f.take(ctx, jobs); err != nil {
		return err
	}
	if r.GetSnapshot() != nil {
		if err := f.fetchMissing(ctx); err != nil {
			return err
		}
	}
	for _, p := range r.GetProgress() {
		if j := f.jobs[p.GetJobId()]; j != nil {
			f.on(Event{Job: j, Progress: p, Lead: f.state.Lead})
		}
	}
	for _, j := range f.jobs {
		if j == nil || !api.Ended(j) {
			return nil
		}
	}
	return errAllEnded
}

// take tells what is newer about the followed jobs.
func (f *follower) take(ctx context.Context, jobs []*pb.Job) error {
	for _, j := range jobs {
		known, followed := f.jobs[j.GetId()]
		if !followed || outdated(j, known) {
			continue
		}
		if api.Ended(j) && j.GetShortened() {
			whole, err := f.whole(ctx, j.GetId())
			if err != nil {
				return err
			}
			j = whole
		}
		f.jobs[j.GetId()] = j
		f.on(Event{Job: j, Progress: j.GetProgress(), Lead: f.state.Lead})
	}
	return nil
}

func (f *follower) whole(ctx context.Context, id string) (*pb.Job, error) {
	answer, err := f.stream.Scheduler.GetJob(ctx, &pb.GetJobRequest{JobId: id})
	f.names.Learn(answer.GetUsers())
	return answer.GetJob(), err
}

// fetchMissing reads the jobs that a snapshot leaves out because it is bounded.
func (f *follower) fetchMissing(ctx context.Context) error {
	for id, known := range f.jobs {
		if f.state.has(id) || (known != nil && api.Ended(known)) {
			continue
		}
		j, err := f.whole(ctx, id)
		if err != nil {
			return err
		}
		if err := f.take(ctx, []*pb.Job{j}); err != nil {
			return err
		}
	}
	return nil
}
