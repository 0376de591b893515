//go:build linux

package torture_test

import (
	"slices"
	"strings"
	"testing"
)

// report says how much was tried: a torture that tries nothing proves nothing.
func report(t *testing.T, on []*lane, h *history, e evidence) {
	t.Helper()
	outcomes, ends, runs := map[string]int{}, map[string]int{}, 0
	for _, c := range h.calls {
		outcomes[c.Verb+" "+c.Outcome]++
	}
	for _, r := range e.Kept {
		ends[r.Status]++
		if r.Error != "" {
			ends["failed: "+r.Error]++
		}
		if r.Delay != "" {
			ends["moved or late: "+r.Delay]++
		}
		runs += len(promptsOf(r, e.Runs))
	}
	incidents, nemeses := map[string]int{}, map[string]int{}
	for _, i := range h.incidents {
		if name, is := strings.CutPrefix(i.What, "nemesis "); is {
			nemeses[name]++
		} else {
			incidents[i.What]++
		}
	}
	n := func(what string) int { return incidents[what] }
	t.Logf("kill -9 of the service %d, of ComfyUI %d, at failpoints %d; runs of jobs %d",
		n("service SIGKILL"), n("comfyui SIGKILL"), n("service killed at a failpoint"), runs)
	t.Logf("clock set %d times; stops %d, in mid-run %d, while booting %d, on a full disk %d; full disks %d",
		n("clock set"), n("service SIGTERM"), n("stop in mid-run"), n("stop while booting"), n("stop while the disk is full"), n("disk full"))
	t.Logf("freezes %d, at a start %d; restores %d, beside the first service %d; interrupts from outside %d, histories cleared %d",
		n("comfyui SIGSTOP"), n("frozen at a start"), n("bookings restored"), n("second service started"),
		n(interruptedOutside), n(historyCleared))
	t.Logf("nemeses %v", nemeses)
	t.Logf("incidents %v", incidents)
	t.Logf("refused in floods %v", h.counts)
	t.Logf("calls %v", outcomes)
	t.Logf("jobs %v; sightings %d", ends, len(h.sightings))
	reportWorkers(t, on, h, e)
	needed := []int{outcomes["book "+acknowledged], ends[completed], runs}
	if *only == "" {
		needed = append(needed, n("service SIGKILL"), n("comfyui SIGKILL"))
	}
	if slices.Contains(needed, 0) {
		t.Error("nothing is proved: one of the figures above is zero")
	}
}

func promptsOf(r row, runs []run) (started []run) {
	for _, line := range runs {
		for number := 1; number <= r.Attempt; number++ {
			if line.Event == "start" && line.PromptID == (attempt{r.ID, r.Epoch, number}).promptID() {
				started = append(started, line)
			}
		}
	}
	return started
}
