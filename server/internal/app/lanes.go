package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/clock"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/measure"
	"github.com/comfyscheduler/comfyscheduler/server/internal/metrics"
)

// newFleet makes the lanes of the configuration. Nothing is started.
func (a *App) newFleet() (*fleet.Fleet, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the service's own program: %w", err)
	}
	c := a.Config
	return fleet.New(fleet.Config{
		Workers:      c.Workers,
		Library:      a.library,
		WarmupPrompt: c.Workflow.WarmupPrompt,
		PartnerKey:   c.Workflows.PartnerAPIKey,
		MeasureEvery: time.Duration(c.Workflows.MeasureEvery),
		Learned:      a.learned,
		Grace:        time.Duration(c.Server.ShutdownGrace),
		Overrun:      overrunLimit(c.Scheduler),
		Places:       a.places,
		DataDir:      c.Server.DataDir,
		Instance:     a.folder.ID,
		Executable:   executable,
		Store:        a.store,
		Assets:       a.assets,
		MaxUpload:    c.Uploads.MaxBytes,
		Now:          clock.Now,
		Log:          a.Log,
		OnWorker:     a.workerChanged,
		OnProgress:   a.feed.SetProgress,
		OnMeasured: func(worker string, done measure.Done) {
			a.metrics.Measured(worker, string(done.Outcome), done.Took, done.Evicted)
		},
	}), nil
}

// learn makes what is known of durations, with what was learned before.
func (a *App) learn(ctx context.Context) error {
	a.learned = learned.New(learned.Config{
		Rules:   a.Config.Scheduler.Estimates(),
		Offer:   a.library.On,
		Version: a.library.Current,
		Store:   a.store,
		Now:     clock.Now,
		Log:     a.Log,
	})
	a.metrics.ShowEstimates(func() (all []metrics.Estimates) {
		for _, r := range a.learned.Reports("", "") {
			all = append(all, metrics.Estimates{
				Worker:    r.Worker,
				Workflow:  r.Workflow,
				Jobs:      r.Jobs,
				Bias:      r.Bias,
				ErrorP50:  r.ErrorP50,
				ErrorP90:  r.ErrorP90,
				Coverage:  r.Coverage,
				SlotRatio: r.SlotRatio,
			})
		}
		return all
	})
	for _, w := range a.Config.Workers {
		if err := a.learned.Read(ctx, w.ID); err != nil {
			return err
		}
	}
	return nil
}

// sources are the workflows of a configuration.
func sources(c *config.Config) []library.Source {
	w := c.Workflow
	return []library.Source{{
		ID:       w.ID,
		Title:    w.Title,
		File:     filepath.FromSlash(w.TemplateFile),
		Bindings: w.Bindings(),
	}}
}

// overrunLimit gives the rule by which a run that outlasts its slot is ended.
func overrunLimit(s config.Scheduler) dispatch.OverrunLimit {
	if s.OverrunLimit == config.OverrunNever {
		return dispatch.OverrunLimit{}
	}
	return dispatch.OverrunLimit{Slots: s.OverrunFactor, Beyond: time.Duration(s.OverrunMin), Always: s.OverrunLimit == config.OverrunAlways}
}
