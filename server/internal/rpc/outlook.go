package rpc

import (
	"slices"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/access"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// Outlook turns the state into messages, for each viewer with what it may see.
type Outlook struct {
	access.Policy
	Version string
	Limits  access.Limits
}

// Delta is a change as it goes over the wire, made once for all who see the same of it.
type Delta struct {
	whole  *pb.StateDelta
	public *pb.StateDelta // what everybody may see; the whole when nothing is left out
}

// everything is the viewer from whom nothing is kept.
var everything = access.Viewer{Administrator: true}

// Delta makes a change ready for the wire.
func (o Outlook) Delta(d feed.Delta) *Delta {
	whole := o.delta(d, everything)
	if (len(d.Jobs) == 0 || !o.PrivateJobs) && (len(d.Connections) == 0 || o.Addresses) {
		return &Delta{whole, whole}
	}
	return &Delta{whole, o.delta(d, access.Viewer{})}
}

// For is the change as the viewer may see it.
func (d *Delta) For(v access.Viewer) *pb.StateDelta {
	if v.Administrator || d.whole == d.public {
		return d.whole
	}
	own := func(j *pb.Job) bool { return j.Hidden && j.UserId == v.UserID }
	if !slices.ContainsFunc(d.public.Jobs, own) {
		return d.public
	}
	seen := &pb.StateDelta{
		Revision: d.public.Revision, System: d.public.System, Workflows: d.public.Workflows,
		ConnectedUsers: d.public.ConnectedUsers, DisconnectedIds: d.public.DisconnectedIds, Jobs: slices.Clone(d.public.Jobs),
	}
	for i, j := range seen.Jobs {
		if own(j) {
			seen.Jobs[i] = d.whole.Jobs[i]
		}
	}
	return seen
}

func (o Outlook) delta(d feed.Delta, v access.Viewer) *pb.StateDelta {
	out := &pb.StateDelta{
		Revision: revisionToProto(d.Revision), Jobs: o.jobs(d.Jobs, v), Workflows: each(d.Workflows, workflowToProto),
		ConnectedUsers: o.connections(d.Connections, v), DisconnectedIds: d.Disconnected,
	}
	if d.System != nil {
		out.System = o.system(*d.System)
	}
	return out
}

func (o Outlook) snapshot(snapshot feed.Snapshot, v access.Viewer, now int64) *pb.StateSnapshot {
	out := &pb.StateSnapshot{
		Revision: revisionToProto(snapshot.Revision), ServerTimeMs: now, System: o.system(snapshot.System),
		Workflows: each(snapshot.Workflows, workflowToProto), ConnectedUsers: o.connections(snapshot.Connections, v),
		Jobs: o.jobs(snapshot.Jobs, v), ScheduledUntilMs: snapshot.ScheduledUntil,
	}
	for _, p := range snapshot.Progress {
		for _, j := range out.Jobs {
			if j.Id == p.JobID {
				j.Progress = o.progress(p, v)
			}
		}
	}
	return out
}

func (o Outlook) job(j job.Job, v access.Viewer) *pb.Job { return jobToProto(o.Job(v, j)) }

func (o Outlook) jobs(jobs []job.Job, v access.Viewer) []*pb.Job {
	return each(jobs, func(j job.Job) *pb.Job { return o.job(j, v) })
}

func (o Outlook) progress(p job.Progress, v access.Viewer) *pb.JobProgress {
	return progressToProto(o.Progress(v, p))
}

func (o Outlook) connections(connections []feed.Connection, v access.Viewer) []*pb.Connection {
	seesAddresses := o.SeesAddresses(v)
	return each(connections, func(c feed.Connection) *pb.Connection {
		if !seesAddresses {
			c.IP = ""
		}
		return connectionToProto(c)
	})
}
