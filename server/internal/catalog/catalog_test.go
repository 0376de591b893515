package catalog_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/catalog"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
)

func TestPauseIsToldUntilItIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []health.State
		c := catalog.New(catalog.Config{
			Now:     time.Now,
			OnState: func(s health.State) { told = append(told, s) },
		}, health.Worker{ID: "a"}, health.Worker{ID: "b"})
		pause := func(length time.Duration) schedule.Pause {
			return schedule.Pause{Worker: "b", Slot: schedule.NewSlot(time.Now().UnixMilli(), length.Milliseconds())}
		}
		paused := func() *schedule.Pause { return told[len(told)-1].Workers[1].Pause }
		short, long := pause(time.Minute), pause(time.Hour)

		c.SetPause(short)
		c.SetPause(long) // instead of the first, whose end is no news
		c.SetWorker(health.Worker{ID: "b", Status: health.Ready})
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if p := paused(); p == nil || *p != long || told[0].Workers[0].Pause != nil {
			t.Fatalf("told %+v", told)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if p := paused(); p != nil || c.State().Workers[1].Status != health.Ready {
			t.Errorf("after its end: %+v, %+v", p, c.State())
		}

		c.SetPauses([]schedule.Pause{pause(time.Hour)})
		if p := paused(); p == nil {
			t.Error("one of all pauses is not told")
		}
		c.SetPauses(nil)
		if p := paused(); p != nil {
			t.Errorf("when there is none any more: %+v", p)
		}
		c.SetPause(pause(time.Hour))
		c.EndPause("b")
		if p := paused(); p != nil {
			t.Errorf("after it was ended: %+v", p)
		}
		time.Sleep(2 * time.Hour)
	})
}
