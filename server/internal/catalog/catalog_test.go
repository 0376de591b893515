package catalog_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/catalog"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

func TestPauseIsToldUntilItIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []health.State
		c := catalog.New(catalog.Config{
			Now: time.Now,
			OnState: func(s health.State) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, s)
			},
		}, health.Worker{ID: "a"}, health.Worker{ID: "b"})
		pause := func(length time.Duration) schedule.Pause {
			return schedule.Pause{Worker: "b", Slot: schedule.NewSlot(time.Now().UnixMilli(), length.Milliseconds())}
		}
		paused := func() *schedule.Pause {
			mu.Lock()
			defer mu.Unlock()
			return told[len(told)-1].Workers[1].Pause
		}
		short, long := pause(time.Minute), pause(time.Hour)

		c.SetPause(short)
		c.SetPause(long) // instead of the first, whose end is no news
		c.SetWorker(health.Worker{ID: "b", Status: health.Ready})
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if p := paused(); p == nil || *p != long || c.State().Workers[0].Pause != nil {
			t.Fatalf("told %+v", c.State())
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

// library says what a worker can run, and knows nothing else.
type library func(worker, workflow string) bool

func (library) Offer(context.Context, string, string) (o workflow.Offer, err error) { return o, nil }
func (library) Bookable(string) error                                               { return nil }
func (library) Keep(context.Context, *workflow.Version) error                       { return nil }
func (library) On(string, string) (o workflow.Offer, known bool)                    { return o, false }

func (l library) Runners(id string, workers []string) (all []workflow.There) {
	for _, worker := range workers {
		if l(worker, id) {
			all = append(all, workflow.There{Worker: worker})
		}
	}
	return all
}

// candidates are the workers on which a workflow can be booked.
func candidates(c *catalog.Catalog, id, worker string) (workers []string, err error) {
	all, err := c.Candidates(id, worker)
	for _, there := range all {
		workers = append(workers, there.Worker)
	}
	return workers, err
}

// A job that names no worker goes to one that runs its workflow and is up; to one that is down only where there is no other.
func TestCandidates(t *testing.T) {
	runs := library(func(worker, workflow string) bool { return worker != "c" || workflow == "owl" })
	worker := func(id string, status health.Status) health.Worker { return health.Worker{ID: id, Status: status} }
	c := catalog.New(catalog.Config{Now: time.Now, OnState: func(health.State) {}, Library: runs},
		worker("a", health.Ready), worker("b", health.Restarting), worker("c", health.Ready))
	for _, tc := range []struct {
		down     []string
		workflow string
		want     []string
	}{
		{nil, "fox", []string{"a", "b"}},
		{nil, "owl", []string{"a", "b", "c"}},
		{[]string{"a"}, "fox", []string{"b"}},
		{[]string{"b"}, "fox", []string{"a", "b"}},
	} {
		for _, id := range tc.down {
			c.SetWorker(worker(id, health.Offline))
		}
		if id := "a"; len(tc.down) == 1 && tc.down[0] == "b" { // all are down
			c.SetWorker(worker(id, health.Offline))
		}
		if got, err := candidates(c, tc.workflow, ""); err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("%s with %v down: %v, want %v", tc.workflow, tc.down, got, tc.want)
		}
	}
	if got, err := candidates(c, "fox", "b"); err != nil || !slices.Equal(got, []string{"b"}) {
		t.Errorf("the one that is named, although it is down: %v (%v)", got, err)
	}
	if _, err := c.Candidates("fox", "c"); !fault.Is(err, fault.NotBookable) {
		t.Errorf("one that cannot run it: %v", err)
	}
	if _, err := c.Candidates("fox", "d"); !fault.Is(err, fault.NotFound) {
		t.Errorf("one that is not there: %v", err)
	}
	c.SetWorker(worker("a", health.Ready))
	c.SetWorker(worker("b", health.Ready))
	c.SetOutages([]schedule.Outage{{Worker: "a", Reason: "dust"}})
	c.SetWorker(worker("a", health.Ready)) // which says nothing of it
	if got, err := candidates(c, "fox", ""); err != nil || !slices.Equal(got, []string{"b"}) {
		t.Errorf("one is out of service: %v (%v)", got, err)
	}
	if _, err := c.Candidates("fox", "a"); !fault.Is(err, fault.NotBookable) || !strings.Contains(err.Error(), "out of service: dust") {
		t.Errorf("it is named: %v", err)
	}
	c.SetOutages(nil)
	if got, err := candidates(c, "fox", ""); err != nil || len(got) != 2 {
		t.Errorf("it has returned: %v (%v)", got, err)
	}
	none := catalog.New(catalog.Config{Now: time.Now, OnState: func(health.State) {}, Library: runs}, worker("c", health.Ready))
	if _, err := none.Candidates("fox", ""); !fault.Is(err, fault.NotBookable) {
		t.Errorf("where no worker can run it: %v", err)
	}
}
