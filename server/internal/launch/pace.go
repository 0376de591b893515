package launch

import (
	"context"
	"time"
)

// Pace holds the waiting times of an engine.
type Pace struct {
	StopGrace   time.Duration // from asking ComfyUI to stop to ending it
	SickAfter   time.Duration // a recorded ComfyUI that has not answered for so long is ended
	Port        time.Duration // between two looks at the port
	Health      time.Duration // between two looks at a ComfyUI that is up
	Answer      time.Duration // for an answer to such a look; loading a model can hold it up for seconds
	HungAfter   time.Duration // a ComfyUI that is up and has not answered for so long is started again
	Rotation    time.Duration // between two looks at the length of ComfyUI's log
	MinBackoff  time.Duration // before the first new start; doubles up to MaxBackoff
	MaxBackoff  time.Duration
	StableAfter time.Duration // of good work: the backoff begins small again
}

// DefaultPace is the one of a service; tests hurry.
func DefaultPace() Pace {
	return Pace{
		StopGrace:   5 * time.Second,
		SickAfter:   20 * time.Second,
		Port:        100 * time.Millisecond,
		Health:      2 * time.Second,
		Answer:      10 * time.Second,
		HungAfter:   3 * time.Minute,
		Rotation:    time.Minute,
		MinBackoff:  time.Second,
		MaxBackoff:  time.Minute,
		StableAfter: 5 * time.Minute,
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
