package torture_test

import (
	"fmt"
	"slices"
	"strings"
)

// bookingsStand: a booking for after the torture is where it was booked, whatever clocks said meanwhile, unless its owner
// moved it, or somebody was given its slot while it was elsewhere: then it is near.
func (j *judge) bookingsStand() {
	var last int64
	for _, c := range j.Calls {
		last = max(last, c.Ended/1000)
	}
	booked := map[string]call{} // the latest answer, by job
	for _, c := range j.Calls {
		if c.Job != nil && c.Job.Delay == "" && c.Job.Status == scheduled && c.Job.Version >= versionOf(booked[c.Job.ID]) {
			booked[c.Job.ID] = c
		}
	}
	for id, c := range booked {
		final := j.final[id]
		stands := final.Status != scheduled || final.Start == c.Job.Start || final.wentForward(*c.Job)
		if stands || c.Job.Start < last+far.Milliseconds()/2 || j.explains(c, "move", func(call) bool { return true }) {
			continue
		}
		if final.Start < c.Job.Start+far.Milliseconds()/2 && j.givenAway(*c.Job) {
			continue
		}
		j.wrong("job %s was booked for %d and stands at %d, which nobody asked for (%s, booked %d)",
			id, c.Job.Start, final.Start, final.Delay, final.Booked)
	}
}

func versionOf(c call) int64 {
	if c.Job == nil {
		return 0
	}
	return c.Job.Version
}

// givenAway reports whether anybody else may have been given the slot.
func (j *judge) givenAway(booked job) bool {
	return slices.ContainsFunc(j.Calls, func(c call) bool {
		if c.Job == nil {
			places := (c.Verb == "book" || c.Verb == "move") && (c.Worker == "" || c.Worker == booked.Worker)
			return places && c.Outcome == unknown && c.Moment <= booked.end() && c.Moment+booked.Duration >= booked.Start
		}
		return c.Job.ID != booked.ID && c.Job.Worker == booked.Worker && c.Job.Start <= booked.end() && c.Job.end() >= booked.Start
	})
}

// fileOf is the picture that an attempt has left in the output folder.
func (j *judge) fileOf(a attempt) (string, bool) {
	name := "/" + a.job + "_"
	switch {
	case a.epoch != "":
		name = fmt.Sprintf("/%s-%.8s-%d_", a.job, a.epoch, a.number)
	case a.number > 1:
		name = fmt.Sprintf("/%s-%d_", a.job, a.number)
	}
	for file := range j.Files {
		if strings.Contains("/"+file, name) {
			return file, true
		}
	}
	return "", false
}

// resultsAreNotMadeTwice: where an attempt has ended with success and its picture is there for everybody to see, the job is
// completed and never run again, whatever has died or was forgotten meanwhile.
func (j *judge) resultsAreNotMadeTwice() {
	for prompt, end := range j.ends {
		of := j.prompt[prompt]
		final, there := j.final[of.job]
		file, left := j.fileOf(of)
		if !there || !left || end.Outcome != "success" {
			continue
		}
		for number := 1; number <= final.Attempt+1; number++ {
			for _, again := range j.begun(of.job, number) {
				if again.At >= end.At && !j.bookedAgain(of.job, end.At, again.At) {
					j.wrong("attempt %d of job %s has left %s, and attempt %d was started %d ms later", of.number, of.job, file, number, again.At-end.At)
				}
			}
		}
		if final.Status == failed && final.Attempt == of.number && !j.givenUp(final, end) {
			j.wrong("job %s failed with %q; its run has left %s", of.job, final.Error, file)
		}
	}
}

// bookedAgain reports whether somebody had moved the job to where it ran, and a restore then took that back: it has its old
// slot again, which has yet to come.
func (j *judge) bookedAgain(id string, ran, again int64) bool {
	return slices.ContainsFunc(j.Voids, func(v void) bool {
		return v.From <= ran && ran <= v.To && again > v.To && slices.ContainsFunc(j.asked[id], func(c call) bool {
			return c.Verb == "move" && c.Outcome == unknown && c.Ended/1000 >= v.From && c.Began/1000 <= v.To
		})
	})
}

// servicesLeaveEachOtherAlone: no ComfyUI ends while a second service lives, but by the prompt that it runs.
func (j *judge) servicesLeaveEachOtherAlone() {
	for _, of := range j.Beside {
		var last run
		for _, r := range j.Runs {
			if r.comfyUI() == of {
				last = r
			}
		}
		if last.Event != "start" || !slices.ContainsFunc(j.askedBy(last.PromptID), isDeadly) {
			j.wrong("ComfyUI %d ended while a second service lived, after it had told %+v", of.PID, last)
		}
	}
}

func isDeadly(prompt string) bool {
	return strings.Contains(prompt, "[[crash]]") || strings.Contains(prompt, hang)
}

// askedBy are the texts that a run may have been given: those that its attempt was shown with as it ran, and where nobody was shown
// that, those that the attempt was shown with at all or that an edit may have given it. What a restore took back has run all the same.
func (j *judge) askedBy(prompt string) []string {
	var ran, mayBe []string
	of := ""
	for _, shown := range j.told {
		is := slices.ContainsFunc(j.Epochs, func(epoch string) bool {
			return attempt{shown.ID, epoch, shown.Attempt}.promptID() == prompt
		})
		switch {
		case !is:
			continue
		case shown.Status != scheduled:
			ran = append(ran, shown.Prompt)
		}
		of, mayBe = shown.ID, append(mayBe, shown.Prompt)
	}
	if len(ran) > 0 {
		return ran
	}
	for _, c := range j.asked[of] {
		if c.Verb == "edit" && c.Outcome == unknown {
			mayBe = append(mayBe, c.Prompt)
		}
	}
	return mayBe
}

// frozen reports whether ComfyUI was stopped for a while in the job's last run.
func (j *judge) frozen(final job) bool {
	prompt := j.promptOf(final.ID, final.Attempt)
	return slices.ContainsFunc(j.Frozen, func(b blow) bool {
		return slices.ContainsFunc(j.starts[prompt], func(start run) bool {
			return b.Worker == start.Worker && b.At >= start.At-handover && b.At <= start.At+handover
		})
	})
}
