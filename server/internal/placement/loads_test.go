package placement_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/placement"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// loading are workers that load models between runs of different workflows. The workflow names the models; "" has none that are known.
type loading map[string]string // what is loaded at first, by worker

func (loading) Estimate(_, id string, _ workflow.Values) (estimate.Length, bool) {
	return map[string]estimate.Length{
		"fox": {Expected: 9, Slot: 10, Load: 4, LoadSlot: 5, Models: "fox"},
		"owl": {Expected: 6, Slot: 7, Load: 10, LoadSlot: 12, Models: "owl"},
		"bat": {Expected: 3, Slot: 3},
	}[id], true
}

func (l loading) Resident(worker string) string { return l[worker] }

func (l loading) Candidates(string, string) ([]workflow.There, error) {
	return []workflow.There{{Worker: "a"}, {Worker: "b"}}, nil
}

func (loading) On(string, string) (workflow.Offer, bool) { return workflow.Offer{}, false }

// need gives the slot of a job after a run, on a lane as plainly as can be.
func (l loading) need(worker string, jobs []job.Job, id string, start int64) (slot int64, warm bool) {
	before := l[worker]
	last := int64(-1)
	for _, j := range jobs {
		if j.Start < start && j.Start > last {
			own, _ := l.Estimate("", j.Workflow, nil)
			before, last = own.Models, j.Start
		}
	}
	length, _ := l.Estimate("", id, nil)
	if before != "" && length.Models != "" && before != length.Models {
		return length.Slot + length.LoadSlot, false
	}
	return length.Slot, before != "" && before == length.Models
}

// grown gives the job behind a start with the load that a job there forces on it; false when there is no room for that.
func (l loading) grown(jobs []job.Job, id string, start int64) (grown *job.Job, fits bool) {
	for _, j := range jobs { // by start
		if j.Start < start {
			continue
		}
		mine, _ := l.Estimate("", id, nil)
		its, _ := l.Estimate("", j.Workflow, nil)
		if j.Load > 0 || mine.Models == "" || its.Models == "" || mine.Models == its.Models {
			return nil, true
		}
		j.Load, j.Duration = its.LoadSlot, j.Duration+its.LoadSlot
		return &j, lane{jobs: jobs}.free(j.Slot(), j.ID)
	}
	return nil, true
}

// first is the first start at or after a moment, and its end.
func (l loading) first(worker string, jobs []job.Job, id string, from int64) (start, end int64, warm bool) {
	for start = from; ; start++ {
		slot, warm := l.need(worker, jobs, id, start)
		if _, fits := l.grown(jobs, id, start); fits && (lane{jobs: jobs}).free(schedule.NewSlot(start, slot), "") {
			return start, start + slot, warm
		}
	}
}

// Who causes a load pays for it: a job that follows others has its own load in its slot, and one that puts out the models of the job
// behind it goes only where that one has room to load them again.
func TestLoadsArePaidByWhoCausesThem(t *testing.T) {
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		user := account.User{ID: uuid.NewString(), Name: fmt.Sprintf("Ada %d", n)}
		lane := func(name string) string { return fmt.Sprintf("%s-%d", name, n) }
		workers := []string{lane("a"), lane("b")}
		l := loading{workers[0]: rapid.SampledFrom([]string{"", "fox", "owl"}).Draw(t, "loaded")}
		know := &placement.Workers{Offers: l, Estimator: l, Models: &placement.Models{}}
		play := rapid.SampledFrom([][]string{{"fox"}, {"fox", "owl", "bat"}}).Draw(t, "in play")
		for _, id := range play {
			if _, err := know.Candidates("", id, nil); err != nil {
				t.Fatal(err)
			}
		}
		booked := map[string][]job.Job{}
		if _, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.InsertUser(ctx, user) }); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 12).Draw(t, "bookings") {
			id := rapid.SampledFrom(play).Draw(t, "workflow")
			from := rapid.Int64Range(0, 80).Draw(t, "from")
			length, _ := l.Estimate("", id, nil)
			want, wantEnd, wantWarm := job.Place{}, int64(-1), false
			for _, w := range workers {
				if start, end, warm := l.first(w, booked[w], id, from); wantEnd < 0 || end < wantEnd || end == wantEnd && warm && !wantWarm {
					want, wantEnd, wantWarm = job.Place{Worker: w, Start: start}, end, warm
				}
			}
			grows, _ := l.grown(booked[want.Worker], id, want.Start)
			j := job.Job{ID: uuid.NewString(), UserID: user.ID, Workflow: id, Status: job.Scheduled, Attempt: 1, Version: 1}
			_, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
				wish := placement.Wish{Moment: from}
				for _, w := range workers {
					wish.Candidates = append(wish.Candidates, placement.Candidate{Worker: w, Length: length})
				}
				place, err := know.Place(ctx, tx, wish)
				if err != nil {
					return err
				}
				j.MoveTo(place)
				return tx.InsertJob(ctx, j)
			})
			if err != nil {
				t.Fatal(err)
			}
			if j.Worker != want.Worker || j.Start != want.Start || j.Slot().End != wantEnd {
				t.Fatalf("%s from %d is at %d to %d on %s, want %d to %d on %s; %v", id, from, j.Start, j.Slot().End, j.Worker, want.Start, wantEnd,
					want.Worker, booked)
			}
			if grows != nil {
				if got, err := s.Job(t.Context(), grows.ID); err != nil || got.Duration != grows.Duration || got.Load != grows.Load ||
					got.Start != grows.Start || got.Version != grows.Version+1 {
					t.Fatalf("the job behind it: %+v, want %+v (%v)", got, grows, err)
				}
			}
			of := append(booked[j.Worker], j)
			for i := range of {
				if grows != nil && of[i].ID == grows.ID {
					of[i] = *grows
					of[i].Version++
				}
			}
			slices.SortFunc(of, func(a, b job.Job) int { return int(a.Start - b.Start) })
			booked[j.Worker] = of
		}
	})
}

