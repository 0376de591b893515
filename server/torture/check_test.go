package torture_test

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// judge holds what the rules ask for again and again.
type judge struct {
	evidence
	final  map[string]job     // by id
	losses map[string]int     // by job id
	asked  map[string][]call  // calls for a job, by its id
	starts map[string][]run   // by prompt id
	ends   map[string]run     // by prompt id
	epoch  map[string]string  // by job id
	prompt map[string]attempt // by prompt id
	unkept map[attempt]bool   // of which ComfyUI kept no history, in any epoch
	told   []job              // every state that anybody was told of, those too that a restore took back
	found  []string
}

// attempt is one run of a job. Each restore begins an epoch, in which the runs of old jobs are others.
type attempt struct {
	job, epoch string
	number     int
}

// check compares what was answered with what is. It returns what is wrong.
func check(e evidence) []string {
	told := e.everyState()
	for i, c := range e.Calls {
		e.Calls[i] = e.doubtful(c)
	}
	j := &judge{
		evidence: e,
		final:    map[string]job{},
		losses:   map[string]int{},
		asked:    map[string][]call{},
		starts:   map[string][]run{},
		ends:     map[string]run{},
		epoch:    map[string]string{},
		prompt:   map[string]attempt{},
		unkept:   map[attempt]bool{},
		told:     told,
	}
	for _, r := range e.Kept {
		j.final[r.ID], j.losses[r.ID], j.epoch[r.ID] = r.job, r.Losses, r.Epoch
		j.unkept[attempt{r.ID, "", r.Attempt}] = strings.Contains(r.Prompt, emptyHistory)
		for number := 1; number <= r.Attempt+3; number++ {
			for _, epoch := range e.Epochs {
				of := attempt{r.ID, epoch, number}
				j.prompt[of.promptID()] = of
			}
		}
	}
	j.observed(func(_ string, seen job) {
		if strings.Contains(seen.Prompt, emptyHistory) {
			j.unkept[attempt{seen.ID, "", seen.Attempt}] = true
		}
	})
	for _, c := range e.Calls {
		if c.Verb != "book" {
			j.asked[c.JobID] = append(j.asked[c.JobID], c)
		}
	}
	for _, r := range e.Runs {
		if r.Event == "start" {
			j.starts[r.PromptID] = append(j.starts[r.PromptID], r)
		} else {
			j.ends[r.PromptID] = r
		}
	}
	for _, rule := range []func(){
		j.answersAreOfTheStore, j.noFaults, j.bookedOnce, j.nothingAcknowledgedIsLost, j.versionsTellOneStory, j.versionsOnlyRise,
		j.slotsNeverOverlap, j.oneAtATime, j.watchersAgree, j.eachAttemptRunsOnce, j.oneComfyUIAtATime, j.nothingRunsEarly,
		j.statusesAreTrue, j.cancelledStaysCancelled, j.nothingIsForgotten, j.bookingsStand, j.promisesAreKept, j.resultsAreNotMadeTwice,
		j.servicesLeaveEachOtherAlone, j.namedWorkersStand, j.runsAreOnTheirWorker,
	} {
		rule()
	}
	return j.found
}

func (j *judge) wrong(format string, args ...any) {
	j.found = append(j.found, fmt.Sprintf(format, args...))
}

// answersAreOfTheStore: the interface tells what the database holds.
func (j *judge) answersAreOfTheStore() {
	if len(j.Answered) != len(j.Kept) {
		j.wrong("the service lists %d jobs, the database holds %d", len(j.Answered), len(j.Kept))
	}
	for _, answered := range j.Answered {
		if kept := j.final[answered.ID]; kept != answered {
			j.wrong("the service says %+v, the database %+v", answered, kept)
		}
	}
}

