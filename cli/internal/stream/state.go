package stream

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// maxEnded is how many ended jobs are kept; older ones are forgotten.
const maxEnded = 500

// State is the live state as last heard. The zero value is empty. Applying a response twice does no harm.
type State struct {
	// Revision is where the state stands.
	Revision *pb.Revision
	// System is the service and its workers.
	System *pb.SystemState
	// Lead is the server's clock minus ours.
	Lead time.Duration

	jobs     map[string]*pb.Job
	progress map[string]*pb.JobProgress
	names    Names
	presence *pb.Presence
}

// Apply takes in a response: its snapshot, then its deltas, then its progress. now is the local time. It returns the jobs
// that were taken in, in their order: all of the response but those that are known in a later version.
func (s *State) Apply(r *pb.WatchStateResponse, now time.Time) (taken []*pb.Job) {
	if s.jobs == nil { // resumed without a snapshot: begin with nothing
		s.reset(nil)
	}
	if snapshot := r.GetSnapshot(); snapshot != nil {
		taken = s.reset(snapshot)
		s.Lead = time.UnixMilli(snapshot.GetServerTimeMs()).Sub(now)
	}
	for _, d := range r.GetDeltas() {
		taken = append(taken, s.delta(d)...)
	}
	for _, p := range r.GetProgress() {
		s.progress[p.GetJobId()] = p
	}
	if h := r.GetHeartbeat(); h != nil {
		s.Lead = time.UnixMilli(h.GetServerTimeMs()).Sub(now)
	}
	s.forget()
	return taken
}

func (s *State) reset(snapshot *pb.StateSnapshot) (taken []*pb.Job) {
	*s = State{
		Revision: snapshot.GetRevision(),
		System:   snapshot.GetSystem(),
		jobs:     map[string]*pb.Job{},
		progress: map[string]*pb.JobProgress{},
		names:    NamesOf(snapshot),
		presence: snapshot.GetPresence(),
	}
	return s.take(snapshot.GetJobs())
}

func (s *State) delta(d *pb.StateDelta) (taken []*pb.Job) {
	if d.GetRevision() != nil {
		s.Revision = d.GetRevision()
	}
	if d.GetSystem() != nil {
		s.System = d.GetSystem()
	}
	if d.GetPresence() != nil {
		s.presence = d.GetPresence()
	}
	s.names.Learn(d.GetUsers())
	return s.take(d.GetJobs())
}

// outdated reports whether a job is an earlier version than the known one, which may be nil.
func outdated(j, known *pb.Job) bool { return known.GetVersion() > j.GetVersion() }

func (s *State) take(jobs []*pb.Job) (taken []*pb.Job) {
	for _, j := range jobs {
		if outdated(j, s.jobs[j.GetId()]) {
			continue
		}
		taken = append(taken, j)
		s.jobs[j.GetId()] = j
		if j.GetProgress() != nil {
			s.progress[j.GetId()] = j.GetProgress()
		}
	}
	return taken
}

func (s *State) has(id string) bool { return s.jobs[id] != nil }

// forget keeps the history, and so the memory of a long watch, bounded.
func (s *State) forget() {
	var ended []*pb.Job
	for id, j := range s.jobs {
		if api.Ended(j) {
			delete(s.progress, id)
			ended = append(ended, j)
		}
	}
	if len(ended) <= maxEnded {
		return
	}
	slices.SortFunc(ended, byInterest)
	for _, j := range ended[maxEnded:] {
		delete(s.jobs, j.GetId())
	}
	s.forgetNames()
}

// forgetNames drops the names that no job speaks of any more.
func (s *State) forgetNames() {
	spoken := map[string]bool{}
	for _, j := range s.jobs {
		spoken[j.GetUserId()] = true
	}
	maps.DeleteFunc(s.names, func(id, _ string) bool { return !spoken[id] })
}

// Jobs is all known jobs, the most interesting first: running ones, scheduled ones by their slots, ended ones the latest
// first.
func (s *State) Jobs() []*pb.Job {
	return slices.SortedFunc(maps.Values(s.jobs), byInterest)
}

// Progress is how far a running job is; nil when nothing is known.
func (s *State) Progress(j *pb.Job) *pb.JobProgress {
	p := s.progress[j.GetId()]
	if p.GetAttempt() != j.GetAttempt() || j.GetStatus() != pb.JobStatus_JOB_STATUS_PROCESSING {
		return nil
	}
	return p
}

// Owner is what the owner of a job is called now.
func (s *State) Owner(j *pb.Job) string { return s.names.For(j) }

// Users is the number of users that are connected.
func (s *State) Users() int { return int(s.presence.GetUsers()) }

func byInterest(a, b *pb.Job) int {
	if c := cmp.Compare(interest(a), interest(b)); c != 0 {
		return c
	}
	if c := cmp.Compare(a.GetTimeSlot(), b.GetTimeSlot()); c != 0 {
		if api.Ended(a) {
			return -c
		}
		return c
	}
	return cmp.Compare(a.GetId(), b.GetId())
}

func interest(j *pb.Job) int {
	switch j.GetStatus() {
	case pb.JobStatus_JOB_STATUS_PROCESSING:
		return 0
	case pb.JobStatus_JOB_STATUS_SCHEDULED:
		return 1
	}
	return 2
}
