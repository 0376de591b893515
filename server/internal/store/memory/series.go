package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// ListSeries implements store.Jobs.
func (s *Store) ListSeries(ctx context.Context, q store.SeriesQuery) ([]store.Series, error) {
	return read(ctx, s, func(state *State) (all []store.Series, _ error) {
		of := map[string][]job.Job{}
		for _, j := range state.jobsThat(func(j job.Job) bool {
			return j.Series != "" && (q.ID == "" || q.ID == j.Series) && (q.UserID == "" || q.UserID == j.UserID) &&
				strings.HasSuffix(j.Series, q.IDSuffix) && (q.After == "" || j.Series < q.After)
		}) {
			of[j.Series] = append(of[j.Series], j)
		}
		for _, id := range slices.Backward(slices.Sorted(maps.Keys(of))) {
			all = append(all, seriesOf(of[id]))
		}
		return first(all, q.Limit), nil
	})
}

// seriesOf sums up the jobs of a series.
func seriesOf(jobs []job.Job) store.Series {
	of := store.Series{First: jobs[0], Jobs: len(jobs), Counts: map[job.Status]int{}, Extent: jobs[0].Slot()}
	for _, j := range jobs {
		if j.SeriesIndex < of.First.SeriesIndex {
			of.First = j
		}
		of.Counts[j.Status]++
		of.Extent = schedule.Slot{Start: min(of.Extent.Start, j.Start), End: max(of.Extent.End, j.Slot().End)}
	}
	return of
}

func (t *tx) SeriesJobs(_ context.Context, series string) ([]job.Job, error) {
	jobs := t.jobsThat(func(j job.Job) bool { return series != "" && j.Series == series })
	slices.SortStableFunc(jobs, func(a, b job.Job) int { return cmp.Compare(a.SeriesIndex, b.SeriesIndex) })
	return jobs, nil
}
