package memory_test

import (
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/memory"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/storetest"
)

func TestShortages(t *testing.T) {
	state := memory.NewState()
	open := func(*testing.T, string) store.Store { return memory.Open(state) }
	end := func() { state.Refuse(nil) }
	storetest.RunShort(t, open,
		storetest.Shortage{Name: "full", Error: store.ErrFull, Begin: func() { state.Refuse(store.ErrFull) }, End: end})
	state = memory.NewState()
	storetest.RunShort(t, open, storetest.Shortage{
		Name:  "unavailable",
		Error: store.ErrUnavailable,
		Begin: func() { state.Refuse(store.ErrUnavailable) },
		End:   end,
	})
}
