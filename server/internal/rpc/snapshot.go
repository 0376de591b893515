package rpc

import (
	"slices"

	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

const (
	// ownReserve is the room for what only one viewer is told beside a snapshot, in bytes.
	ownReserve = 64 << 10
	// entryFrame bounds the bytes that stand before an entry of a list.
	entryFrame = 6
)

// snapshot gives, to all who see the same of the state, what is kept, with room for the rest. When not all jobs
// fit, the scheduled ones that start last are missing, and the ended ones have half of the room, the latest of them.
func (p Presenter) snapshot(s *feed.Snapshot, v account.User) *pb.StateSnapshot {
	out := &pb.StateSnapshot{
		Revision:         revisionToProto(s.Revision),
		ScheduledUntilMs: s.ScheduledUntil,
		ScheduledTotal:   int64(s.ScheduledTotal),
		Users:            names(s, func(yield func(string)) { owners(s, yield) }),
	}
	room := maxResponse - ownReserve - proto.Size(out) - proto.Size(p.complete(s, v))
	c := &choice{presenter: p, viewer: v, from: s, taken: make([]*pb.Job, len(s.Jobs)), left: room}
	c.take(s.Jobs, job.Processing)
	c.takeEnded()
	if first, missing := c.take(s.Jobs, job.Scheduled); missing {
		out.ScheduledUntilMs = first.Start - 1
	}
	out.Jobs = slices.DeleteFunc(c.taken, func(j *pb.Job) bool { return j == nil })
	return out
}

// complete is the status beside it.
func (p Presenter) complete(s *feed.Snapshot, v account.User) *pb.StatusUpdate {
	return &pb.StatusUpdate{
		Complete:       true,
		System:         p.system(s.System, v),
		Workflows:      summariesToProto(s.Workflows, s.System.Workers),
		ConnectedUsers: p.connections(s.Connections, v),
		Presence:       presenceToProto(s.Presence),
		Users: names(s, func(yield func(string)) {
			for _, c := range s.Connections {
				yield(c.UserID)
			}
		}),
	}
}

// aside gives the part of a status that only this viewer is told; nil when there is none.
func (p Presenter) aside(s *feed.Snapshot, v account.User) []*pb.StatusUpdate {
	own := s.Own[v.ID]
	if len(own.Connections) == 0 {
		return nil
	}
	return []*pb.StatusUpdate{{ConnectedUsers: p.connections(own.Connections, v), Users: each(own.Names, nameToProto)}}
}

func owners(s *feed.Snapshot, yield func(string)) {
	for _, j := range s.Jobs {
		yield(j.UserID)
	}
}

// names are those of a snapshot's names that are spoken of.
func names(s *feed.Snapshot, spokenOf func(yield func(userID string))) (found []*pb.UserName) {
	wanted := map[string]bool{}
	spokenOf(func(userID string) { wanted[userID] = true })
	for _, n := range s.Names {
		if wanted[n.UserID] {
			found = append(found, nameToProto(n))
		}
	}
	return found
}

// choice is the jobs of a snapshot that fit into a message.
type choice struct {
	presenter Presenter
	viewer    account.User
	from      *feed.Snapshot
	left      int       // bytes
	taken     []*pb.Job // by their place in the snapshot; nil: not taken
}

// take takes the jobs of a status in their order, up to the first that does not fit.
func (c *choice) take(jobs []job.Job, status job.Status) (first job.Job, missing bool) {
	for i, j := range jobs {
		if j.Status == status && !c.fit(i) {
			return j, true
		}
	}
	return job.Job{}, false
}

func (c *choice) takeEnded() {
	kept := c.left / 2
	c.left -= kept
	for i, j := range slices.Backward(c.from.Jobs) {
		if !j.Status.Active() && !c.fit(i) {
			break
		}
	}
	c.left += kept
}

// fit takes a job unless there is no room for it.
func (c *choice) fit(i int) bool {
	j := c.presenter.job(c.from.Jobs[i], c.viewer)
	for _, p := range c.from.Progress {
		if p.JobID == j.Id {
			j.Progress = c.presenter.progress(p, c.viewer)
		}
	}
	size := proto.Size(j) + entryFrame
	if size > c.left {
		return false
	}
	c.left -= size
	c.taken[i] = j
	return true
}
