package rpc

import (
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// Presenter turns the state into messages, for each viewer with what it may see.
type Presenter struct {
	account.Policy
	Version string
	Limits  account.Limits
}

// delta tells what was committed.
func (p Presenter) delta(d feed.Delta, v account.User) *pb.StateDelta {
	return &pb.StateDelta{
		Revision:       revisionToProto(d.Revision),
		Jobs:           p.jobs(d.Jobs, v),
		ScheduledTotal: int64(d.ScheduledTotal),
		Users:          each(d.Names, nameToProto),
	}
}

// status tells what changed of the rest.
func (p Presenter) status(d feed.Delta, v account.User) *pb.StatusUpdate {
	own := d.Own[v.ID]
	out := &pb.StatusUpdate{
		ConnectedUsers:  append(p.connections(d.Connections, v), p.connections(own.Connections, v)...),
		DisconnectedIds: append(d.Disconnected[:len(d.Disconnected):len(d.Disconnected)], own.Disconnected...),
		Users:           append(each(d.Names, nameToProto), each(own.Names, nameToProto)...),
	}
	if d.System != nil {
		out.System = p.system(*d.System, v)
		out.Workflows = summariesToProto(d.Workflows, d.System.Workers)
	}
	if d.Presence != nil {
		out.Presence = presenceToProto(*d.Presence)
	}
	return out
}

func (p Presenter) job(j job.Job, v account.User) *pb.Job { return jobToProto(p.Job(v, j)) }

// brief is the job as one of many.
func (p Presenter) brief(j job.Job, v account.User) *pb.Job { return jobToProto(p.Job(v, j.Shorten())) }

func (p Presenter) jobs(jobs []job.Job, v account.User) []*pb.Job {
	return each(jobs, func(j job.Job) *pb.Job { return p.job(j, v) })
}

func (p Presenter) series(of store.Series, v account.User) *pb.Series {
	return &pb.Series{
		Id:              of.First.Series,
		UserId:          of.First.UserID,
		JobCount:        int32(of.Jobs),
		ScheduledCount:  int32(of.Counts[job.Scheduled]),
		ProcessingCount: int32(of.Counts[job.Processing]),
		CompletedCount:  int32(of.Counts[job.Completed]),
		FailedCount:     int32(of.Counts[job.Failed]),
		CancelledCount:  int32(of.Counts[job.Cancelled]),
		TimeSlot:        slotToProto(of.Extent),
		FirstJob:        p.brief(of.First, v),
	}
}

func (p Presenter) progress(progress job.Progress, v account.User) *pb.JobProgress {
	return progressToProto(p.Progress(v, progress))
}

func (p Presenter) connections(connections []feed.Connection, v account.User) []*pb.Connection {
	seesAddresses := p.SeesAddresses(v)
	return each(connections, func(c feed.Connection) *pb.Connection {
		if !seesAddresses {
			c.IP = ""
		}
		return connectionToProto(c)
	})
}

func (p Presenter) system(s health.State, v account.User) *pb.SystemState {
	s = p.System(v, s)
	return &pb.SystemState{
		Status:           systemStatuses[s.Status],
		Reason:           job.Beginning(s.Reason, maxDetail),
		BenchmarkMs:      s.BenchmarkMS,
		Workers:          each(s.Workers, workerToProto),
		Version:          p.Version,
		AccessMode:       accessModes[p.Mode],
		PrivateJobs:      p.PrivateJobs,
		Limits:           limitsToProto(p.Limits),
		EverybodyImports: p.Importers == account.ImportByEverybody,
	}
}

// namesOf are the owners' names of jobs, each once.
func namesOf(jobs ...job.Job) []*pb.UserName {
	var names []*pb.UserName
	known := map[string]bool{}
	for _, j := range jobs {
		if !known[j.UserID] {
			known[j.UserID] = true
			names = append(names, &pb.UserName{UserId: j.UserID, Name: j.UserName})
		}
	}
	return names
}
