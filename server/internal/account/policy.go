package account

import (
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// Mode decides how people become users.
type Mode string

// The modes.
const (
	Open   Mode = "open"   // whoever reaches the port may sign in
	Invite Mode = "invite" // with an invitation that an administrator has made
	Closed Mode = "closed" // users are made by administrators
)

// Importers names who may bring workflows of their own.
type Importers string

// Who they are.
const (
	ImportByAdministrators Importers = "administrators"
	ImportByEverybody      Importers = "everybody" // who is signed in
)

// Policy says who may see what. Whatever leaves the service passes it first: the live state, lists, pictures.
type Policy struct {
	Mode        Mode
	PrivateJobs bool // prompts and results are for their owner and for administrators
	JobFiles    bool // of the output directory only what jobs wrote is served
	Addresses   bool // everybody sees where connections come from, not administrators alone
	Importers   Importers
}

// MayImport reports whether a user may bring workflows, and upload files for that.
func (p Policy) MayImport(u User) bool {
	return u.Administrator || u.ID != "" && p.Importers == ImportByEverybody
}

// MayChangeWorkflow reports whether a user may change a workflow that the user with this id imported; empty: nobody did.
func (p Policy) MayChangeWorkflow(u User, importer string) bool {
	return u.Administrator || u.ID != "" && u.ID == importer
}

// SeesJobsOf reports whether the viewer may see all of a user's jobs, and not only that their slots are taken.
func (p Policy) SeesJobsOf(v User, userID string) bool {
	return !p.PrivateJobs || v.Administrator || (v.ID != "" && v.ID == userID)
}

// SeesAddresses reports whether the viewer may see where connections come from.
func (p Policy) SeesAddresses(v User) bool { return p.Addresses || v.Administrator }

// NeedsToken reports whether pictures and numbers are for users only. Where anybody may become one it would guard nothing.
func (p Policy) NeedsToken() bool { return p.Mode != Open || p.PrivateJobs }

// Job is the job as the viewer may see it.
func (p Policy) Job(v User, j job.Job) job.Job {
	if p.SeesJobsOf(v, j.UserID) {
		return j
	}
	return Slot(j)
}

// Slot gives what everybody may see of a job: that its slot is taken, by whom, and how far it is.
func Slot(j job.Job) job.Job {
	j.Hidden, j.Shortened = true, false
	j.Inputs, j.Results = nil, nil
	if j.Failure != nil {
		// ComfyUI's own words may quote the graph.
		j.Failure = &job.Failure{Reason: j.Failure.Reason, Message: "only its owner can see why"}
	}
	return j
}

// System is the state of the service as the viewer may see it: paths, processes, addresses and the log of ComfyUI, whose last lines
// a failed boot quotes, are for administrators.
func (p Policy) System(v User, s health.State) health.State {
	if v.Administrator {
		return s
	}
	return s.ForEverybody()
}

// Progress gives how far a job is, as the viewer may see it.
func (p Policy) Progress(v User, progress job.Progress) job.Progress {
	if p.SeesJobsOf(v, progress.UserID) {
		return progress
	}
	progress.NodeID, progress.NodeTitle, progress.Preview = "", "", 0
	return progress
}
