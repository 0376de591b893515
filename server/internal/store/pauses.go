package store

import (
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// PauseID is what holds the slot of a pause.
const PauseID = "pause"

// Pauses reads pauses.
type Pauses interface {
	// Pause reads the pause of a worker; false: there is none. One that is over may still be there.
	Pause(worker string) (schedule.Pause, bool)
}
