package torture_test

import (
	"cmp"
	"slices"
)

// namedWorkersStand: a job stays on the worker that was named for it, until its owner names another. One of which none was
// named changes workers only where it starts earlier there, or lost its slot.
func (j *judge) namedWorkersStand() {
	states := map[string][]job{} // as anybody was shown them, by id
	for id, final := range j.final {
		states[id] = append(states[id], final)
	}
	j.observed(func(_ string, seen job) { states[seen.ID] = append(states[seen.ID], seen) })
	for id, shown := range states {
		slices.SortStableFunc(shown, func(a, b job) int { return cmp.Compare(a.Version, b.Version) })
		for i := 1; i < len(shown); i++ {
			before, after := shown[i-1], shown[i]
			if after.Worker == before.Worker && after.Pinned == before.Pinned || j.movedOver(before, after) {
				continue
			}
			j.wrong("job %s was on %q (named: %v) at version %d and is on %q (named: %v) at version %d, which nobody asked for",
				id, before.Worker, before.Pinned, before.Version, after.Worker, after.Pinned, after.Version)
		}
	}
}

// movedOver reports whether a job may have come from one state to a later one, as far as its worker goes.
func (j *judge) movedOver(before, after job) bool {
	asked := slices.ContainsFunc(j.asked[before.ID], func(c call) bool {
		mayBe := c.Outcome == unknown && c.Version >= before.Version && c.Version < after.Version ||
			c.Outcome == acknowledged && c.Job.Version > before.Version && c.Job.Version <= after.Version
		named := c.Worker == after.Worker && after.Pinned || c.Worker == "" && !before.Pinned && !after.Pinned
		return c.Verb == "move" && mayBe && named
	})
	lost := after.Delay == "overdue" || after.Delay == "retry" || after.Attempt > before.Attempt
	found := after.Status == completed && j.setAside(after) // it had run elsewhere before a restore
	back := before.Booked != 0 && after.Start == before.Booked ||
		after.Start == before.Start && after.Version > before.Version+1 // a clock had moved it away, and nobody was shown that
	return asked || !before.Pinned && !after.Pinned && (lost || back || found || after.wentForward(before) || after.wasTakenOver(before))
}

// wasTakenOver reports whether a job whose worker kept it waiting, after its slot had come, was taken by another one: it had been
// booked for then, or had come forward and starts no later than was promised.
func (j job) wasTakenOver(had job) bool {
	return j.Delay == "late" && !j.Pinned && j.Worker != had.Worker && (j.Booked != 0 && j.Booked <= j.Start || j.Start <= j.Promised)
}

// runsAreOnTheirWorker: what has run of a job has run on the worker that was said.
func (j *judge) runsAreOnTheirWorker() {
	told := map[run]bool{}
	judge := func(seen job) {
		for _, start := range j.starts[j.promptOf(seen.ID, seen.Attempt)] {
			if start.Worker != seen.Worker && !told[start] {
				told[start] = true
				j.wrong("attempt %d of job %s ran on %q, and the job is %s on %q", seen.Attempt, seen.ID, start.Worker, seen.Status, seen.Worker)
			}
		}
	}
	for _, final := range j.final {
		if !final.active() {
			judge(final)
		}
	}
	j.observed(func(_ string, seen job) {
		if seen.Status == processing && seen.Started > 0 && j.epoch[seen.ID] == "" {
			judge(seen)
		}
	})
}

// aliveElsewhere reports whether an attempt was begun on another worker while the ComfyUI lived, and answered, that had run the
// one before.
func (j *judge) aliveElsewhere(end, next run) bool {
	held := slices.ContainsFunc(j.Frozen, func(b blow) bool {
		return b.Worker == end.Worker && b.At >= end.At-handover && b.At <= next.At
	})
	return next.Worker != end.Worker && j.alive(end.comfyUI(), next.At) && !held
}
