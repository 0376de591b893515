package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// measureGrowth compares a service with a long history to one with none.
func measureGrowth(ctx context.Context, o options, t *table) error {
	empty, err := startService(o.program)
	if err != nil {
		return err
	}
	defer empty.stop()
	folder, err := os.MkdirTemp("", "comfyscheduler-bench")
	if err != nil {
		return err
	}
	if err := load(ctx, filepath.Join(folder, "data", "bookings.db"), o.history); err != nil {
		return err
	}
	began := time.Now()
	full, err := startServiceIn(o.program, folder)
	if err != nil {
		return err
	}
	started := time.Since(began)
	defer full.stop()
	var rates [2]float64
	for i, service := range []*process{empty, full} {
		token, err := signIn(ctx, service.url)
		if err != nil {
			return err
		}
		if rates[i], _, err = rate(ctx, o.bookers, o.duration, bookByConnect(service.url, token)); err != nil {
			return err
		}
	}
	t.add(fmt.Sprintf("bookings/s with %d jobs of history, beside none", o.history), fmt.Sprintf("%.0f", rates[1]), fmt.Sprintf("%.0f", rates[0]), ratio(rates[1], rates[0]))
	t.add("  start of the service", short(started), "", "")
	t.add("  memory", fmt.Sprintf("%d MiB", full.memory()>>20), fmt.Sprintf("%d MiB", empty.memory()>>20), ratio(float64(full.memory()), float64(empty.memory())))
	return measurePages(ctx, full, t)
}

// measurePages times what the dashboard asks for.
func measurePages(ctx context.Context, service *process, t *table) error {
	token, err := signIn(ctx, service.url)
	if err != nil {
		return err
	}
	client := connectClient()
	client.Transport = withToken{token, client.Transport}
	scheduler := comfyschedulerv1connect.NewSchedulerServiceClient(client, service.url)
	var pages, stats durations
	page := ""
	for range 200 {
		before := time.Now()
		response, err := scheduler.ListJobs(ctx, &pb.ListJobsRequest{PageToken: page})
		if err != nil {
			return err
		}
		pages = append(pages, time.Since(before))
		page = response.NextPageToken
		before = time.Now()
		if _, err := scheduler.GetTodayStats(ctx, &pb.GetTodayStatsRequest{}); err != nil {
			return err
		}
		stats = append(stats, time.Since(before))
	}
	t.add("  pages of history", pages.String(), "", "")
	t.add("  today's numbers", stats.String(), "", "")
	return nil
}

// load fills a store with ended jobs, a minute apart, up to now.
func load(ctx context.Context, file string, n int) error {
	s, err := sqlite.Open(ctx, file)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	user := store.User{ID: uuid.NewString()}
	if err := s.Update(ctx, func(tx store.Tx) error {
		_, err := tx.InsertUser(user)
		return err
	}); err != nil {
		return err
	}
	const batch = 20_000
	first := time.Now().Add(-time.Duration(n) * time.Minute).UnixMilli()
	for from := 0; from < n; from += batch {
		err := s.Update(ctx, func(tx store.Tx) error {
			for i := from; i < min(n, from+batch); i++ {
				start := first + int64(i)*60_000
				err := tx.InsertJob(job.Job{
					ID: uuid.Must(uuid.NewV7()).String(), UserID: user.ID, Worker: "gpu", Workflow: "flux_klein", Status: job.Completed, Start: start, Duration: 11_000, Estimate: 10_000,
					Prompt: "a red fox in the snow, watercolour", Seed: uint64(i), Parameters: workflow.Values{"width": workflow.Integer(1024)},
					Results: []job.Result{{Filename: fmt.Sprintf("flux_klein/%d.png", i), Kind: job.Image}}, Attempt: 1, Version: 3, CreatedAt: start, StartedAt: start, FinishedAt: start + 9_000,
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
