package follow

import (
	"context"
	"errors"
	"time"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobview"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/names"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Event is something new about the followed jobs.
type Event struct {
	// Job is a followed job that is new or changed; nil when only Progress or Estimates are new.
	Job *pb.Job
	// Progress is how far a followed job is; may be nil.
	Progress *pb.JobProgress
	// System tells the state of the service; nil when unchanged.
	System *pb.SystemState
	// Lead is the server's clock minus ours, as far as it is known.
	Lead time.Duration
}

// errAllEnded stops the stream.
var errAllEnded = errors.New("all jobs have ended")

// Jobs follows jobs until all have ended and returns them by id in their last state, those that have ended whole, also
// where the live state cuts long texts. on hears of every change.
func Jobs(ctx context.Context, stream *Stream, ids []string, on func(Event)) (map[string]*pb.Job, error) {
	w := &watch{stream: stream, on: on, jobs: map[string]*pb.Job{}, names: names.Names{}}
	for _, id := range ids {
		w.jobs[id] = nil
	}
	err := stream.Run(ctx, func(r *pb.WatchStateResponse) error { return w.apply(ctx, r) })
	if errors.Is(err, errAllEnded) {
		err = nil
	}
	for _, j := range w.jobs {
		if j != nil {
			j.UserName = w.names.For(j)
		}
	}
	return w.jobs, err
}

// watch is the followed jobs as they are known.
type watch struct {
	stream *Stream
	on     func(Event)
	jobs   map[string]*pb.Job
	names  names.Names
	lead   time.Duration
}

func (w *watch) apply(ctx context.Context, r *pb.WatchStateResponse) error {
	if s := r.GetSnapshot(); s != nil {
		w.lead = time.Until(time.UnixMilli(s.GetServerTimeMs()))
		w.on(Event{System: s.GetSystem(), Lead: w.lead})
		w.names.Learn(s.GetUsers())
		if err := w.take(ctx, s.GetJobs()); err != nil {
			return err
		}
		if err := w.fetchMissing(ctx, s.GetJobs()); err != nil {
			return err
		}
	}
	if h := r.GetHeartbeat(); h != nil {
		w.lead = time.Until(time.UnixMilli(h.GetServerTimeMs()))
	}
	for _, d := range r.GetDeltas() {
		if d.GetSystem() != nil {
			w.on(Event{System: d.GetSystem(), Lead: w.lead})
		}
		w.names.Learn(d.GetUsers())
		if err := w.take(ctx, d.GetJobs()); err != nil {
			return err
		}
	}
	for _, p := range r.GetProgress() {
		if j := w.jobs[p.GetJobId()]; j != nil {
			w.on(Event{Job: j, Progress: p, Lead: w.lead})
		}
	}
	for _, j := range w.jobs {
		if j == nil || !jobview.Ended(j) {
			return nil
		}
	}
	return errAllEnded
}

// take keeps what is newer about the followed jobs.
func (w *watch) take(ctx context.Context, jobs []*pb.Job) error {
	for _, j := range jobs {
		known, followed := w.jobs[j.GetId()]
		if !followed || (known != nil && known.GetVersion() > j.GetVersion()) {
			continue
		}
		if jobview.Ended(j) && j.GetShortened() {
			whole, err := w.whole(ctx, j.GetId())
			if err != nil {
				return err
			}
			j = whole
		}
		w.jobs[j.GetId()] = j
		w.on(Event{Job: j, Progress: j.GetProgress(), Lead: w.lead})
	}
	return nil
}

func (w *watch) whole(ctx context.Context, id string) (*pb.Job, error) {
	answer, err := w.stream.Scheduler.GetJob(ctx, &pb.GetJobRequest{JobId: id})
	return answer.GetJob(), err
}

// fetchMissing reads the jobs that a snapshot leaves out because it is bounded.
func (w *watch) fetchMissing(ctx context.Context, in []*pb.Job) error {
	shown := map[string]bool{}
	for _, j := range in {
		shown[j.GetId()] = true
	}
	for id, known := range w.jobs {
		if shown[id] || (known != nil && jobview.Ended(known)) {
			continue
		}
		j, err := w.whole(ctx, id)
		if err != nil {
			return err
		}
		if err := w.take(ctx, []*pb.Job{j}); err != nil {
			return err
		}
	}
	return nil
}