// noFaults: the service never says that it does not know what went wrong, and knows its users and their jobs. Only while its
// clock is years ahead their tokens have ended.
func (j *judge) noFaults() {
	unheard := []string{"not_found", "unauthenticated", "permission_denied", "already_exists"}
	for _, c := range j.Calls {
		if c.Code == "unauthenticated" && j.Skew.latest(c.Began/1000, c.Ended/1000)-c.Ended/1000 > tokensEnd {
			continue
		}
		if strings.Contains(c.Message, "something went wrong in the service") || c.Outcome == refused && slices.Contains(unheard, c.Code) {
			j.wrong("%s of %s for %s%s was answered with %s", c.Verb, c.Client, c.Tag, c.JobID, c.Message)
		}
	}
}

// tokensEnd is the least lifetime of a token that is not used, in milliseconds.
const tokensEnd = 30 * 24 * 3600_000

// tagOf is the tag that a booking's prompt begins with.
func tagOf(prompt string) string {
	tag, _, _ := strings.Cut(prompt, " ")
	return tag
}

// bookedOnce: a request id makes one job, if it was acknowledged, at most one if the answer is unknown, none if it was
// refused.
func (j *judge) bookedOnce() {
	made := map[string][]string{}
	for _, final := range j.final {
		made[tagOf(final.Prompt)] = append(made[tagOf(final.Prompt)], final.ID)
	}
	answers := map[string][]call{}
	for _, c := range j.Calls {
		if c.Verb == "book" {
			answers[c.Tag] = append(answers[c.Tag], c)
		}
	}
	for tag, ids := range made {
		if len(ids) > 1 {
			j.wrong("booking %s made the jobs %v", tag, ids)
		}
		if len(answers[tag]) == 0 {
			j.wrong("job %v belongs to no booking (%s)", ids, tag)
		}
	}
	for tag, calls := range answers {
		mayBe := slices.ContainsFunc(calls, func(c call) bool { return c.Outcome == acknowledged || c.Outcome == unknown })
		if !mayBe && len(made[tag]) > 0 {
			j.wrong("booking %s was refused, and yet made the job %v", tag, made[tag])
		}
		for _, c := range calls {
			if c.Outcome != acknowledged {
				continue
			}
			if !slices.Equal(made[tag], []string{c.Job.ID}) {
				j.wrong("booking %s was answered with job %s, and made %v", tag, c.Job.ID, made[tag])
			}
			if id := j.Requests[c.Job.User+"/"+c.Request]; id != c.Job.ID {
				j.wrong("request %s of booking %s was answered with job %s; the database remembers %q", c.Request, tag, c.Job.ID, id)
			}
		}
	}
}

// nothingAcknowledgedIsLost: what a booking, an edit or a move was answered with still holds, unless it was overwritten.
func (j *judge) nothingAcknowledgedIsLost() {
	for _, c := range j.Calls {
		if c.Outcome != acknowledged {
			continue
		}
		final, there := j.final[c.Job.ID]
		if !there {
			j.wrong("job %s is gone, after %s of %s was acknowledged", c.Job.ID, c.Verb, c.Client)
			continue
		}
		if final.User != c.Job.User || final.Seed != c.Job.Seed || final.Created != c.Job.Created ||
			final.Duration != c.Job.Duration && final.Version == c.Job.Version {
			j.wrong("job %s was %+v and is %+v", c.Job.ID, *c.Job, final)
		}
		if final.Prompt != c.Job.Prompt && !j.explains(c, "edit", func(later call) bool { return later.Prompt == final.Prompt }) {
			j.wrong("the prompt of job %s was %q at version %d and is %q, which nobody asked for",
				final.ID, c.Job.Prompt, c.Job.Version, final.Prompt)
		}
		back := c.Job.Booked != 0 && final.Start == c.Job.Booked // a clock said that its own slot was still to come
		moved := final.Start != c.Job.Start && !back && !final.wentForward(*c.Job) && !final.wasTakenOver(*c.Job)
		if moved && final.Delay != "overdue" && final.Delay != "retry" && !j.explains(c, "move", func(later call) bool { return true }) {
			j.wrong("job %s was at %d at version %d and is at %d, which nobody asked for", final.ID, c.Job.Start, c.Job.Version, final.Start)
		}
		j.answerFits(c)
	}
}

