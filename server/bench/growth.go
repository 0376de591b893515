package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// measureGrowth compares a service with a long history to one with none.
func measureGrowth(ctx context.Context, r *run) error {
	sizes, err := numbers(r.history)
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	for _, n := range sizes {
		if err := measureHistory(ctx, r, n); err != nil {
			return err
		}
	}
	return nil
}

func measureHistory(ctx context.Context, r *run, n int) error {
	folder, err := os.MkdirTemp("", "comfyscheduler-bench")
	if err != nil {
		return err
	}
	loading := time.Now()
	owner, err := loadHistory(ctx, filepath.Join(folder, "data", "bookings.db"), n)
	if err != nil {
		return err
	}
	loaded := time.Since(loading)
	empty, err := startService(ctx, r.program)
	if err != nil {
		return err
	}
	defer empty.stop()
	full, err := startServiceIn(ctx, r.program, folder)
	if err != nil {
		return err
	}
	defer full.stop()
	time.Sleep(settle)
	fullMemory, emptyMemory := full.memory()/1024, empty.memory()/1024
	var with, without rates
	services := []*process{empty, full}
	var calls [2]book
	for i, service := range services {
		token, err := signIn(ctx, service.url)
		if err != nil {
			return err
		}
		calls[i] = bookByConnect(service.url, token)
	}
	for range r.rounds {
		for i, figures := range []*rates{&without, &with} {
			if err := figures.round(ctx, r.bookers, r.duration, services[i], calls[i]); err != nil {
				return err
			}
		}
	}
	r.table.compare(fmt.Sprintf("bookings with %d jobs of history, and with none", n), perSecond, median(with.perSecond),
		median(without.perSecond), atLeast(.8))
	r.table.compare("... processor time of the server for one", microseconds, median(with.cpu), median(without.cpu), reported)
	r.table.compare("... start of the service", seconds, full.Took().Seconds(), empty.Took().Seconds(), reported)
	r.table.note("... longer", seconds, full.Took().Seconds()-empty.Took().Seconds(), atMost(1))
	r.table.compare("... memory after the start", mebibytes, fullMemory, emptyMemory, atMost(1.2))
	r.table.note("... loading it in bulk", seconds, loaded.Seconds(), reported)
	return measurePages(ctx, r, full, owner)
}

// measurePages times what the dashboard asks for.
func measurePages(ctx context.Context, r *run, service *process, owner string) error {
	token, err := signIn(ctx, service.url)
	if err != nil {
		return err
	}
	client := scheduler(service.url, token)
	for _, question := range []struct {
		name    string
		request *pb.ListJobsRequest
	}{
		{"pages of history, one after the other", &pb.ListJobsRequest{}},
		{"pages of one user's completed jobs", &pb.ListJobsRequest{UserId: owner, Statuses: []pb.JobStatus{pb.JobStatus_JOB_STATUS_COMPLETED}}},
		{"pages of failed jobs", &pb.ListJobsRequest{Statuses: []pb.JobStatus{pb.JobStatus_JOB_STATUS_FAILED}}},
		{"pages of what is booked, earliest first", &pb.ListJobsRequest{
			Statuses: []pb.JobStatus{pb.JobStatus_JOB_STATUS_SCHEDULED, pb.JobStatus_JOB_STATUS_PROCESSING},
			Order:    pb.JobOrder_JOB_ORDER_TIME_SLOT_ASC,
		}},
		{"the day a year ago", &pb.ListJobsRequest{
			Window: &pb.TimeSlot{StartMs: time.Now().AddDate(-1, 0, -1).UnixMilli(), EndMs: time.Now().AddDate(-1, 0, 0).UnixMilli()},
		}},
	} {
		var took durations
		for range 200 {
			before := time.Now()
			response, err := client.ListJobs(ctx, question.request)
			if err != nil {
				return err
			}
			took = append(took, time.Since(before))
			question.request.PageToken = response.NextPageToken
		}
		r.table.answers(question.name, took)
	}
	var took durations
	for range 200 {
		before := time.Now()
		if _, err := client.GetDayStats(ctx, &pb.GetDayStatsRequest{}); err != nil {
			return err
		}
		took = append(took, time.Since(before))
	}
	r.table.answers("today's numbers", took)
	return nil
}

// loadHistory fills a store with ended jobs of one user, a minute apart, up to now; one in a thousand has failed.
func loadHistory(ctx context.Context, file string, n int) (owner string, err error) {
	s, err := sqlite.Open(ctx, file)
	if err != nil {
		return "", err
	}
	defer func() { _ = s.Close() }()
	user := account.User{ID: uuid.NewString(), Name: "History"}
	if _, err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		return tx.InsertUser(ctx, user)
	}); err != nil {
		return "", err
	}
	const batch = 20_000
	first := time.Now().Add(-time.Duration(n) * time.Minute).UnixMilli()
	for from := 0; from < n; from += batch {
		_, err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
			for i := from; i < min(n, from+batch); i++ {
				if err := tx.InsertJob(ctx, past(user.ID, i, first+int64(i)*60_000)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	return user.ID, nil
}

func past(user string, i int, start int64) job.Job {
	j := job.Job{
		ID:       uuid.Must(uuid.NewV7()).String(),
		UserID:   user,
		Worker:   "gpu",
		Workflow: "flux_klein",
		Status:   job.Completed,
		Start:    start,
		Duration: 11_000,
		Estimate: 10_000,
		Inputs: workflow.Values{
			"prompt": workflow.Text(fox),
			"seed":   workflow.Seed(i),
			"width":  workflow.Integer(1024),
		},
		Results:    []job.Result{{Filename: fmt.Sprintf("flux_klein/%d.png", i), Kind: job.Image}},
		Attempt:    1,
		Version:    3,
		CreatedAt:  start,
		StartedAt:  start,
		FinishedAt: start + 9_000,
	}
	if i%1000 == 0 {
		j.Status, j.Results, j.Failure = job.Failed, nil, &job.Failure{Reason: job.Execution, Message: "out of memory"}
	}
	return j
}
