package feed

import (
	"cmp"
	"slices"

	"github.com/tidwall/btree"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// jobs are those in view: all active ones and the latest ended.
type jobs struct {
	active  map[string]*job.Job
	byStart *btree.BTreeG[*job.Job] // the active ones
	running int                     // how many of them are processing
	ended   []job.Job               // by when they ended, latest last
}

func newJobs() *jobs {
	return &jobs{
		active: map[string]*job.Job{},
		byStart: btree.NewBTreeG(func(a, b *job.Job) bool {
			return a.Start < b.Start || (a.Start == b.Start && a.ID < b.ID)
		}),
	}
}

// put files a job under its status, in the place of what it was, and gives the owners of what went out of view, one for
// each job.
func (v *jobs) put(j job.Job) (gone []string) {
	if owner, there := v.take(j.ID); there {
		gone = append(gone, owner)
	}
	if j.Status.Active() {
		v.active[j.ID] = &j
		v.byStart.Set(&j)
		if j.Status == job.Processing {
			v.running++
		}
		return gone
	}
	at, _ := slices.BinarySearchFunc(v.ended, j, func(e, j job.Job) int { return cmp.Or(cmp.Compare(e.FinishedAt, j.FinishedAt), -1) })
	v.ended = slices.Insert(v.ended, at, j)
	if len(v.ended) > maxEnded {
		gone = append(gone, v.ended[0].UserID)
		v.ended = slices.Delete(v.ended, 0, 1)
	}
	return gone
}

// take takes a job out of view.
func (v *jobs) take(id string) (owner string, there bool) {
	if old, active := v.active[id]; active {
		v.byStart.Delete(old)
		delete(v.active, id)
		if old.Status == job.Processing {
			v.running--
		}
		return old.UserID, true
	}
	for i := range v.ended { // by index: whoever books comes here, and a job is large
		if v.ended[i].ID == id {
			owner = v.ended[i].UserID
			v.ended = slices.Delete(v.ended, i, i+1)
			return owner, true
		}
	}
	return "", false
}

// all gives the jobs in view, in any order.
func (v *jobs) all() []job.Job {
	all := slices.Clone(v.ended)
	for _, j := range v.active {
		all = append(all, *j)
	}
	return all
}

// scheduled counts the scheduled jobs.
func (v *jobs) scheduled() int { return len(v.active) - v.running }

// list is the ended jobs, the running ones and the next scheduled ones; scheduled ones that start after until may be missing,
// none is when it is 0.
func (v *jobs) list() (list []job.Job, until int64) {
	list = slices.Clone(v.ended)
	running, scheduled := v.running, maxScheduled
	v.byStart.Scan(func(j *job.Job) bool {
		switch {
		case j.Status == job.Processing:
			running--
			list = append(list, *j)
		case scheduled > 0:
			scheduled--
			list = append(list, *j)
		case until == 0:
			until = j.Start - 1
		}
		return scheduled > 0 || running > 0 || until == 0
	})
	return list, until
}
