package torture_test

import (
	"strings"
	"testing"
)

const (
	jobA = "01900000-0000-7000-8000-00000000000a"
	jobB = "01900000-0000-7000-8000-00000000000b"
)

// story is a short history in which all is well: job a is booked, edited and completed, job b is booked, moved and cancelled.
func story() evidence {
	a := job{
		ID:       jobA,
		User:     "u",
		Status:   scheduled,
		Start:    1000,
		Duration: 100,
		Promised: 1000,
		Prompt:   "c-1 text",
		Seed:     7,
		Attempt:  1,
		Version:  1,
		Created:  500,
	}
	b := job{
		ID:       jobB,
		User:     "u",
		Status:   scheduled,
		Start:    1101,
		Duration: 100,
		Sooner:   true,
		Promised: 1101,
		Prompt:   "c-2 text",
		Seed:     8,
		Attempt:  1,
		Version:  1,
		Created:  500,
	}
	edited, moved := a, b
	edited.Prompt, edited.Version = "c-1 other", 2
	moved.Start, moved.Promised, moved.Sooner, moved.Version = 1300, 1300, false, 3
	running, done, gone := edited, edited, moved
	running.Status, running.Version, running.Started = processing, 3, 1001
	done.Status, done.Version, done.Started, done.Finished, done.Result = completed, 4, 1001, 1090, "a.png"
	gone.Status, gone.Version, gone.CancelRequested, gone.Finished = cancelled, 4, true, 900
	at := func(n int64) revision { return revision{"e", n} }
	return evidence{
		Calls: []call{
			{
				Client:   "c",
				Verb:     "book",
				Tag:      "c-1",
				Request:  "r1",
				Prompt:   a.Prompt,
				Seed:     7,
				Exact:    true,
				Moment:   1000,
				Began:    500_000,
				Ended:    501_000,
				Outcome:  acknowledged,
				Job:      &a,
				Revision: at(1),
			},
			{
				Client:   "c",
				Verb:     "book",
				Tag:      "c-2",
				Request:  "r2",
				Prompt:   b.Prompt,
				Seed:     8,
				Moment:   1000,
				Began:    502_000,
				Ended:    503_000,
				Outcome:  acknowledged,
				Job:      &b,
				Revision: at(2),
			},
			{
				Client:  "c",
				Verb:    "book",
				Tag:     "c-3",
				Request: "r3",
				Prompt:  "c-3 text",
				Exact:   true,
				Moment:  1050,
				Began:   503_000,
				Ended:   504_000,
				Outcome: refused,
				Code:    "failed_precondition",
			},
			{
				Client:   "c",
				Verb:     "edit",
				JobID:    jobA,
				Version:  1,
				Prompt:   edited.Prompt,
				Began:    505_000,
				Ended:    506_000,
				Outcome:  acknowledged,
				Job:      &edited,
				Revision: at(3),
			},
			{
				Client:   "c",
				Verb:     "move",
				JobID:    jobB,
				Version:  1,
				Moment:   1300,
				Exact:    true,
				Began:    507_000,
				Ended:    508_000,
				Outcome:  acknowledged,
				Job:      &moved,
				Revision: at(4),
			},
			{
				Client:   "c",
				Verb:     "cancel",
				JobID:    jobB,
				Began:    899_000,
				Ended:    901_000,
				Outcome:  acknowledged,
				Job:      &gone,
				Revision: at(5),
			},
		},
		Sightings: []sighting{
			{Watcher: "w", Revision: at(0), Snapshot: true},
			{Watcher: "w", Revision: at(1), Jobs: []job{a}},
			{Watcher: "w", Revision: at(2), Jobs: []job{b}},
			{Watcher: "w", Revision: at(3), Jobs: []job{edited}},
			{Watcher: "w", Revision: at(4), Jobs: []job{moved}},
			{Watcher: "w", Revision: at(5), Jobs: []job{gone}},
			{Watcher: "w", Revision: at(6), Jobs: []job{running}},
			{Watcher: "w", Revision: at(7), Jobs: []job{done}},
			{Watcher: "v", Revision: at(6), Snapshot: true, Jobs: []job{running, gone}},
		},
		Lifetimes: map[comfyUI]lifetime{{PID: 1}: {First: 100, Last: 5000}},
		Answered:  []job{done, gone},
		Kept:      []row{{job: done}, {job: gone}},
		Requests:  map[string]string{"u/r1": jobA, "u/r2": jobB},
		Runs: []run{
			{Event: "start", PromptID: jobA, PID: 1, At: 1002},
			{Event: "end", PromptID: jobA, PID: 1, At: 1080, Outcome: "success"},
		},
		Epochs: []string{""},
		Files:  map[string]int64{"a.png": 10},
	}
}

func TestCheckFindsNothingWhereAllIsWell(t *testing.T) {
	if found := check(story()); len(found) > 0 {
		t.Errorf("found %q", found)
	}
}

