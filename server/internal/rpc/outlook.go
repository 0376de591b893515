package rpc

import (
	"sync"

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

// Delta is a change as it goes over the wire, encoded when the first asks for it, and once for all who see the same of it.
type Delta struct {
	once    sync.Once
	outlook *Outlook
	change  feed.Delta
	whole   []byte
	public  []byte            // what everybody may see
	own     map[string][]byte // what somebody sees who owns a part that is not public, by user
}

// everything is the viewer from whom nothing is kept.
var everything = access.Viewer{Administrator: true}

// Delta is a change as viewers may see it.
func (o *Outlook) Delta(d feed.Delta) *Delta { return &Delta{outlook: o, change: d} }

func (d *Delta) encode() {
	o, change := d.outlook, d.change
	d.change = feed.Delta{}
	d.whole = o.encodeDelta(change, everything)
	d.public = d.whole
	if (len(change.Jobs) == 0 || !o.PrivateJobs) && (len(change.Connections) == 0 || o.Addresses) {
		return
	}
	d.public = o.encodeDelta(change, access.Viewer{})
	if o.PrivateJobs && len(change.Jobs) > 0 {
		d.own = map[string][]byte{}
		for _, j := range change.Jobs {
			if d.own[j.UserID] == nil {
				d.own[j.UserID] = o.encodeDelta(change, access.Viewer{UserID: j.UserID})
			}
		}
	}
}

// For is the change as the viewer may see it.
func (d *Delta) For(v access.Viewer) []byte {
	d.once.Do(d.encode)
	if v.Administrator {
		return d.whole
	}
	if own, ok := d.own[v.UserID]; ok {
		return own
	}
	return d.public
}

func (o Outlook) encodeDelta(d feed.Delta, v access.Viewer) []byte {
	return encode(&pb.WatchStateResponse{Deltas: []*pb.StateDelta{o.delta(d, v)}})
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

func (o Outlook) snapshot(snapshot *feed.Snapshot, v access.Viewer) *pb.StateSnapshot {
	out := &pb.StateSnapshot{
		Revision: revisionToProto(snapshot.Revision), System: o.system(snapshot.System),
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

// sameAs is the viewer that stands for all who see the same of a snapshot.
func (o Outlook) sameAs(v access.Viewer) access.Viewer {
	switch {
	case v.Administrator:
		return everything
	case o.PrivateJobs:
		return v
	default:
		return access.Viewer{}
	}
}

// snapshots keeps the latest snapshot encoded, so that many who come at once cost little more than one.
type snapshots struct {
	mu      sync.Mutex
	latest  *feed.Snapshot
	encoded map[access.Viewer][]byte
}

// encode gives the snapshot, all but the time, as the viewer may see it.
func (s *snapshots) encode(o Outlook, snapshot *feed.Snapshot, v access.Viewer) []byte {
	v = o.sameAs(v)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest != snapshot {
		s.latest, s.encoded = snapshot, map[access.Viewer][]byte{}
	}
	encoded, ok := s.encoded[v]
	if !ok {
		encoded = encode(&pb.WatchStateResponse{Snapshot: o.snapshot(snapshot, v)})
		s.encoded[v] = encoded
	}
	return encoded
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
