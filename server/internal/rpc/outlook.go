package rpc

import (
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// Outlook turns the state into messages, for each viewer with what it may see.
type Outlook struct {
	account.Policy
	Version string
	Limits  account.Limits
}

func (o Outlook) delta(d feed.Delta, v account.User) *pb.StateDelta {
	own := d.Own[v.ID]
	out := &pb.StateDelta{
		Revision: revisionToProto(d.Revision), Jobs: o.jobs(d.Jobs, v), ScheduledTotal: int64(d.ScheduledTotal),
		Workflows:       workflowsToProto(d.Workflows),
		ConnectedUsers:  append(o.connections(d.Connections, v), o.connections(own.Connections, v)...),
		DisconnectedIds: append(d.Disconnected[:len(d.Disconnected):len(d.Disconnected)], own.Disconnected...),
		Users:           each(d.Names, nameToProto),
	}
	if d.System != nil {
		out.System = o.system(*d.System, v)
	}
	if d.Presence != nil {
		out.Presence = presenceToProto(*d.Presence)
	}
	return out
}

func (o Outlook) job(j job.Job, v account.User) *pb.Job { return jobToProto(o.Job(v, j)) }

// brief is the job as one of many.
func (o Outlook) brief(j job.Job, v account.User) *pb.Job { return jobToProto(o.Job(v, j.Shorten())) }

func (o Outlook) jobs(jobs []job.Job, v account.User) []*pb.Job {
	return each(jobs, func(j job.Job) *pb.Job { return o.job(j, v) })
}

func (o Outlook) progress(p job.Progress, v account.User) *pb.JobProgress {
	return progressToProto(o.Progress(v, p))
}

func (o Outlook) connections(connections []feed.Connection, v account.User) []*pb.Connection {
	seesAddresses := o.SeesAddresses(v)
	return each(connections, func(c feed.Connection) *pb.Connection {
		if !seesAddresses {
			c.IP = ""
		}
		return connectionToProto(c)
	})
}
