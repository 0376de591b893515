package torture_test

import (
	"strings"
	"testing"
)

// onTwoWorkers is the story on two workers: job a was booked on the first by name, job b was given the second. Both have the same
// slot in the end, and run at the same time.
func onTwoWorkers() evidence {
	e := story()
	everyJob(&e, func(j *job) {
		j.Worker, j.Pinned = "gpu", true
		if j.ID == jobB {
			j.Worker, j.Pinned = "gpu2", false
		}
	})
	e.Calls[0].Worker = "gpu"
	for i := range e.Runs {
		e.Runs[i].Worker = "gpu"
	}
	e.Lifetimes[comfyUI{PID: 2}] = lifetime{First: 100, Last: 5000}
	return e
}

func everyJob(e *evidence, change func(*job)) {
	for _, c := range e.Calls {
		if c.Job != nil {
			change(c.Job)
		}
	}
	for _, s := range e.Sightings {
		for i := range s.Jobs {
			change(&s.Jobs[i])
		}
	}
	for i := range e.Kept {
		alter(e, i, func(r *row) { change(&r.job) })
	}
}

// alone changes one job wherever it is shown.
func alone(e *evidence, id string, change func(*job)) {
	everyJob(e, func(j *job) {
		if j.ID == id {
			change(j)
		}
	})
}

func TestCheckFindsNothingWhereAllIsWellOnTwoWorkers(t *testing.T) {
	for name, plant := range map[string]func(*evidence){
		"as it is": func(*evidence) {},
		"two slots at the same time": func(e *evidence) {
			unseen(e)
			later(e, 1000)
			e.Calls[1].Moment = 900
			alter(e, 1, func(r *row) {
				r.Status, r.Start, r.Promised, r.Finished, r.Version = completed, 1000, 1101, 1090, 2
				r.Result = "gpu2/b.png"
			})
			e.Files["gpu2/b.png"] = 10
			e.Runs = append(e.Runs, run{"start", jobB, 2, "", 1002, "", "gpu2"}, run{"end", jobB, 2, "", 1080, "success", "gpu2"})
		},
		"two run at the same time": func(e *evidence) {
			e.Sightings[6].Jobs = append(e.Sightings[6].Jobs, runningToo(e))
			e.Sightings[7].Jobs, e.Sightings[8].Jobs = nil, nil
		},
		"one that waited goes on elsewhere": func(e *evidence) {
			e.Calls = append(e.Calls[:4:4], e.Calls[5])
			e.Sightings = e.Sightings[:3]
			for _, j := range []*job{e.Calls[4].Job, &e.Kept[1].job, &e.Answered[1]} {
				takenOver(j, "gpu3")
				j.Promised, j.Sooner = 1101, true
			}
		},
		"an interrupt on its worker's page": func(e *evidence) {
			fails("interrupted", 0)(e)
			e.Runs[1].Outcome, e.Outside = "interrupted", []blow{{1050, "gpu"}}
		},
	} {
		e := onTwoWorkers()
		plant(&e)
		found := check(e)
		if name == "two run at the same time" || name == "an interrupt on its worker's page" { // what is shown does not fit the end
			found = about(found, "at the same time", "interrupted")
		}
		if len(found) > 0 {
			t.Errorf("%s: found %q", name, found)
		}
	}
}

// takenOver has a job start late, on a worker.
func takenOver(j *job, worker string) {
	j.Start, j.Delay, j.Booked, j.Worker = 1150, "late", 1101, worker
}

func about(found []string, parts ...string) (some []string) {
	for _, wrong := range found {
		for _, part := range parts {
			if strings.Contains(wrong, part) && !strings.Contains(wrong, "was shown as") && !strings.Contains(wrong, "was shown job") {
				some = append(some, wrong)
			}
		}
	}
	return some
}

