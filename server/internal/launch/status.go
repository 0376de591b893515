package launch

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
)

// Status holds how a worker is, and tells of each change. It is safe for concurrent use.
type Status struct {
	tell func(health.Worker)

	mu      sync.Mutex
	state   health.Worker
	changed chan struct{}     // closed and replaced when state changes
	notices map[string]string // what the operator has to know although the worker is ready, by its subject
}

// NewStatus makes one that begins as given. tell is told of each change and must be quick; calls of it may overlap.
func NewStatus(first health.Worker, tell func(health.Worker)) *Status {
	return &Status{tell: tell, state: first, changed: make(chan struct{}), notices: map[string]string{}}
}

// Get returns the present state.
func (s *Status) Get() health.Worker {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// Changed is closed at the next change.
func (s *Status) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Change changes how the worker is, holding the lock, and tells it. A worker that is ready then shows its notices as the reason.
func (s *Status) Change(change func(*health.Worker)) {
	s.mu.Lock()
	change(&s.state)
	if s.state.Status == health.Ready {
		s.state.Reason = s.notice()
	}
	told := s.state
	told.BootSteps, told.Estimates = slices.Clone(told.BootSteps), slices.Clone(told.Estimates)
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
	s.tell(told)
}

// Set changes the status and its reason, which is for people.
func (s *Status) Set(status health.Status, reason string) {
	s.Change(func(w *health.Worker) { w.Status, w.Reason = status, reason })
}

// Notice replaces what the operator has to know of a subject, such as a workflow, although the worker is ready. An empty text
// drops it.
func (s *Status) Notice(subject, text string) {
	s.Change(func(*health.Worker) {
		s.notices[subject] = text
		if text == "" {
			delete(s.notices, subject)
		}
	})
}

// notice are all notices, in one text.
func (s *Status) notice() string {
	var texts []string
	for _, subject := range slices.Sorted(maps.Keys(s.notices)) {
		texts = append(texts, s.notices[subject])
	}
	return strings.Join(texts, "; ")
}
