package stream

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// maxEnded bounds the number of ended jobs that are kept; the oldest are forgotten.
const maxEnded = 500

// State is the live state as last heard. The zero value is empty. Applying a response twice does no harm.
type State struct {
	// Revision of the jobs and names; nil until one is known.
	Revision *pb.Revision
	// System is the service and its workers; nil until it is known.
	System *pb.SystemState
	// Workflows that can be booked, with their estimates.
	Workflows []*pb.WorkflowSummary
	// Names of the owners of jobs.
	Names api.Names
	// Lead is the server's clock minus ours.
	Lead time.Duration

	jobs     map[string]*pb.Job
	progress map[string]*pb.JobProgress
	presence *pb.Presence
}

// Apply takes in a response: its snapshot, its deltas, its status updates, then its progress. now is the local time. It
// returns the jobs that were taken in, in their order: all of the response but those that are known in a later version.
func (s *State) Apply(r *pb.WatchStateResponse, now time.Time) (taken []*pb.Job) {
	if s.jobs == nil || r.GetSnapshot() != nil { // a stream that is resumed begins without a snapshot
		s.Names = api.Names{}
		s.jobs = map[string]*pb.Job{}
		s.progress = map[string]*pb.JobProgress{}
	}
	if snapshot := r.GetSnapshot(); snapshot != nil {
		s.Revision = snapshot.GetRevision()
		s.Names.Learn(snapshot.GetUsers())
		taken = s.take(snapshot.GetJobs())
	}
	for _, d := range r.GetDeltas() {
		if d.GetRevision() != nil {
			s.Revision = d.GetRevision()
		}
		s.Names.Learn(d.GetUsers())
		taken = append(taken, s.take(d.GetJobs())...)
	}
	for _, u := range r.GetStatuses() {
		s.status(u)
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

// status takes in a change of what is not kept.
func (s *State) status(u *pb.StatusUpdate) {
	if u.GetSystem() != nil {
		s.System = u.GetSystem()
	}
	if u.GetPresence() != nil {
		s.presence = u.GetPresence()
	}
	if u.GetComplete() || len(u.GetWorkflows()) > 0 {
		s.Workflows = u.GetWorkflows()
	}
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
	maps.DeleteFunc(s.Names, func(id, _ string) bool { return !spoken[id] })
}

// Jobs is all known jobs, the most interesting first: running ones, scheduled ones by their slots, ended ones the latest
// first.
func (s *State) Jobs() []*pb.Job {
	return slices.SortedFunc(maps.Values(s.jobs), byInterest)
}

// Progress gives the latest progress of a running job's attempt; nil when none is known.
func (s *State) Progress(j *pb.Job) *pb.JobProgress {
	p := s.progress[j.GetId()]
	if p.GetAttempt() != j.GetAttempt() || j.GetStatus() != pb.JobStatus_JOB_STATUS_PROCESSING {
		return nil
	}
	return p
}

// Owner gives the present name of a job's owner; empty when it is not known.
func (s *State) Owner(j *pb.Job) string { return s.Names[j.GetUserId()] }

// Users is the number of users that are connected.
func (s *State) Users() int { return int(s.presence.GetUsers()) }

func byInterest(a, b *pb.Job) int {
	if c := cmp.Compare(interest(a), interest(b)); c != 0 {
		return c
	}
	if c := cmp.Compare(api.StartMS(a), api.StartMS(b)); c != 0 {
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
