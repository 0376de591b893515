package store

import (
	"context"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// PauseID stands for a pause among the holders of slots.
const PauseID = "pause"

// Pauses reads pauses.
type Pauses interface {
	// Pause reads the pause of a worker; false: there is none. One that is over may still be there.
	Pause(ctx context.Context, worker string) (p schedule.Pause, found bool, err error)
}

// PausesTx reads and writes pauses.
type PausesTx interface {
	// Pause reads the pause of a worker; false: there is none.
	Pause(ctx context.Context, worker string) (p schedule.Pause, found bool, err error)
	// Pauses reads the pauses of all workers, by worker.
	Pauses(ctx context.Context) ([]schedule.Pause, error)
	// PutPause keeps a worker's pause, replacing the one there was; ErrUserDeleted. From now on no job gets a slot in it;
	// those that have one keep it until they are moved.
	PutPause(ctx context.Context, p schedule.Pause) error
	// DropPause ends a worker's pause; where there is none it does nothing.
	DropPause(ctx context.Context, worker string) error
}
