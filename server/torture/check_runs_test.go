package torture_test

import (
	"slices"
	"strings"

	domain "github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// hang holds ComfyUI up for 13 seconds: it has no place in a short torture.
const hang = "[[hang]]"

// promptID returns ComfyUI's id of an attempt.
func (a attempt) promptID() string {
	return domain.Job{ID: a.job, Epoch: a.epoch, Attempt: a.number}.PromptID()
}

// promptOf is that of an attempt of a job as the database has it.
func (j *judge) promptOf(id string, number int) string {
	return attempt{id, j.epoch[id], number}.promptID()
}

// begun are the starts of an attempt of that number, whatever its bookings were restored from.
func (j *judge) begun(id string, number int) (starts []run) {
	for _, epoch := range j.Epochs {
		starts = append(starts, j.starts[attempt{id, epoch, number}.promptID()]...)
	}
	return starts
}

// eachAttemptRunsOnce: ComfyUI never starts a prompt a second time, and none that the job has not come to.
func (j *judge) eachAttemptRunsOnce() {
	for prompt, starts := range j.starts {
		of := j.prompt[prompt]
		if len(starts) > 1 {
			j.wrong("prompt %s (attempt %d of job %s) was started %d times: %+v", prompt, of.number, of.job, len(starts), starts)
		}
		if final := j.final[of.job]; of.number > final.Attempt && !j.takenBack(starts[0].At) {
			j.wrong("attempt %d of job %s was started; the job is at attempt %d", of.number, of.job, final.Attempt)
		}
	}
}

// oneComfyUIAtATime: when another process of a worker has begun to run prompts, the one before runs no more.
func (j *judge) oneComfyUIAtATime() {
	over, present := map[comfyUI]bool{}, map[string]comfyUI{}
	for _, r := range j.Runs {
		if of := r.comfyUI(); of != present[r.Worker] {
			over[present[r.Worker]] = true
			present[r.Worker] = of
		}
		if over[r.comfyUI()] {
			j.wrong("ComfyUI %d runs prompt %s after another had begun", r.PID, r.PromptID)
		}
	}
}

// handover bounds the time from the moment that a job's slot has come to the start of its run: ComfyUI may
// be frozen in between, milliseconds.
const handover = 30_000

// nothingRunsEarly: no attempt starts before the slot that the job had when it was handed over, as far as the service's clock
// could tell.
func (j *judge) nothingRunsEarly() {
	j.observed(func(by string, seen job) {
		if seen.Status == scheduled || seen.Status == cancelled {
			return
		}
		for _, start := range j.begun(seen.ID, seen.Attempt) {
			if j.Skew.latest(start.At-handover, start.At) < seen.Start && !j.takenBack(start.At) {
				j.wrong("attempt %d of job %s started at %d, before its slot at %d", seen.Attempt, seen.ID, start.At, seen.Start)
			}
		}
	})
}

// alive reports whether a ComfyUI was seen to live after a moment.
func (j *judge) alive(of comfyUI, after int64) bool { return j.Lifetimes[of].Last > after }

// statusesAreTrue: what is said of a job's end is what happened in ComfyUI.
func (j *judge) statusesAreTrue() {
	for _, final := range j.final {
		end, ended := j.ends[j.promptOf(final.ID, final.Attempt)]
		switch final.Status {
		case completed:
			// A picture that was written by a ComfyUI that was killed right then is a result too.
			if ended && end.Outcome != "success" || final.Result == "" || j.Files[final.Result] == 0 {
				j.wrong("job %s is completed; its run ended with %q, its result %q has %d bytes",
					final.ID, end.Outcome, final.Result, j.Files[final.Result])
			}
		case failed:
			j.failureIsTrue(final, end)
		case cancelled:
			// It may still complete, and then that is said: as long as ComfyUI lives, it knows.
			known := ended && end.Outcome != "interrupted" && !j.forgetful(final.ID, final.Attempt)
			if known && j.alive(end.comfyUI(), j.Skew.when(final.Finished)) {
				j.wrong("job %s is cancelled; its run ended with %q in the ComfyUI that was asked", final.ID, end.Outcome)
			}
		}
		j.lostAttemptsAreTrue(final)
	}
}

// forgetful says that ComfyUI was told to keep no history of the run, as far as anybody was shown: a job that waits for its next
// attempt can be edited.
func (j *judge) forgetful(id string, number int) bool { return j.unkept[attempt{id, "", number}] }

const emptyHistory = "[[empty-history]]"

// deaf are runs that hear no interrupt.
const deaf = "[[deaf]]"

// givenUp reports whether ComfyUI was frozen in the run and told its end only after the job had been given up.
func (j *judge) givenUp(final job, end run) bool {
	return final.Error == "timeout" && j.frozen(final) && end.At > j.Skew.when(final.Finished)
}

// setAside reports whether a restore may have made an end of the job: its slot had come while nobody knows what happened, or it ran, by a
// clock that may have been wrong.
func (j *judge) setAside(final job) bool {
	return slices.ContainsFunc(j.Voids, func(v void) bool {
		ended := j.Skew.when(final.Finished)
		begun := final.Start <= final.Finished || final.Started > 0 || final.Sooner && final.Status == completed
		return ended >= v.To && ended <= v.To+handover && begun
	})
}

// interruptedOutside reports whether the run of the job's last attempt was interrupted on ComfyUI's own page.
func (j *judge) interruptedOutside(final job) bool {
	prompt := j.promptOf(final.ID, final.Attempt)
	return slices.ContainsFunc(j.Outside, func(b blow) bool {
		return slices.ContainsFunc(j.starts[prompt], func(start run) bool {
			return b.Worker == start.Worker && b.At >= start.At-1000 && b.At <= j.ends[prompt].At
		})
	})
}

// cleared reports whether ComfyUI's history was cleared after a run had ended, before anybody can have read it.
func (j *judge) cleared(end run) bool {
	return slices.ContainsFunc(j.Cleared, func(b blow) bool {
		return b.Worker == end.Worker && b.At >= end.At-1000 && b.At <= end.At+5000
	})
}

func (j *judge) failureIsTrue(final job, end run) {
	ok := false
	switch final.Error {
	case "execution":
		ok = end.Outcome == "error"
	case "no_result":
		ok = end.Outcome == "success" && strings.Contains(final.Prompt, "[[no-result]]")
	case "timeout":
		ok = (end.Outcome != "success" || j.givenUp(final, end)) &&
			(strings.Contains(final.Prompt, hang) || strings.Contains(final.Prompt, deaf) || j.frozen(final))
	case "overrun":
		ok = end.Outcome == "" || end.Outcome == "interrupted"
	case "interrupted":
		ok = end.Outcome == "interrupted" && j.interruptedOutside(final)
	case "lost":
		gone := !j.alive(end.comfyUI(), j.Skew.when(final.Finished))
		unseen := end.Outcome == "" || j.forgetful(final.ID, final.Attempt) || j.cleared(end) || gone
		ok = unseen && (j.losses[final.ID] == domain.MaxLosses+1 || j.setAside(final))
	}
	if !ok {
		j.wrong("job %s failed with %q (%s) after %d losses; its run ended with %q",
			final.ID, final.Error, final.ErrorText, j.losses[final.ID], end.Outcome)
	}
}

// lostAttemptsAreTrue: a new attempt was made only of a run whose end the living ComfyUI could not tell.
func (j *judge) lostAttemptsAreTrue(final job) {
	for number := 1; number < final.Attempt; number++ {
		end, ended := j.ends[j.promptOf(final.ID, number)]
		next := j.starts[j.promptOf(final.ID, number+1)]
		known := ended && end.Outcome != "interrupted" && !j.forgetful(final.ID, number) && !j.cleared(end)
		if known && len(next) > 0 && (next[0].comfyUI() == end.comfyUI() || j.aliveElsewhere(end, next[0])) {
			j.wrong("attempt %d of job %s ended with %q, and ComfyUI %d was given attempt %d", number, final.ID, end.Outcome, next[0].PID, number+1)
		}
	}
}

// cancelledStaysCancelled: after a cancel was acknowledged nothing of the job begins, and nobody is cancelled unasked.
func (j *judge) cancelledStaysCancelled() {
	for id, final := range j.final {
		asked := false
		for _, c := range j.asked[id] {
			if c.Verb != "cancel" || c.Outcome == refused || c.Outcome == unsent {
				continue
			}
			asked = true
			if c.Outcome != acknowledged {
				continue
			}
			for number := 1; number <= final.Attempt; number++ {
				for _, start := range j.begun(id, number) {
					if start.At > c.Ended/1000+1 && (c.Job.Status == cancelled || number > c.Job.Attempt) {
						j.wrong("attempt %d of job %s started at %d, after its cancel was acknowledged at %d", number, id, start.At, c.Ended/1000)
					}
				}
			}
		}
		if final.Status == cancelled && !asked {
			j.wrong("job %s is cancelled, which nobody asked for", id)
		}
	}
}