// wentForward reports whether a job that had a slot started, or starts, before it because its worker was idle.
func (j job) wentForward(had job) bool {
	return (had.Sooner || had.Delay != "" && had.Delay != "late") && j.Start < had.Start && j.Version > had.Version
}

// promisesAreKept: what nothing delayed has no slot after the start that was promised. A job that its worker kept waiting has, on
// another one that took it.
func (j *judge) promisesAreKept() {
	elsewhere := map[string][]job{}
	j.observed(func(_ string, seen job) { elsewhere[seen.ID] = append(elsewhere[seen.ID], seen) })
	j.observed(func(by string, seen job) {
		late := slices.ContainsFunc(elsewhere[seen.ID], func(had job) bool {
			return (had.Start == seen.Booked || had.Start == seen.Promised) && seen.wasTakenOver(had)
		})
		if seen.Start > seen.Promised && !late {
			j.wrong("%s was shown job %s at %d, and it was promised for %d", by, seen.ID, seen.Start, seen.Promised)
		}
	})
}

// explains reports whether a call that may have changed the job after c was answered is as wanted.
func (j *judge) explains(c call, verb string, wanted func(call) bool) bool {
	return slices.ContainsFunc(j.asked[c.Job.ID], func(later call) bool {
		mayBe := later.Outcome == unknown && later.Version >= c.Job.Version || later.Outcome == acknowledged && later.Job.Version > c.Job.Version
		return later.Verb == verb && mayBe && wanted(later)
	})
}

// answerFits: an answer shows what was asked for.
func (j *judge) answerFits(c call) {
	switch {
	case c.Verb == "book" && c.Job.Seed != c.Seed,
		c.Verb == "book" && c.Job.Version == 1 && (c.Job.Prompt != c.Prompt || c.Exact && c.Job.Start != c.Moment || c.Job.Start < c.Moment),
		c.Verb == "edit" && (c.Job.Prompt != c.Prompt || c.Job.Version <= c.Version),
		c.Verb == "move" && (c.Exact && c.Job.Start != c.Moment || c.Job.Start < c.Moment || c.Job.Version <= c.Version),
		c.Verb == "cancel" && !c.Job.CancelRequested,
		(c.Verb == "book" && c.Job.Version == 1 || c.Verb == "move") && c.Worker != "" && (c.Job.Worker != c.Worker || !c.Job.Pinned):
		j.wrong("%s of %s asked for %+v and was answered with %+v", c.Verb, c.Client, c, *c.Job)
	}
}

// observed calls f with every state of a job that anybody was shown and that no restore has taken back.
func (j *judge) observed(f func(by string, seen job)) {
	for _, c := range j.Calls {
		if c.Job != nil {
			f(c.Client, *c.Job)
		}
	}
	for _, s := range j.Sightings {
		if j.takenBack(s.At) {
			continue
		}
		for _, seen := range s.Jobs {
			f(s.Watcher, seen)
		}
	}
}

// far is the distance from now of bookings that are not to run in the test.
const far = time.Hour

// nothingIsForgotten: what was to run in the test has ended; what was booked for later still stands.
func (j *judge) nothingIsForgotten() {
	var last int64
	for _, c := range j.Calls {
		last = max(last, c.Ended/1000)
	}
	for _, final := range j.final {
		if final.Status == processing || final.active() && final.Start < last+far.Milliseconds()/2 {
			j.wrong("job %s was forgotten: %+v", final.ID, final)
		}
	}
}

// everyState is each state of a job that anybody was told of, and what the database has in the end.
func (e *evidence) everyState() (all []job) {
	for _, r := range e.Kept {
		all = append(all, r.job)
	}
	for _, c := range e.Calls {
		if c.Job != nil {
			all = append(all, *c.Job)
		}
	}
	for _, s := range e.Sightings {
		all = append(all, s.Jobs...)
	}
	return all
}
