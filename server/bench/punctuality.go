package main

import (
	"context"
	"fmt"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

const (
	loadRate     = 200 // bookings a second beside the measurement
	loadWatchers = 200
)

// small makes a generation quicker than the benchmark, so that no job outlasts its slot.
var small = map[string]int64{"width": 64, "height": 64, "steps": 1}

func smallInputs(prompt string) map[string]*pb.InputValue {
	values := servicetest.Prompt(prompt)
	for name, value := range small {
		values[name] = servicetest.Integer(value)
	}
	return values
}

// measurePunctuality runs slots one after the other while others book and watch.
func measurePunctuality(ctx context.Context, r *run) error {
	service, err := newStage(ctx, r)
	if err != nil {
		return err
	}
	defer service.stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a, err := gather(ctx, connectStreams.watch(service.process, service.token), loadWatchers, loadWatchers, 0)
	if err != nil {
		return err
	}
	defer a.closed()
	defer cancel()
	go func() {
		ticker := time.NewTicker(time.Second / loadRate)
		defer ticker.Stop()
		for ctx.Err() == nil {
			<-ticker.C
			go func() { _ = service.send(ctx, request(fox)) }() // the load itself is not measured
		}
	}()
	defer quiet()()
	client := scheduler(service.url, service.token)
	late, err := oneAfterTheOther(ctx, client, r.slots, apart)
	if err != nil {
		return err
	}
	half := len(late) / 2
	what := fmt.Sprintf("start after slot, %d slots one after the other, %d bookings/s, %d watchers, p50", r.slots, loadRate, loadWatchers)
	r.table.note(what, milliseconds, late.quantile(.5), reported)
	r.table.note("... p99", milliseconds, late.quantile(.99), atMost(5))
	r.table.note("... drift: the median of the second half less that of the first", milliseconds,
		late[half:].quantile(.5)-late[:half].quantile(.5), atMost(1))
	touching, err := oneAfterTheOther(ctx, client, r.slots, nearly)
	if err != nil {
		return err
	}
	what = fmt.Sprintf("... of slots that nearly touch, %d ms apart, p50", nearly.Milliseconds())
	r.table.note(what, milliseconds, touching.quantile(.5), reported)
	r.table.note("... p99", milliseconds, touching.quantile(.99), reported)
	forward, err := soonerIfFree(ctx, client, r.slots)
	if err != nil {
		return err
	}
	r.table.note("start after it was moved forward, since the job before ended early, p50", milliseconds, forward.quantile(.5), reported)
	r.table.note("... p99", milliseconds, forward.quantile(.99), reported)
	return nil
}

const (
	taught = 10 // runs after which slots are as long as the runs need
	// apart is the time from the end of a slot to the next. The bench's runs take a tenth of a second, so that in them is next to no room
	// for a disk that holds a commit up; runs of seconds end that much before their slots.
	apart = 250 * time.Millisecond
	// nearly is the shortest such time in which few runs outlast their slots into the next one: one in twenty.
	nearly = 40 * time.Millisecond
)

type schedulerClient = comfyschedulerv1connect.SchedulerServiceClient

// oneAfterTheOther runs jobs with exact starts, and tells how long after its slot began each was started.
func oneAfterTheOther(ctx context.Context, client schedulerClient, slots int, apart time.Duration) (durations, error) {
	if _, err := soonerIfFree(ctx, client, taught); err != nil {
		return nil, err
	}
	from := time.Now().Add(2 * time.Second)
	jobs, err := bookEach(ctx, client, slots, func(booked *pb.Job) *pb.BookJobRequest {
		if booked != nil {
			from = time.UnixMilli(booked.TimeSlot.GetEndMs()).Add(apart)
		}
		return &pb.BookJobRequest{Start: &pb.BookJobRequest_StartMs{StartMs: from.UnixMilli()}}
	})
	if err != nil {
		return nil, err
	}
	return lateness(ctx, client, jobs)
}

// soonerIfFree runs jobs each of which is moved forward when the one before has ended, and tells how long after that each was started.
func soonerIfFree(ctx context.Context, client schedulerClient, slots int) (durations, error) {
	from := time.Now().Add(time.Second).UnixMilli()
	jobs, err := bookEach(ctx, client, slots, func(*pb.Job) *pb.BookJobRequest {
		return &pb.BookJobRequest{Start: &pb.BookJobRequest_EarliestStartMs{EarliestStartMs: from}}
	})
	if err != nil {
		return nil, err
	}
	return lateness(ctx, client, jobs)
}

// bookEach books jobs of one kind, one after the other; next is given the one before.
func bookEach(
	ctx context.Context, client schedulerClient, n int, next func(booked *pb.Job) *pb.BookJobRequest,
) (ids []string, err error) {
	var booked *pb.Job
	for range n {
		request := next(booked)
		request.Inputs = smallInputs("on time")
		response, err := client.BookJob(ctx, request)
		if err != nil {
			return nil, err
		}
		booked = response.Job
		ids = append(ids, booked.Id)
	}
	return ids, nil
}

// lateness waits for the ends of jobs, and tells how long after its slot began each was started that was not behind one that outlasted its
// own.
func lateness(ctx context.Context, client schedulerClient, ids []string) (late durations, err error) {
	var before int64
	for _, id := range ids {
		job, err := awaitEnd(ctx, client, id)
		if err != nil {
			return nil, err
		}
		if start := job.TimeSlot.GetStartMs(); before <= start {
			late = append(late, time.Duration(job.StartedAtMs-start)*time.Millisecond)
		}
		before = job.FinishedAtMs
	}
	return late, nil
}

func awaitEnd(ctx context.Context, client schedulerClient, id string) (*pb.Job, error) {
	for {
		response, err := client.GetJob(ctx, &pb.GetJobRequest{JobId: id})
		if err != nil {
			return nil, err
		}
		if response.Job.FinishedAtMs > 0 {
			return response.Job, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
}
