package torture_test

import (
	"slices"
)

// versionsTellOneStory: a version of a job stands for one content, whoever is shown it and whenever, and no version that
// was ever shown is later than what is kept. What changes without a new version is left out: the start and the delay.
func (j *judge) versionsTellOneStory() {
	type version struct {
		id     string
		number int64
	}
	first := map[version]job{}
	show := func(by string, seen job) {
		key := version{seen.ID, seen.Version}
		seen.Started, seen.Delay, seen.Booked = 0, "", 0
		if known, there := first[key]; !there {
			first[key] = seen
		} else if known != seen {
			j.wrong("version %d of job %s was shown as %+v, and to %s as %+v", seen.Version, seen.ID, known, by, seen)
		}
	}
	for _, final := range j.final {
		show("the database", final)
	}
	j.observed(func(by string, seen job) {
		final, there := j.final[seen.ID]
		if !there || final.Version < seen.Version {
			j.wrong("%s was shown version %d of job %s; kept is version %d", by, seen.Version, seen.ID, final.Version)
		} else if !seen.active() && final.Version != seen.Version {
			j.wrong("%s was shown job %s %s at version %d; it is %s now", by, seen.ID, seen.Status, seen.Version, final.Status)
		}
		show(by, seen)
	})
}

// versionsOnlyRise: who asks after somebody was answered is answered with that state or a later one.
func (j *judge) versionsOnlyRise() {
	type moment struct {
		at     int64
		answer bool
		call   *call
	}
	var moments []moment
	for i := range j.Calls {
		if c := &j.Calls[i]; c.Job != nil {
			moments = append(moments, moment{c.Began, false, c}, moment{c.Ended, true, c})
		}
	}
	slices.SortFunc(moments, func(a, b moment) int { return int(a.at - b.at) })
	answered, atLeast := map[string]int64{}, map[*call]int64{}
	for _, m := range moments {
		if !m.answer {
			atLeast[m.call] = answered[m.call.Job.ID]
			continue
		}
		if m.call.Job.Version < atLeast[m.call] {
			j.wrong("%s of %s was answered with version %d of job %s after version %d had been seen",
				m.call.Verb, m.call.Client, m.call.Job.Version, m.call.Job.ID, atLeast[m.call])
		}
		answered[m.call.Job.ID] = max(answered[m.call.Job.ID], m.call.Job.Version)
	}
}
