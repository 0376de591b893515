package memory_test

import (
	"sync"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/memory"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/storetest"
)

// states keeps what lies in folders that are none.
type states struct {
	mu    sync.Mutex
	known map[string]*memory.State
}

func (s *states) open(_ *testing.T, folder string) store.Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[folder] == nil {
		s.known[folder] = memory.NewState()
	}
	return memory.Open(s.known[folder])
}

func TestContract(t *testing.T) {
	for name, runs := range map[string]func(store.Store) store.Store{
		"every change runs once":  func(s store.Store) store.Store { return s },
		"every change runs twice": storetest.Twice,
	} {
		t.Run(name, func(t *testing.T) {
			kept := &states{known: map[string]*memory.State{}}
			open := func(t *testing.T, folder string) store.Store { return runs(kept.open(t, folder)) }
			storetest.Run(t, open)
			storetest.RunShared(t, open)
		})
	}
}
