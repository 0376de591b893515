// Package health holds how the service and its workers are, as everybody may see it. It is pure values.
package health

import (
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// Status is the state of the service or of one worker.
type Status string

// The statuses, best first.
const (
	Ready        Status = "ready"
	Benchmarking Status = "benchmarking"
	Booting      Status = "booting"
	Restarting   Status = "restarting"
	Offline      Status = "offline"
)

var order = []Status{Ready, Benchmarking, Booting, Restarting, Offline}

// State is the service and its workers.
type State struct {
	Status      Status // of the worker that is best off: one that is down stops no other
	Reason      string // why it is not ready, for administrators; see Worker
	Plain       string // the same for everybody
	BenchmarkMS int64  // of the first worker that has one; 0: none yet
	Workers     []Worker
}

// Of puts the state of the whole together.
func Of(workers []Worker) State {
	s := State{Status: Ready, Workers: workers}
	for i, w := range workers {
		if status, reason, plain := w.counts(); i == 0 || slices.Index(order, status) < slices.Index(order, s.Status) {
			s.Status, s.Reason, s.Plain = status, reason, plain
		}
		for _, e := range w.Estimates {
			if s.BenchmarkMS == 0 {
				s.BenchmarkMS = e.BenchmarkMS
			}
		}
	}
	if s.Status == Ready {
		s.Reason, s.Plain = "", ""
	}
	return s
}

// counts is the status by which a worker counts for the whole: one that is out of service is as good as down.
func (w Worker) counts() (status Status, reason, plain string) {
	if w.Outage != nil {
		return Offline, w.Outage.String(), w.Outage.String()
	}
	return w.Status, w.Reason, w.Plain
}

// IsMeasured reports whether it is known how long generations take on any worker that was up since the start, or can be guessed because
// nothing can be measured there.
func (s State) IsMeasured() bool {
	return slices.ContainsFunc(s.Workers, func(w Worker) bool {
		return w.Status != Booting && w.Status != Benchmarking && (len(w.Estimates) > 0 || w.Status == Ready)
	})
}

// Worker is one ComfyUI instance.
type Worker struct {
	ID             string
	Title          string // for people
	Remote         bool   // somebody else starts its ComfyUI
	Status         Status
	Reason         string // why it is not ready or what it waits for, for administrators: it may name paths, processes and addresses
	Plain          string // the same for everybody; what nobody has put into plain words is not in it
	Simulated      bool
	ComfyUIVersion string
	Device         string
	Estimates      []estimate.Estimate
	BootSteps      []BootStep
	Pause          *schedule.Pause  // under way or planned; nil: none
	Outage         *schedule.Outage // nil: it is in service
}

// Become sets the status, with a reason that everybody may read.
func (w *Worker) Become(status Status, reason string) {
	w.Status, w.Reason, w.Plain = status, reason, reason
}

// ForEverybody is the state in words that everybody may read.
func (s State) ForEverybody() State {
	s.Reason = s.Plain
	s.Workers = slices.Clone(s.Workers)
	for i := range s.Workers {
		w := &s.Workers[i]
		w.Reason = w.Plain
		w.BootSteps = slices.Clone(w.BootSteps)
		for k := range w.BootSteps {
			w.BootSteps[k].Detail = w.BootSteps[k].Plain
		}
	}
	return s
}
