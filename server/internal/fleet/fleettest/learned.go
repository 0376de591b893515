package fleettest

import (
	"log/slog"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
)

func (r *Rig) learned(c *config.Config, workflows *library.Library, log *slog.Logger) *learned.Knowledge {
	return learned.New(learned.Config{
		Rules:   c.Scheduler.Estimates(),
		Offer:   workflows.On,
		Version: workflows.Current,
		Store:   r.Store,
		Now:     time.Now,
		Log:     log,
	})
}