// A run of which ComfyUI keeps no history is lost; that the job is then edited does not make it a wrong.
func TestCheckKnowsWhatAnAttemptWasAsked(t *testing.T) {
	e := story()
	alter(&e, 0, func(r *row) { r.Attempt = 2 })
	e.Runs = append(e.Runs, run{Event: "start", PromptID: attempt{job: jobA, number: 2}.promptID(), PID: 1})
	e.Sightings[6].Jobs[0].Prompt += " [[empty-history]]"
	if found := strings.Join(check(e), "\n"); strings.Contains(found, "was given attempt 2") {
		t.Errorf("found %s", found)
	}
}

// What happened while the clock was wrong is judged by what it said.
func TestCheckKnowsHowTheClockStood(t *testing.T) {
	e := story()
	e.Runs[0].At = 990 // ten milliseconds before the slot
	for says, clock := range map[string]skew{
		"before its slot": {{}, {Since: 100, By: 100, Off: -5000}, {Since: 200, By: 200}},
		"":                {{}, {Since: 100, By: 100, Off: 5000}, {Since: 990, By: 990}},
	} {
		e.Skew = clock
		if found := strings.Join(check(e), "\n"); !strings.Contains(found, says) || says == "" && found != "" {
			t.Errorf("with the clock %v it found %q", clock, found)
		}
	}
}

// What a restore has taken back may be gone; what was answered before the backup may not.
func TestCheckKnowsWhatWasTakenBack(t *testing.T) {
	for says, backup := range map[string]int64{"": 504, "which nobody asked for": 507} {
		e := story()
		e.Voids = []void{{From: backup, To: 2000}}
		for i := range e.Sightings {
			e.Sightings[i].At = 1500
		}
		alter(&e, 0, func(r *row) { r.Prompt, r.Version = "c-1 text", 3 })
		alter(&e, 1, func(r *row) { r.Start, r.Version = 1101, 2 })
		if found := strings.Join(check(e), "\n"); !strings.Contains(found, says) || says == "" && found != "" {
			t.Errorf("backup at %d: found %q", backup, found)
		}
	}
}

// alter changes a job in a row, in the service's list too.
func alter(e *evidence, i int, change func(*row)) {
	change(&e.Kept[i])
	e.Answered[i] = e.Kept[i].job
}

// unseen forgets what watchers and clients saw after a job was booked, so that only the end of the story speaks.
func unseen(e *evidence) { e.Sightings = nil }

