package feed

import (
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// Revision is a place in the store's log of changes.
type Revision = store.Revision

// Connection is one open state stream.
type Connection struct {
	ID          string
	UserID      string
	IP          string
	Client      string
	ConnectedAt int64 // milliseconds since the Unix epoch
}

// UserName gives the current name of a user.
type UserName struct {
	UserID string
	Name   string
}

// Presence counts who watches.
type Presence struct {
	Connections int
	Users       int
}

// Own are connections of one user that nobody else is told of.
type Own struct {
	Connections  []Connection
	Disconnected []string
	Names        []UserName // of the user, unless all are told of it
}

// Delta is one change, or a part of a large one. Its parts are whole: a job in it replaces the one before. All its jobs have
// one owner. Who has applied it stands at its Revision, which rises only where it is the last part of a change of what is
// kept; one that has only Progress has none.
type Delta struct {
	Revision       Revision
	Jobs           []job.Job // shortened
	ScheduledTotal int       // with Jobs
	System         *health.State
	Workflows      []workflow.Workflow
	Connections    []Connection
	Disconnected   []string
	Own            map[string]Own // by user
	Presence       *Presence
	Names          []UserName // of all users whom the other parts speak of, except Own; or of who took another name
	Progress       *job.Progress
}

// Snapshot is the state as a whole.
type Snapshot struct {
	Revision       Revision
	System         health.State
	Workflows      []workflow.Workflow
	Connections    []Connection   // listed to everybody, latest last
	Own            map[string]Own // by user
	Presence       Presence
	Jobs           []job.Job // shortened: the ended ones, latest last, then the active ones by start
	ScheduledUntil int64     // scheduled jobs that start later may be missing in Jobs; 0: none is
	ScheduledTotal int       // scheduled jobs, those that are missing in Jobs included
	Progress       []job.Progress
	Names          []UserName // of all users whom the other parts speak of, except Own
	told, tick     int64
}

// IsKept reports whether the change is one of what the store keeps: jobs, or names alone.
func (d *Delta) IsKept() bool {
	return len(d.Jobs) > 0 || d.Progress == nil && d.System == nil && d.Workflows == nil && d.Presence == nil &&
		len(d.Own)+len(d.Connections)+len(d.Disconnected) == 0
}
