package day

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// onQuick books a run with the defaults on the quick worker, some time from now.
func (h *house) onQuick(workflow string, in time.Duration) job.Job {
	h.t.Helper()
	var p *product
	for i := range products {
		if products[i].id == workflow {
			p = &products[i]
		}
	}
	when := booking.When{Exact: true, Moment: time.Now().Add(in).UnixMilli()}
	r := booking.Request{When: when, Inputs: p.defaults(), Workflow: workflow, Worker: "quick"}
	j, err := h.desk.Book(context.Background(), h.users[0], r)
	if err != nil {
		h.t.Fatal(err)
	}
	return j.Job
}

func (h *house) job(id string) job.Job {
	h.t.Helper()
	j, err := h.store.Job(context.Background(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return j
}

// sameCommit returns a job as the first commit of a change has left it; it fails where that commit has not changed it.
func (h *house) sameCommit(change func() error, id string) job.Job {
	h.t.Helper()
	ctx := context.Background()
	before, err := h.store.Revision(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := change(); err != nil {
		h.t.Fatal(err)
	}
	news, err := h.store.Changes(ctx, before, 1)
	if err != nil || len(news) == 0 {
		h.t.Fatal(news, err)
	}
	for _, thing := range news[0].Things {
		if thing.Kind == store.JobKind && thing.Key == id {
			return *thing.Job
		}
	}
	h.t.Error("the commit has not changed the one that follows")
	return h.job(id)
}

// took returns how long a job ran, in milliseconds.
func (h *house) took(id string) int64 {
	h.t.Helper()
	for _, r := range h.gpus["quick"].runs {
		if r.job.ID == id {
			return r.end - r.began
		}
	}
	h.t.Fatalf("%s has not run", id)
	return 0
}

// Two workflows with models of their own on one lane, with what was learned of them: the slot of a run that has to load holds the load,
// those that follow with the same models are shorter by it; and who goes, or comes between, changes the slot of the one that follows in
// the same commit. The runs fit their slots, all of them.
func TestLoadsAreInTheSlotsOfWhoCausesThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, Day{Seed: 5, Learned: true})
		const apart = 5 * time.Minute
		for i := range 16 { // teach
			h.onQuick([]string{"portrait", "portrait", "poster", "poster"}[i%4], time.Duration(i)*apart)
		}
		time.Sleep(16 * apart)

		first := h.onQuick("portrait", 1*apart)
		second := h.onQuick("portrait", 2*apart)
		third := h.onQuick("poster", 3*apart)
		fourth := h.onQuick("poster", 4*apart)
		for _, c := range []struct {
			causes, follows job.Job
			load            int64 // milliseconds, by the law
		}{{first, second, 9000}, {third, fourth, 22_000}} {
			if c.causes.Load < c.load*9/10 || c.causes.Load > c.load*5/4 || c.follows.Load != 0 ||
				c.causes.Duration != c.follows.Duration+c.causes.Load || c.causes.Estimate < c.follows.Estimate+c.load*9/10 {
				t.Errorf("it causes a load: %+v\nit follows: %+v", c.causes, c.follows)
			}
		}
		grown := func(what string, is job.Job, was, like job.Job) {
			t.Helper()
			if is.Load != like.Load || is.Duration != was.Duration+like.Load || is.Start != was.Start {
				t.Errorf("%s: %+v, before %+v", what, is, was)
			}
		}
		ctx, ada := context.Background(), h.users[0]
		to := booking.When{Exact: true, Moment: time.Now().Add(6 * apart).UnixMilli()}
		is := h.sameCommit(func() error {
			_, err := h.desk.Edit(ctx, ada, third.ID, booking.Edit{Version: third.Version, Move: &to})
			return err
		}, fourth.ID)
		grown("when the one before it has moved", is, fourth, third)
		var between job.Job
		is = h.sameCommit(func() error {
			between = h.onQuick("poster", 3*apart/2)
			return nil
		}, second.ID)
		grown("when another one has come between", is, second, first)
		if between.Load != third.Load {
			t.Errorf("who has come between: %+v", between)
		}
		fifth := h.onQuick("portrait", 7*apart)
		sixth := h.onQuick("portrait", 8*apart)
		is = h.sameCommit(func() error {
			_, err := h.desk.Cancel(ctx, ada, fifth.ID, 0)
			return err
		}, sixth.ID)
		grown("when the one before it is cancelled", is, sixth, fifth)
		time.Sleep(9 * apart)
		synctest.Wait()

		for _, id := range []string{first.ID, between.ID, second.ID, fourth.ID, third.ID, sixth.ID} {
			if j := h.job(id); h.took(id) > j.Duration || h.took(id) < (j.Duration-j.Load)/2+j.Load*4/5 {
				t.Errorf("it ran for %d: %+v", h.took(id), j)
			}
		}
		if warm := h.job(third.ID); warm.Load != 0 || h.took(third.ID) > h.took(fourth.ID)-20_000 {
			t.Errorf("moved behind one with its models it ran for %d, the one before for %d: %+v", h.took(third.ID), h.took(fourth.ID), warm)
		}
		h.stop()
	})
}