// reading counts the jobs that are read.
type reading struct {
	store.Tx
	jobs *int
}

func (r reading) Job(ctx context.Context, id string) (job.Job, error) {
	*r.jobs++
	return r.Tx.Job(ctx, id)
}

// With one set of models in play nobody looks at the jobs beside a place, whatever lay in the memory of workers before.
func TestOneSetOfModelsIsNotLookedAt(t *testing.T) {
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	l := loading{"a": "nothing", "b": "fox"}
	know := &placement.Workers{Offers: l, Estimator: l, Models: &placement.Models{}}
	user := account.User{ID: uuid.NewString(), Name: "Ada"}
	reads := 0
	book := func(start int64) (placed job.Place) {
		_, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
			found, err := know.Candidates("", "fox", nil)
			if err != nil {
				return err
			}
			wish := placement.Wish{Candidates: found, Exact: true, Moment: start}
			if placed, err = know.Place(ctx, reading{tx, &reads}, wish); err != nil {
				return err
			}
			j := job.Job{ID: uuid.NewString(), UserID: user.ID, Workflow: "fox", Status: job.Scheduled, Attempt: 1, Version: 1}
			j.MoveTo(placed)
			return tx.InsertJob(ctx, j)
		})
		if err != nil {
			t.Fatal(err)
		}
		return placed
	}
	if _, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error { return tx.InsertUser(ctx, user) }); err != nil {
		t.Fatal(err)
	}
	if got := book(100); got.Worker != "b" {
		t.Errorf("the first is on a worker that has to load: %+v", got)
	}
	if got := book(100); got.Worker != "a" || got.Load != 5 {
		t.Errorf("where it has to load it pays: %+v", got)
	}
	l["a"] = "fox" // by its first run
	reads = 0
	for _, start := range []int64{50, 75, 150} {
		if got := book(start); got.Worker != "a" || got.Load != 0 {
			t.Errorf("at %d: %+v", start, got)
		}
	}
	if reads > 0 {
		t.Errorf("%d jobs were read", reads)
	}
}

// When the job before another goes away that one may have to load its models: its slot grows where that costs nobody anything.
func TestWhoFollowsGrowsIntoFreeTimeOnly(t *testing.T) {
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	l := loading{"a": "fox"}
	know := &placement.Workers{Offers: l, Estimator: l, Models: &placement.Models{}}
	for _, id := range []string{"fox", "owl"} {
		if _, err := know.Candidates("", id, nil); err != nil {
			t.Fatal(err)
		}
	}
	user := account.User{ID: uuid.NewString(), Name: "Ada"}
	for behind, want := range map[int64]int64{35: 7, 36: 7, 40: 19, 100: 19} { // 28 to 35, grown to 47 where the next begins behind that
		jobs := []job.Job{{Workflow: "owl", Start: 10, Duration: 17, Load: 10}, {Workflow: "owl", Start: 28, Duration: 7}}
		jobs = append(jobs, job.Job{Workflow: "bat", Start: behind + 8, Duration: 3})
		_, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
			if err := tx.InsertUser(ctx, user); err != nil {
				return err
			}
			for i := range jobs {
				jobs[i].ID, jobs[i].UserID, jobs[i].Worker, jobs[i].Status = uuid.NewString(), user.ID, "a", job.Scheduled
				if err := tx.InsertJob(ctx, jobs[i]); err != nil {
					return err
				}
			}
			was := jobs[0]
			if err := jobs[0].Cancel(1); err != nil {
				return err
			}
			if err := tx.UpdateJob(ctx, jobs[0]); err != nil {
				return err
			}
			if err := know.Left(ctx, tx, was, jobs[0]); err != nil {
				return err
			}
			got, err := tx.Job(ctx, jobs[1].ID)
			if got.Duration != want || got.Start != 28 {
				t.Errorf("with a job at %d behind it: %+v (%v)", behind+8, got, err)
			}
			return errors.New("once more")
		})
		if err == nil || err.Error() != "once more" {
			t.Fatal(err)
		}
	}
}
