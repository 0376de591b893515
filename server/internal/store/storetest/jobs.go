package storetest

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/schedule"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

func jobsKeepTheirFields(t *testing.T, s *suite) {
	j := booking(s.user(), "gpu", 1000, 500)
	j.Inputs = workflow.Values{
		"prompt": workflow.Text("ein Fuchs 🦊 'quoted' \"twice\"\n"),
		"seed":   workflow.Seed(math.MaxUint64),
		"image":  workflow.File{Input: "pets/cat.png"},
		"width":  workflow.Integer(512),
		"cfg":    workflow.Number(1),
		"style":  workflow.Text("ink"),
		"tiled":  workflow.Boolean(true),
	}
	s.insert(j)
	if diff := cmp.Diff(j, s.job(j.ID)); diff != "" {
		t.Fatal(diff)
	}
	j.Epoch = "restored"
	j.StartProcessing()
	j.Posted(1001, "")
	j.MarkLate("waiting")
	j.Complete(2000, []job.Result{{Filename: "a/b.png", Kind: job.Image, NodeID: "9"}, {Kind: job.Text, Text: "hello"}})
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, j) })
	if diff := cmp.Diff(j, s.job(j.ID)); diff != "" {
		t.Fatal(diff)
	}
	if _, err := s.Store.Job(t.Context(), uuid.NewString()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown job: %v", err)
	}
}

func oneWins(t *testing.T, s *suite) {
	user := s.user()
	taken := errors.New("taken")
	var won, lost int
	var mu sync.Mutex
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			j := booking(user, "gpu", 1000, 500)
			_, err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
				if _, found, _ := tx.Blocking(ctx, "gpu", j.Slot(), ""); found {
					return taken
				}
				return tx.InsertJob(ctx, j)
			})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case errors.Is(err, taken):
				lost++
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if won != 1 || lost != 49 {
		t.Errorf("%d won, %d lost", won, lost)
	}
}

