package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// fewLanes is the number of lanes that start at the same moment, and of a service that watchers follow.
const fewLanes = 8

// laneNames are the ids of workers.
func laneNames(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("lane-%03d", i))
	}
	return ids
}

// awaitLanes waits until all lanes are ready.
func (p *process) awaitLanes(ctx context.Context, lanes int) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	token, err := signIn(ctx, p.url)
	if err != nil {
		return err
	}
	client := scheduler(p.url, token)
	for {
		answer, err := client.Workers.ListWorkers(ctx, &pb.ListWorkersRequest{PageSize: 500})
		if err != nil {
			return err
		}
		ready := 0
		for _, w := range answer.Workers {
			if w.Status == pb.WorkerStatus_WORKER_STATUS_READY {
				ready++
			}
		}
		if ready == lanes {
			return nil
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// measureLanes compares services of several lanes with one of a single lane.
func measureLanes(ctx context.Context, r *run) error {
	counts, err := numbers(r.manyLanes)
	if err != nil {
		return fmt.Errorf("lanes: %w", err)
	}
	for _, lanes := range counts {
		if err := withLanes(ctx, r, lanes, func(service *process) error { return measureLaneBookings(ctx, r, service, lanes) }); err != nil {
			return err
		}
	}
	return nil
}

// measureEight compares the starts of eight lanes at the same moment with eight bare timers that post to the same ComfyUIs, and has
// watchers follow such a service.
func measureEight(ctx context.Context, r *run) error {
	if err := withLanes(ctx, r, fewLanes, func(service *process) error { return measureTogether(ctx, r, service) }); err != nil {
		return err
	}
	followed := *r // its table is ours
	followed.lanes = fewLanes
	r.table.note(fmt.Sprintf("watchers of a service with %d lanes:", fewLanes), func(float64) string { return "" }, 0, reported)
	return measureWatchers(ctx, &followed)
}

// withLanes measures something of a service with several lanes, which is stopped afterwards.
func withLanes(ctx context.Context, r *run, lanes int, measure func(*process) error) error {
	service, err := startLanes(ctx, r.program, lanes)
	if err != nil {
		return err
	}
	defer service.stop()
	return measure(service)
}

// measureLaneBookings books in turns on one lane and on several, any of which will do.
func measureLaneBookings(ctx context.Context, r *run, several *process, lanes int) error {
	one, err := startService(ctx, r.program)
	if err != nil {
		return err
	}
	defer one.stop()
	services := []*process{one, several}
	var calls [2]book
	for i, service := range services {
		token, err := signIn(ctx, service.url)
		if err != nil {
			return err
		}
		calls[i] = bookByConnect(service.url, token)
		if err := fill(ctx, r.jobs, calls[i]); err != nil {
			return err
		}
	}
	var of [2]rates
	for range r.rounds {
		for i := range of {
			if err := of[i].round(ctx, r.bookers, r.duration, services[i], calls[i]); err != nil {
				return err
			}
		}
	}
	r.table.compare(fmt.Sprintf("bookings with %d lanes, and with one, %d jobs present", lanes, r.jobs), perSecond, median(of[1].perSecond),
		median(of[0].perSecond), atLeast(.9))
	r.table.compare("... answer, p99", milliseconds, median(of[1].p99), median(of[0].p99), reported)
	r.table.compare("... processor time of the server for one", microseconds, median(of[1].cpu), median(of[0].cpu), reported)
	return nil
}

// measureTogether has all lanes start a job at the same moment, in turns with bare timers. What counts is when each ComfyUI began.
func measureTogether(ctx context.Context, r *run, service *process) error {
	token, err := signIn(ctx, service.url)
	if err != nil {
		return err
	}
	client := scheduler(service.url, token)
	stubs := map[string]*straight{}
	for worker, address := range service.lanes {
		if stubs[worker], err = newStraight(ctx, address); err != nil {
			return err
		}
		defer stubs[worker].close()
	}
	defer quiet()()
	var booked, bare durations
	for n := range 4 * r.rounds {
		moment := time.Now().Add(1500 * time.Millisecond).Truncate(time.Millisecond)
		late, err := together(stubs, moment, func(worker string, s *straight) error {
			response, err := client.BookJob(ctx, &pb.BookJobRequest{
				Start:    &pb.BookJobRequest_StartMs{StartMs: moment.UnixMilli()},
				WorkerId: worker,
				Inputs:   smallInputs(fmt.Sprint("together ", n, worker)),
			})
			if err == nil {
				_, err = awaitEnd(ctx, client, response.Job.Id)
			}
			return err
		})
		if err != nil {
			return err
		}
		booked = append(booked, late...)
		moment = time.Now().Add(1500 * time.Millisecond).Truncate(time.Millisecond)
		late, err = together(stubs, moment, func(_ string, s *straight) error {
			id, body, err := s.prepare(n)
			if err != nil {
				return err
			}
			time.Sleep(time.Until(moment))
			_, err = s.post(ctx, id, body)
			return err
		})
		if err != nil {
			return err
		}
		bare = append(bare, late...)
	}
	r.table.compare(fmt.Sprintf("%d lanes that start at the same moment, and bare timers: late by, mean", len(stubs)), milliseconds,
		mean(booked), mean(bare), atMost(1.5))
	r.table.compare("... p99", milliseconds, booked.quantile(.99), bare.quantile(.99), reported)
	return nil
}

// together runs something on every ComfyUI at once, and tells how long after the moment each began.
func together(stubs map[string]*straight, moment time.Time, do func(string, *straight) error) (late durations, err error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	for worker, s := range stubs {
		all.Go(func() {
			failed := do(worker, s)
			began, asked := s.began()
			mu.Lock()
			defer mu.Unlock()
			late = append(late, began.Sub(moment))
			if failed == nil {
				failed = asked
			}
			if failed != nil {
				err = failed
			}
		})
	}
	all.Wait()
	return late, err
}

// began waits for the generation that has just ended to be in ComfyUI's history, and tells when it began.
func (s *straight) began() (time.Time, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for {
		id, began, _, err := s.latest(ctx)
		if err != nil {
			return time.Time{}, err
		}
		if id != s.seen {
			s.seen = id
			return time.UnixMilli(began), nil
		}
		time.Sleep(time.Millisecond)
	}
}

func mean(all durations) float64 {
	var sum time.Duration
	for _, d := range slices.Clone(all) {
		sum += d
	}
	return float64(sum) / float64(max(len(all), 1)) / float64(time.Millisecond)
}
