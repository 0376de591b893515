package learned_test

import (
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// What is kept of answers is never told after the worker, or the one that it learns from, has learned more: a service that starts, and
// has answered nothing yet, says the same.
func TestAnswersThatAreKeptAreThoseOfNow(t *testing.T) {
	r := newRig(t, margin)
	r.Worker("one").Benchmark(r.offers["fox"], 4500)
	r.Worker("two").Benchmark(r.offers["fox"], 9000)
	r.Worker("one").Benchmark(r.offers["owl"], 3000)
	there := map[string][]workflow.There{}
	for id, offer := range r.offers {
		for _, worker := range []string{"one", "two", "one"} {
			there[id] = append(there[id], workflow.There{Worker: worker, Offer: offer})
		}
	}
	other := []workflow.There{there["fox"][1], there["fox"][0], there["fox"][1]}
	ask := func() (all []estimate.Length) {
		for i := range 12 { // fewer questions than are kept
			v := of(10+i/2, 512+512*(i%2))
			for n, a := range r.All("fox", v, other) {
				if alone, _ := r.Estimate(other[n].Worker, "fox", v); alone != a.Length {
					t.Fatalf("in another order %s is said to take %+v, which is %+v", other[n].Worker, a, alone)
				}
			}
			for _, id := range []string{"fox", "owl"} {
				for n, a := range r.All(id, v, there[id]) {
					worker := there[id][n].Worker
					if again, _ := r.Estimate(worker, id, v); !a.Known || again != a.Length {
						t.Fatalf("%s on %s with %v: %+v, asked alone %+v", id, worker, v, a, again)
					}
					all = append(all, a.Length)
				}
			}
		}
		return all
	}
	before := ask()
	for _, teach := range []func(){
		func() { r.job("one", "fox", of(20, 1024), 1, false) },
		func() { r.job("two", "fox", of(15, 512), 2, false) },
		func() { r.Worker("two").Benchmark(r.offers["owl"], 5000) },
	} {
		teach()
		kept := ask()
		r.written()
		r.start()
		changed := false
		for i, length := range ask() {
			changed = changed || kept[i] != before[i]
			if kept[i] != length {
				t.Errorf("%d: %+v, which is %+v now", i, kept[i], length)
			}
		}
		if !changed {
			t.Error("nothing was learned")
		}
		before = kept
	}
}

// A ComfyUI that was started compiles for each size that is new to it: the same question has another answer then.
func TestAnswersThatAreKeptKnowWhatIsNewToComfyUI(t *testing.T) {
	r := newRig(t, margin)
	for range 8 {
		r.Worker("one").Unloaded()
		r.job("one", "fox", of(20, 1024), 1, true)
		r.job("one", "fox", of(20, 512), 2.5, false)
		r.job("one", "fox", of(20, 512), 1, false)
	}
	compiled := r.estimate("one", "fox", of(20, 512))
	r.Worker("one").Unloaded()
	if fresh := r.estimate("one", "fox", of(20, 512)); fresh.Expected <= compiled.Expected {
		t.Errorf("%+v, and %+v where the size is new", compiled, fresh)
	}
}