func TestCheckFindsWhatIsPlanted(t *testing.T) {
	for says, plant := range map[string]func(*evidence){
		"is gone, after book": func(e *evidence) { e.Kept, e.Answered = e.Kept[1:], e.Answered[1:] },
		"is gone, after move": func(e *evidence) { e.Kept, e.Answered = e.Kept[:1], e.Answered[:1] },
		"made the jobs": func(e *evidence) {
			twin := e.Kept[0]
			twin.ID = "01900000-0000-7000-8000-00000000000c"
			e.Kept, e.Answered = append(e.Kept, twin), append(e.Answered, twin.job)
		},
		"was refused, and yet made": func(e *evidence) {
			e.Calls[0].Outcome, e.Calls[0].Job = refused, nil
		},
		"the database remembers":        func(e *evidence) { delete(e.Requests, "u/r2") },
		"belongs to no booking":         func(e *evidence) { e.Calls = e.Calls[1:] },
		"the service says":              func(e *evidence) { e.Answered[0].Attempt = 2 },
		"which nobody asked for":        func(e *evidence) { unseen(e); alter(e, 0, func(r *row) { r.Prompt = "c-1 text" }) },
		"was at 1300 at version 3":      func(e *evidence) { unseen(e); alter(e, 1, func(r *row) { r.Start = 1101 }) },
		"asked for":                     func(e *evidence) { e.Calls[4].Job.Start = 1400 },
		"version 4 of job " + jobA:      func(e *evidence) { e.Sightings[7].Jobs[0].Result = "b.png" },
		"kept is version":               func(e *evidence) { alter(e, 0, func(r *row) { r.Version = 3 }) },
		"after version 3 had been":      func(e *evidence) { e.Calls = append(e.Calls, stale(e)) },
		"went back from version":        func(e *evidence) { e.Sightings[7].Jobs = e.Sightings[3].Jobs },
		"at the end the slots":          func(e *evidence) { alter(e, 0, active(1250)); alter(e, 1, active(1300)) },
		"watcher w at {e 2}: the slots": func(e *evidence) { e.Sightings[2].Jobs[0].Start = 1100 },
		"watcher v has":                 func(e *evidence) { e.Sightings[8].Jobs = e.Sightings[8].Jobs[1:] },
		"has version 1":                 func(e *evidence) { e.Sightings[3].Jobs = nil },
		"was started 2 times":           func(e *evidence) { e.Runs = append(e.Runs, e.Runs[0]) },
		"the job is at attempt 1": func(e *evidence) {
			e.Runs = append(e.Runs, run{Event: "start", PromptID: attempt{job: jobA, number: 2}.promptID(), PID: 1})
		},
		"after another had begun":     func(e *evidence) { e.Runs = append(e.Runs, run{PID: 2}, run{PID: 1}) },
		"before its slot":             func(e *evidence) { e.Runs[0].At = 999 },
		"has 0 bytes":                 func(e *evidence) { e.Files = nil },
		`run ended with "error"`:      func(e *evidence) { e.Runs[1].Outcome = "error" },
		`failed with "execution"`:     fails("execution", 0),
		`failed with "interrupted"`:   fails("interrupted", 0),
		"(gone) after 1 losses":       fails("lost", 1),
		"(gone) after 2 losses":       fails("lost", 2),
		"in the ComfyUI that was ask": func(e *evidence) { alter(e, 0, func(r *row) { r.Status = cancelled }) },
		"was given attempt 2": func(e *evidence) {
			alter(e, 0, func(r *row) { r.Attempt = 2 })
			e.Runs = append(e.Runs, run{Event: "start", PromptID: attempt{job: jobA, number: 2}.promptID(), PID: 1})
		},
		"after its cancel was ackno": func(e *evidence) { e.Runs = append(e.Runs, run{Event: "start", PromptID: jobB, PID: 1, At: 1300}) },
		"is cancelled, which nobody": func(e *evidence) { e.Calls[5].Outcome = refused },
		"was forgotten":              func(e *evidence) { alter(e, 1, active(1300)) },
		"run at the same time": func(e *evidence) {
			e.Sightings[6].Jobs = append(e.Sightings[6].Jobs, runningToo(e))
		},
		"was forgotten: {ID:" + jobA: func(e *evidence) { alter(e, 0, func(r *row) { r.Status = processing }) },
		"was booked for 4001300": func(e *evidence) {
			unseen(e)
			later(e, 4_001_300)
			alter(e, 1, func(r *row) { r.Start, r.Delay = 9_001_300, "overdue" })
		},
		"was promised for 1000":        func(e *evidence) { e.Sightings[1].Jobs[0].Start = 1102 },
		"was at 1101 at version 1":     func(e *evidence) { unseen(e); later(e, 1101); alter(e, 1, func(r *row) { r.Start = 1200 }) },
		"and attempt 2 was started":    func(e *evidence) { leaves(e, "success"); again(e) },
		`failed with "lost"; its run`:  func(e *evidence) { leaves(e, "success"); fails("lost", 2)(e) },
		`failed with "timeout"`:        fails("timeout", 0),
		`failed with "overrun"`:        fails("overrun", 0),
		"while a second service lived": func(e *evidence) { e.Beside = []comfyUI{{PID: 1}} },
		"was answered with internal":   func(e *evidence) { e.Calls[2].Message = "internal: something went wrong in the service" },
	} {
		e := story()
		plant(&e)
		if found := strings.Join(check(e), "\n"); !strings.Contains(found, says) {
			t.Errorf("not found: %s; found:\n%s", says, found)
		}
	}
}

// runningToo is job b, running.
func runningToo(e *evidence) job {
	b := e.Sightings[5].Jobs[0]
	b.Status, b.Version = processing, 5
	return b
}

// later books job b, which nobody moved, for a time after the story.
func later(e *evidence, start int64) {
	e.Calls = append(e.Calls[:4:4], e.Calls[1])
	booked := *e.Calls[1].Job
	booked.Start = start
	e.Calls[1].Job, e.Calls[4].Job = &booked, &booked
	alter(e, 1, func(r *row) { r.Status, r.CancelRequested = scheduled, false })
}

// leaves lets the first run of job a leave a picture that says whose it is.
func leaves(e *evidence, outcome string) {
	e.Files["klein/"+jobA+"_00001_.png"] = 10
	e.Runs[1].Outcome = outcome
}

// again lets job a be run a second time.
func again(e *evidence) {
	alter(e, 0, func(r *row) { r.Attempt = 2 })
	e.Runs = append(e.Runs, run{Event: "start", PromptID: attempt{job: jobA, number: 2}.promptID(), PID: 2, At: 2000})
}

func active(start int64) func(*row) {
	return func(r *row) { r.Status, r.Start = scheduled, start }
}

// stale is an answer out of the past.
func stale(e *evidence) call {
	old := *e.Calls[1].Job
	return call{Client: "d", Verb: "get", JobID: jobB, Began: 600_000, Ended: 601_000, Outcome: acknowledged, Job: &old}
}

func fails(reason string, losses int) func(*evidence) {
	return func(e *evidence) {
		alter(e, 0, func(r *row) { r.Status, r.Error, r.ErrorText, r.Losses = failed, reason, "gone", losses })
	}
}
