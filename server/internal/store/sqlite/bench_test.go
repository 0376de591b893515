package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// rig is an open store with one user. Set TMPDIR to a disk in memory to leave the disk out of the figures.
type rig struct {
	*sqlite.Store
	user account.User
	n    atomic.Int64
}

func newRig(b *testing.B) *rig {
	b.Helper()
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "bookings.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	r := &rig{Store: s, user: account.User{ID: uuid.NewString(), Name: "Ada"}}
	if _, err := s.Update(b.Context(), func(ctx context.Context, tx store.Tx) error {
		return tx.InsertUser(ctx, r.user)
	}); err != nil {
		b.Fatal(err)
	}
	return r
}

// job is one that overlaps no other.
func (r *rig) job() job.Job {
	return job.Job{
		ID:       uuid.Must(uuid.NewV7()).String(),
		UserID:   r.user.ID,
		Worker:   "gpu",
		Workflow: "flux_klein",
		Status:   job.Scheduled,
		Start:    r.n.Add(1) * 1000,
		Duration: 900,
		Inputs: workflow.Values{
			"prompt": workflow.Text("a red fox in the snow, watercolour"),
			"width":  workflow.Integer(1024),
			"height": workflow.Integer(1024),
		},
		Attempt: 1,
		Version: 1,
	}
}

func (r *rig) event(j job.Job, request string) audit.Event {
	return audit.Event{
		At:      1,
		UserID:  r.user.ID,
		Address: "192.0.2.7",
		Action:  audit.Book,
		JobID:   j.ID,
		Detail:  "at 2026-11-24 12:00:00 UTC",
		Request: audit.Request{ID: request, Hash: []byte("0123456789abcdef")},
	}
}

// book does to the store what a booking does.
func (r *rig) book(ctx context.Context) error {
	j, request := r.job(), uuid.NewString()
	_, err := r.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if _, _, err := tx.Request(ctx, r.user.ID, request); err == nil {
			return fmt.Errorf("request %s is known", request)
		}
		if id, found, _ := tx.Blocking(ctx, j.Worker, j.Slot(), ""); found {
			return fmt.Errorf("%s is in the way", id)
		}
		if err := tx.InsertJob(ctx, j); err != nil {
			return err
		}
		return tx.InsertEvent(ctx, r.event(j, request))
	})
	return err
}

func BenchmarkBook(b *testing.B) {
	for _, callers := range []int{1, 16} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			r := newRig(b)
			b.ReportAllocs()
			var left atomic.Int64
			left.Store(int64(b.N))
			done := make(chan error, callers)
			b.ResetTimer()
			for range callers {
				go func() {
					var err error
					for err == nil && left.Add(-1) >= 0 {
						err = r.book(b.Context())
					}
					done <- err
				}()
			}
			for range callers {
				if err := <-done; err != nil {
					b.Error(err)
				}
			}
		})
	}
}

// BenchmarkBatch measures a booking in a commit of 16, without the hand-over between goroutines.
func BenchmarkBatch(b *testing.B) {
	r := newRig(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Update(b.Context(), func(ctx context.Context, tx store.Tx) error {
			for range 16 {
				request := uuid.NewString()
				j := r.job()
				if _, _, err := tx.Request(ctx, r.user.ID, request); err == nil {
					return fmt.Errorf("request %s is known", request)
				}
				if err := tx.InsertJob(ctx, j); err != nil {
					return err
				}
				if err := tx.InsertEvent(ctx, r.event(j, request)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/16, "us/booking")
}

// loaded is a store with a long history that ends now, and one day of bookings to come.
func loaded(b *testing.B, n int) *rig {
	b.Helper()
	r := newRig(b)
	first := time.Now().Add(-time.Duration(n) * time.Minute).UnixMilli()
	for from := 0; from < n; from += 10_000 {
		if _, err := r.Update(b.Context(), func(ctx context.Context, tx store.Tx) error {
			for i := from; i < min(n, from+10_000); i++ {
				j := r.job()
				j.Start = first + int64(i)*60_000
				j.Status, j.StartedAt, j.FinishedAt = job.Completed, j.Start, j.Start+900
				j.Results = []job.Result{{Filename: fmt.Sprintf("flux_klein/%d.png", i), Kind: job.Image}}
				if err := tx.InsertJob(ctx, j); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	return r
}

// BenchmarkRead measures pages and today's numbers with a long history behind them.
func BenchmarkRead(b *testing.B) {
	const history = 100_000
	r := loaded(b, history)
	now := time.Now().UnixMilli()
	for name, read := range map[string]func() error{
		"first page": func() error {
			_, err := r.ListJobs(b.Context(), store.Query{Descending: true, Limit: 51})
			return err
		},
		"completed of a user, deep": func() error {
			_, err := r.ListJobs(b.Context(), store.Query{
				UserID:     r.user.ID,
				Statuses:   []job.Status{job.Completed},
				Descending: true,
				Limit:      51,
				After:      &store.Cursor{Start: now - history*30_000, ID: "z"},
			})
			return err
		},
		"scheduled": func() error {
			_, err := r.ListJobs(b.Context(), store.Query{Statuses: []job.Status{job.Scheduled}, Limit: 51})
			return err
		},
		"failed": func() error {
			_, err := r.ListJobs(b.Context(), store.Query{Statuses: []job.Status{job.Failed}, Descending: true, Limit: 51})
			return err
		},
		"day": func() error {
			_, err := r.DayStats(b.Context(), now-24*3600_000, now)
			return err
		},
		"latest": func() error {
			_, err := r.LatestEnded(b.Context(), 100)
			return err
		},
		"next": func() error {
			_, err := r.NextScheduled(b.Context(), "gpu", 0)
			if err == nil || errors.Is(err, store.ErrNotFound) {
				return nil
			}
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
