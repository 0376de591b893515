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
	changed chan struct{}    // closed and replaced when state changes
	notices map[string]words // what people have to know although the worker is ready, by its subject
}

// NewStatus makes one that begins as given. tell is told of each change and must be quick; calls of it may overlap.
func NewStatus(first health.Worker, tell func(health.Worker)) *Status {
	return &Status{tell: tell, state: first, changed: make(chan struct{}), notices: map[string]words{}}
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
		s.state.Reason, s.state.Plain = s.notice()
	}
	told := s.state
	told.BootSteps, told.Estimates = slices.Clone(told.BootSteps), slices.Clone(told.Estimates)
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
	s.tell(told)
}

// Set changes the status and its reason, which is for everybody.
func (s *Status) Set(status health.Status, reason string) { s.say(status, open(reason)) }

// say changes the status and its reason.
func (s *Status) say(status health.Status, reason words) {
	s.Change(func(w *health.Worker) { w.Status, w.Reason, w.Plain = status, reason.full, reason.plain })
}

// Notice replaces what administrators have to know of a subject, such as a workflow, although the worker is ready. An empty text
// drops it.
func (s *Status) Notice(subject, text string) { s.put(subject, words{full: text}) }

// NoticeAll is a Notice for everybody.
func (s *Status) NoticeAll(subject, text string) { s.put(subject, open(text)) }

func (s *Status) put(subject string, said words) {
	s.Change(func(*health.Worker) {
		s.notices[subject] = said
		if said.full == "" {
			delete(s.notices, subject)
		}
	})
}

// notice are all notices, in one text for administrators and one for everybody.
func (s *Status) notice() (full, plain string) {
	var all, some []string
	for _, subject := range slices.Sorted(maps.Keys(s.notices)) {
		said := s.notices[subject]
		if all = append(all, said.full); said.plain != "" {
			some = append(some, said.plain)
		}
	}
	return strings.Join(all, "; "), strings.Join(some, "; ")
}
