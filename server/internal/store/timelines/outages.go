package timelines

import (
	"maps"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

// Outage tells since when a worker is out of service, and why.
func (s *Set) Outage(worker string) (schedule.Outage, bool) {
	o, out := s.outages[worker]
	return o, out
}

// Outages lists those of all workers, by worker.
func (s *Set) Outages() []schedule.Outage {
	var all []schedule.Outage
	for _, worker := range slices.Sorted(maps.Keys(s.outages)) {
		all = append(all, s.outages[worker])
	}
	return all
}

// PutOutage takes a worker out of service.
func (s *Set) PutOutage(o schedule.Outage) {
	s.keepOutage(o.Worker)
	s.outages[o.Worker] = o
}

// DropOutage returns a worker to service, and reports whether it was out of it.
func (s *Set) DropOutage(worker string) bool {
	if _, out := s.outages[worker]; !out {
		return false
	}
	s.keepOutage(worker)
	delete(s.outages, worker)
	return true
}

func (s *Set) keepOutage(worker string) {
	before, out := s.outages[worker]
	s.OnUndo(func() {
		if delete(s.outages, worker); out {
			s.outages[worker] = before
		}
	})
}
