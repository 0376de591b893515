package booking

import (
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// event notes somebody's deed to a job.
func event(by account.Actor, action audit.Action, j job.Job, now int64, detail string) audit.Event {
	if j.UserID != by.ID {
		detail = j.UserName + "'s job; " + detail
	}
	return audit.Event{At: now, UserID: by.ID, Address: by.Address, Action: action, JobID: j.ID, Detail: detail}
}

// moment is a time in the trail, which is read in many zones.
func moment(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05.000 UTC") }
