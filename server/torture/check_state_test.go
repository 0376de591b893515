package torture_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// slotsNeverOverlap: not within a worker, neither at the end nor at any revision that anybody was shown.
func (j *judge) slotsNeverOverlap() {
	if a, b, found := overlapping(slices.Collect(maps.Values(j.final))); found {
		j.wrong("at the end the slots of %s [%d, %d] and %s [%d, %d] overlap", a.ID, a.Start, a.end(), b.ID, b.Start, b.end())
	}
	j.eachView(func(watcher string, at revision, _ bool, view map[string]job) {
		if a, b, found := overlapping(slices.Collect(maps.Values(view))); found {
			j.wrong("watcher %s at %v: the slots of %s [%d, %d] and %s [%d, %d] overlap",
				watcher, at, a.ID, a.Start, a.end(), b.ID, b.Start, b.end())
		}
	})
}

// oneAtATime: nobody was ever shown two jobs that run on one worker.
func (j *judge) oneAtATime() {
	told := map[string]bool{}
	j.eachView(func(watcher string, at revision, _ bool, view map[string]job) {
		running := map[string][]string{} // by worker
		for id, seen := range view {
			if seen.Status == processing {
				running[seen.Worker] = append(running[seen.Worker], id)
			}
		}
		for worker, jobs := range running {
			slices.Sort(jobs)
			if key := fmt.Sprint(jobs); len(jobs) > 1 && !told[key] {
				told[key] = true
				j.wrong("watcher %s at %v: the jobs %v run at the same time on %s", watcher, at, jobs, worker)
			}
		}
	})
}

// eachView calls f with what each watcher has put together at each revision. The view is f's only until it returns.
func (j *judge) eachView(f func(watcher string, at revision, snapshot bool, view map[string]job)) {
	views := map[string]map[string]job{}
	for _, s := range j.Sightings {
		view := views[s.Watcher]
		if s.Snapshot {
			view = map[string]job{}
			views[s.Watcher] = view
		}
		for _, seen := range s.Jobs {
			if old, known := view[seen.ID]; known && old.Version > seen.Version {
				j.wrong("watcher %s at %v: job %s went back from version %d to %d", s.Watcher, s.Revision, seen.ID, old.Version, seen.Version)
			}
			view[seen.ID] = seen
		}
		f(s.Watcher, s.Revision, s.Snapshot, view)
	}
}

// watchersAgree: whatever a watcher put together, by a snapshot, deltas and resumed streams, is at each revision what any
// other has. A snapshot leaves out what ended long ago, so ended jobs are compared where both have them.
func (j *judge) watchersAgree() {
	type seen struct {
		watcher string
		view    map[string]job
	}
	at := map[revision]seen{}
	j.eachView(func(watcher string, where revision, _ bool, view map[string]job) {
		other, known := at[where]
		if !known {
			at[where] = seen{watcher, maps.Clone(view)}
			return
		}
		for id := range merged(view, other.view) {
			mine, have := view[id]
			theirs, has := other.view[id]
			ended := !mine.active() && !theirs.active()
			if mine != theirs && (!ended || have && has) {
				j.wrong("at %v watcher %s has %+v, watcher %s has %+v", where, watcher, mine, other.watcher, theirs)
			}
		}
	})
	j.answersAreShown()
}

// answersAreShown: a live state at an answer's revision, or later, shows what was answered or what came after it.
func (j *judge) answersAreShown() {
	answers := map[string][]call{} // by epoch
	for _, c := range j.Calls {
		if c.Outcome == acknowledged && c.Verb != "get" {
			answers[c.Revision.Epoch] = append(answers[c.Revision.Epoch], c)
		}
	}
	for _, calls := range answers {
		slices.SortFunc(calls, func(a, b call) int { return int(a.Revision.Number - b.Revision.Number) })
	}
	next := map[string]int{} // the first answer that a watcher has not come to, by watcher and epoch
	j.eachView(func(watcher string, at revision, _ bool, view map[string]job) {
		calls, key := answers[at.Epoch], watcher+"/"+at.Epoch
		for ; next[key] < len(calls) && calls[next[key]].Revision.Number <= at.Number; next[key]++ {
			c := calls[next[key]]
			if shown, there := view[c.Job.ID]; there && shown.Version < c.Job.Version || !there && c.Revision == at && c.Job.active() {
				j.wrong("%s of %s was answered with version %d of job %s at %v; watcher %s at %v has version %d",
					c.Verb, c.Client, c.Job.Version, c.Job.ID, c.Revision, watcher, at, shown.Version)
			}
		}
	})
}

func merged(a, b map[string]job) map[string]bool {
	ids := map[string]bool{}
	for id := range a {
		ids[id] = true
	}
	for id := range b {
		ids[id] = true
	}
	return ids
}

// overlapping finds two active jobs of a worker whose closed slots have a moment in common.
func overlapping(jobs []job) (a, b job, found bool) {
	var active []job
	for _, one := range jobs {
		if one.active() {
			active = append(active, one)
		}
	}
	slices.SortFunc(active, func(a, b job) int { return cmp.Or(cmp.Compare(a.Worker, b.Worker), cmp.Compare(a.Start, b.Start)) })
	for i := 1; i < len(active); i++ {
		if active[i].Worker == active[i-1].Worker && active[i].Start <= active[i-1].end() {
			return active[i-1], active[i], true
		}
	}
	return job{}, job{}, false
}