func overlap(t *testing.T, s *suite) {
	user := s.user()
	first, second := booking(user, "gpu", 1000, 500), booking(user, "gpu", 2000, 500)
	s.insert(first, second)
	for name, change := range map[string]func(context.Context, store.Tx) error{
		"touching": func(ctx context.Context, tx store.Tx) error {
			return tx.InsertJob(ctx, booking(user, "gpu", 1500, 100))
		},
		"inside": func(ctx context.Context, tx store.Tx) error { return tx.InsertJob(ctx, booking(user, "gpu", 1100, 10)) },
		"moved": func(ctx context.Context, tx store.Tx) error {
			moved := second
			moved.Move(1400)
			return tx.UpdateJob(ctx, moved)
		},
	} {
		if _, err := s.Update(t.Context(), change); !errors.Is(err, store.ErrOverlap) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.insert(booking(user, "gpu", 1501, 10), booking(user, "other", 1000, 500))
	moved := first
	moved.Move(900) // into a slot that its own covers
	s.update(func(ctx context.Context, tx store.Tx) error {
		if next, _ := tx.NextFree(ctx, "gpu", 0, 400, first.ID); next != 0 {
			t.Errorf("NextFree = %d", next)
		}
		return tx.UpdateJob(ctx, moved)
	})
}

func endedJobsFree(t *testing.T, s *suite) {
	user := s.user()
	j := booking(user, "gpu", 1000, 500)
	s.insert(j)
	if err := j.Cancel(1); err != nil {
		t.Fatal(err)
	}
	s.update(func(ctx context.Context, tx store.Tx) error { return tx.UpdateJob(ctx, j) })
	again := booking(user, "gpu", 1000, 500)
	s.insert(again)
	next, err := s.NextScheduled(t.Context(), "gpu", 0)
	if err != nil || next.ID != again.ID {
		t.Errorf("next is %v (%v)", next.ID, err)
	}
	ended, err := s.LatestEnded(t.Context(), 10)
	if err != nil || len(ended) != 1 || ended[0].ID != j.ID {
		t.Errorf("ended: %v (%v)", ended, err)
	}
	gaps, err := s.FreeSlots(t.Context(), "gpu", 0, 100, 10)
	if diff := cmp.Diff([]schedule.Gap{{First: 0, Last: 899}, {First: 1501, Open: true}}, gaps); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func queries(t *testing.T, s *suite) {
	users := []account.User{s.user(), s.user()}
	var all []job.Job
	for i := range 40 {
		j := booking(users[i%2], []string{"a", "b", "c"}[i%3], int64(i/3)*100, 50)
		if i%5 == 0 {
			j.Series, j.SeriesIndex = []string{"x", "y"}[i%2], i/5+1
		}
		if i%4 == 0 {
			j.Status, j.FinishedAt = job.Completed, 7
		}
		if i == 13 {
			j.Status = job.Processing // on "b"
		}
		all = append(all, j)
	}
	s.insert(all...)
	for name, q := range map[string]store.Query{
		"all":     {},
		"user":    {UserID: users[1].ID, Descending: true},
		"statues": {Statuses: []job.Status{job.Completed, job.Failed}},
		"window":  {Window: &schedule.Slot{Start: 250, End: 600}, Worker: "b"},
		"series":  {Series: "x"},
		"booked":  {Statuses: []job.Status{job.Scheduled}, Worker: "b", Window: &schedule.Slot{Start: 250, End: 600}},
		"free":    {Statuses: []job.Status{job.Scheduled}, Worker: "b", Window: &schedule.Slot{Start: 260, End: 290}},
		"unknown": {Statuses: []job.Status{job.Scheduled, job.Processing}, Worker: "d"},
		"running": {Statuses: []job.Status{job.Processing}, Worker: "b"},
		"idle":    {Statuses: []job.Status{job.Processing}, Worker: "a"},
		"active":  {Statuses: []job.Status{job.Processing, job.Scheduled}, Worker: "a"},
	} {
		t.Run(name, func(t *testing.T) {
			want := slices.DeleteFunc(slices.Clone(all), func(j job.Job) bool {
				return (q.UserID != "" && j.UserID != q.UserID) || (len(q.Statuses) > 0 && !slices.Contains(q.Statuses, j.Status)) ||
					(q.Worker != "" && j.Worker != q.Worker) ||
					(q.Series != "" && j.Series != q.Series) || (q.Window != nil && !j.Slot().Overlaps(*q.Window))
			})
			slices.SortFunc(want, func(a, b job.Job) int {
				order := 1
				if q.Descending {
					order = -1
				}
				if a.Start != b.Start {
					return order * int(a.Start-b.Start)
				}
				if a.ID < b.ID {
					return -order
				}
				return order
			})
			got := []job.Job{}
			q.Limit = 7
			for {
				page, err := s.ListJobs(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, page...)
				if len(page) < q.Limit {
					break
				}
				last := page[len(page)-1]
				q.After = &store.Cursor{Start: last.Start, ID: last.ID}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func dayStats(t *testing.T, s *suite) {
	user := s.user()
	for i, status := range []job.Status{job.Scheduled, job.Completed, job.Completed, job.Failed, job.Cancelled} {
		j := booking(user, "gpu", int64(1000*(i+1)), 100)
		j.Status = status
		if !status.Active() {
			j.StartedAt, j.FinishedAt = j.Start, j.Start+int64(100*i)
		}
		s.insert(j)
	}
	s.insert(booking(user, "gpu", 999, 0), booking(user, "gpu", 5001, 0))
	got, err := s.DayStats(t.Context(), 1000, 5000)
	if want := (store.DayStats{Jobs: 4, Completed: 2, Failed: 1, MeanGeneration: 150}); got != want || err != nil {
		t.Errorf("got %+v, want %+v (%v)", got, want, err)
	}
}
