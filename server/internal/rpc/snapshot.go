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
	// entryFrame is what stands before an entry of a list, in bytes.
	entryFrame = 6
)

// snapshot is what all who see the same of the state are shown, with room for what one is told besides. When not all jobs
// fit, the scheduled ones that start last are missing, and the ended ones have half of the room, the latest of them.
func (o Outlook) snapshot(s *feed.Snapshot, v account.User) *pb.StateSnapshot {
	out := &pb.StateSnapshot{
		Revision: revisionToProto(s.Revision), System: o.system(s.System, v), Workflows: workflowsToProto(s.Workflows),
		ConnectedUsers:   o.connections(s.Connections, v),
		ScheduledUntilMs: s.ScheduledUntil, ScheduledTotal: int64(s.ScheduledTotal), Presence: presenceToProto(s.Presence),
		Users: each(s.Names, nameToProto),
	}
	c := &choice{outlook: o, viewer: v, from: s, taken: make([]*pb.Job, len(s.Jobs)), left: maxResponse - ownReserve - proto.Size(out)}
	c.take(s.Jobs, job.Processing)
	c.takeEnded()
	if first, missing := c.take(s.Jobs, job.Scheduled); missing {
		out.ScheduledUntilMs = first.Start - 1
	}
	out.Jobs = slices.DeleteFunc(c.taken, func(j *pb.Job) bool { return j == nil })
	return out
}

// choice is the jobs of a snapshot that fit into a message.
type choice struct {
	outlook Outlook
	viewer  account.User
	from    *feed.Snapshot
	left    int       // bytes
	taken   []*pb.Job // by their place in the snapshot; nil: not taken
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
	j := c.outlook.job(c.from.Jobs[i], c.viewer)
	for _, p := range c.from.Progress {
		if p.JobID == j.Id {
			j.Progress = c.outlook.progress(p, c.viewer)
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

// aside is what only this viewer is told of a snapshot.
func (o Outlook) aside(s *feed.Snapshot, v account.User, now int64) *pb.StateSnapshot {
	own := s.Own[v.ID]
	return &pb.StateSnapshot{
		ServerTimeMs: now, ConnectedUsers: o.connections(own.Connections, v), Users: each(own.Names, nameToProto),
	}
}
