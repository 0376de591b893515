package storetest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// seriesOfJobs holds that a series is read in its order, whatever has become of its jobs.
func seriesOfJobs(t *testing.T, s *suite) {
	user := s.user()
	third, first, second, other := booking(user, "gpu", 1000, 500), booking(user, "gpu", 2000, 500), booking(user, "cpu", 1500, 500),
		booking(user, "cpu", 3000, 500)
	first.SeriesIndex, second.SeriesIndex, third.SeriesIndex = 1, 2, 3
	other.Series, other.SeriesIndex = "", 0
	first.EndCancelled(5)
	s.insert(third, first, second, other)
	s.update(func(ctx context.Context, tx store.Tx) error {
		jobs, err := tx.SeriesJobs(ctx, first.Series)
		if diff := cmp.Diff([]job.Job{first, second, third}, jobs); diff != "" {
			t.Error(diff)
		}
		for _, none := range []string{"", "another"} {
			if jobs, err := tx.SeriesJobs(ctx, none); len(jobs) != 0 || err != nil {
				t.Errorf("of series %q: %d jobs (%v)", none, len(jobs), err)
			}
		}
		return err
	})
}

// listedSeries holds that series are read as they are now, the highest id first, page by page, and are found by what is asked for.
func listedSeries(t *testing.T, s *suite) {
	ada, bob := s.user(), s.user()
	in := func(series string, index int, j job.Job) job.Job {
		j.Series, j.SeriesIndex = series, index
		return j
	}
	second, first, third := in("b1", 2, booking(ada, "gpu", 1000, 500)), in("b1", 1, booking(ada, "cpu", 3000, 500)),
		in("b1", 3, booking(ada, "gpu", 2000, 500))
	other, latest := in("c1", 1, booking(bob, "gpu", 9000, 500)), in("d2", 1, booking(ada, "gpu", 5000, 500))
	third.EndCancelled(5)
	s.insert(second, first, third, other, latest, in("", 0, booking(ada, "cpu", 7000, 500)))
	one := func(j job.Job) store.Series {
		return store.Series{First: j, Jobs: 1, Counts: map[job.Status]int{job.Scheduled: 1}, Extent: j.Slot()}
	}
	three := store.Series{
		First:  first,
		Jobs:   3,
		Counts: map[job.Status]int{job.Scheduled: 2, job.Cancelled: 1},
		Extent: schedule.Slot{Start: 1000, End: 3500},
	}
	for _, c := range []struct {
		about string
		query store.SeriesQuery
		want  []store.Series
	}{
		{"all", store.SeriesQuery{Limit: 10}, []store.Series{one(latest), one(other), three}},
		{"a user's", store.SeriesQuery{UserID: ada.ID, Limit: 10}, []store.Series{one(latest), three}},
		{"first page", store.SeriesQuery{UserID: ada.ID, Limit: 1}, []store.Series{one(latest)}},
		{"second page", store.SeriesQuery{UserID: ada.ID, After: "d2", Limit: 1}, []store.Series{three}},
		{"after the last", store.SeriesQuery{After: "b1", Limit: 1}, nil},
		{"by id", store.SeriesQuery{ID: "c1", Limit: 1}, []store.Series{one(other)}},
		{"by the id of none", store.SeriesQuery{ID: "a1", Limit: 1}, nil},
		{"by the end of an id", store.SeriesQuery{IDSuffix: "1", Limit: 10}, []store.Series{one(other), three}},
	} {
		found, err := s.ListSeries(t.Context(), c.query)
		if diff := cmp.Diff(c.want, found); diff != "" || err != nil {
			t.Errorf("%s: %v %s", c.about, err, diff)
		}
	}
}

// bookedTime holds what counts as a user's time: all that is open, and on a day all but what was cancelled before it ran.
func bookedTime(t *testing.T, s *suite) {
	user, other := s.user(), s.user()
	day := schedule.Slot{Start: 1000, End: 1999}
	first, last, before, after := booking(user, "a", 1000, 10), booking(user, "b", 1999, 20), booking(user, "c", 999, 40),
		booking(user, "d", 2000, 80)
	done, failed, cancelled, interrupted := booking(user, "e", 1000, 160), booking(user, "e", 1200, 320), booking(user, "e", 1600, 640),
		booking(user, "e", 1800, 1280)
	done.Complete(1100, nil)
	failed.Fail(1300, job.Failure{Reason: job.Execution})
	cancelled.EndCancelled(5)
	interrupted.StartedAt = 1800
	interrupted.EndCancelled(1900)
	s.insert(first, last, before, after, done, failed, cancelled, interrupted, booking(other, "f", 1000, 2560))
	for except, want := range map[string][2]int64{
		"":       {10 + 20 + 40 + 80, 10 + 20 + 160 + 320 + 1280},
		first.ID: {20 + 40 + 80, 20 + 160 + 320 + 1280},
		done.ID:  {10 + 20 + 40 + 80, 10 + 20 + 320 + 1280},
	} {
		s.update(func(ctx context.Context, tx store.Tx) error {
			open, onDay, err := tx.BookedTime(ctx, user.ID, day, except)
			if open != want[0] || onDay != want[1] {
				t.Errorf("without %q: %d open and %d on the day, want %v", except, open, onDay, want)
			}
			return err
		})
	}
}