func TestCheckFindsWhatIsPlantedOnTwoWorkers(t *testing.T) {
	both := func(e *evidence) { alone(e, jobB, func(j *job) { j.Worker = "gpu" }) }
	for says, plant := range map[string]func(*evidence){
		"at the end the slots": func(e *evidence) {
			both(e)
			alter(e, 0, active(1250))
			alter(e, 1, active(1300))
		},
		"watcher w at {e 2}: the slots": func(e *evidence) { both(e); e.Sightings[2].Jobs[0].Start = 1100 },
		"run at the same time on gpu": func(e *evidence) {
			both(e)
			e.Sightings[6].Jobs = append(e.Sightings[6].Jobs, runningToo(e))
		},
		`job ` + jobA + ` was on "gpu"`:           func(e *evidence) { alter(e, 0, func(r *row) { r.Worker = "gpu2" }) },
		`is on "gpu" (named: false) at version 4`: func(e *evidence) { alter(e, 0, func(r *row) { r.Pinned = false }) },
		`job ` + jobB + ` was on "gpu2"`:          func(e *evidence) { alter(e, 1, func(r *row) { r.Worker = "gpu" }) },
		`is on "gpu2" (named: true)`:              func(e *evidence) { alter(e, 1, func(r *row) { r.Pinned = true }) },
		"the service says":                        func(e *evidence) { e.Answered[0].Worker = "gpu2" },
		"asked for":                               func(e *evidence) { e.Calls[0].Worker = "gpu2" },
		"book of c asked":                         func(e *evidence) { e.Calls[1].Worker = "gpu2" },
		"move of c asked":                         func(e *evidence) { e.Calls[4].Worker = "gpu" },
		"was started 2 times": func(e *evidence) {
			e.Runs = append(e.Runs, run{Event: "start", PromptID: jobA, PID: 2, At: 1002, Worker: "gpu2"})
		},
		`ran on "gpu2", and the job is comple`: func(e *evidence) { e.Runs[0].Worker = "gpu2" },
		"after another had begun":              func(e *evidence) { e.Runs = append(e.Runs, run{PID: 3, Worker: "gpu"}, e.Runs[0]) },
		"ComfyUI 2 was given attempt 2": func(e *evidence) {
			alter(e, 0, func(r *row) { r.Attempt = 2 })
			second := attempt{job: jobA, number: 2}.promptID()
			e.Runs = append(e.Runs, run{Event: "start", PromptID: second, PID: 2, At: 2000, Worker: "gpu2"})
		},
		"and attempt 2 was started": func(e *evidence) {
			leaves(e, "success")
			again(e)
			e.Runs[2].Worker = "gpu2"
		},
		`failed with "interrupted"`: func(e *evidence) {
			fails("interrupted", 0)(e)
			e.Runs[1].Outcome, e.Outside = "interrupted", []blow{{1050, "gpu2"}}
		},
		`failed with "timeout"`: func(e *evidence) {
			fails("timeout", 0)(e)
			e.Runs, e.Frozen = e.Runs[:1], []blow{{1050, "gpu2"}}
		},
		"was promised for 1000":                                  func(e *evidence) { e.Sightings[1].Jobs[0].Start = 1102 },
		"job " + jobB + " at 1150, and it was promised for 1101": func(e *evidence) { takenOver(&e.Sightings[2].Jobs[0], "gpu2") },
	} {
		e := onTwoWorkers()
		plant(&e)
		if found := strings.Join(check(e), "\n"); !strings.Contains(found, says) {
			t.Errorf("not found: %s; found:\n%s", says, found)
		}
	}
}

// A move to another worker by name is asked for, and lasts.
func TestCheckKnowsAMoveBetweenWorkers(t *testing.T) {
	e := onTwoWorkers()
	e.Calls[4].Worker = "gpu"
	for _, c := range e.Calls[4:] {
		c.Job.Worker, c.Job.Pinned = "gpu", true
	}
	for _, i := range []int{4, 5} {
		e.Sightings[i].Jobs[0].Worker, e.Sightings[i].Jobs[0].Pinned = "gpu", true
	}
	e.Sightings[8].Jobs[1].Worker, e.Sightings[8].Jobs[1].Pinned = "gpu", true
	alter(&e, 1, func(r *row) { r.Worker, r.Pinned = "gpu", true })
	if found := check(e); len(found) > 0 {
		t.Errorf("found %q", found)
	}
}
