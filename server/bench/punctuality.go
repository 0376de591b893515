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

// measurePunctuality runs back-to-back slots while others book and watch.
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
	late, err := backToBack(ctx, client, r.slots, false)
	if err != nil {
		return err
	}
	half := len(late) / 2
	r.table.note(fmt.Sprintf("start after slot, %d back-to-back slots, %d bookings/s, %d watchers, p50", r.slots, loadRate, loadWatchers),
		milliseconds, late.quantile(.5), reported)
	r.table.note("... p99", milliseconds, late.quantile(.99), atMost(5))
	r.table.note("... drift: the median of the second half less that of the first", milliseconds,
		late[half:].quantile(.5)-late[:half].quantile(.5), atMost(1))
	forward, err := backToBack(ctx, client, r.slots, true)
	if err != nil {
		return err
	}
	r.table.note("start after it was moved forward, since the job before ended early, p50", milliseconds, forward.quantile(.5), reported)
	r.table.note("... p99", milliseconds, forward.quantile(.99), reported)
	return nil
}

// backToBack runs jobs whose slots follow one another, and tells how long after its slot began each was started. Those that may start
// sooner do when the job before has ended: their slots begin when they are moved forward.
func backToBack(
	ctx context.Context, client comfyschedulerv1connect.SchedulerServiceClient, slots int, sooner bool,
) (late durations, err error) {
	var ids []string
	from := time.Now().Add(2 * time.Second).UnixMilli()
	for range slots {
		response, err := client.BookJob(ctx, &pb.BookJobRequest{
			Start:  &pb.BookJobRequest_EarliestStartMs{EarliestStartMs: from},
			Sooner: &sooner,
			Inputs: smallInputs("on time"),
		})
		if err != nil {
			return nil, err
		}
		ids = append(ids, response.Job.Id)
	}
	for _, id := range ids {
		job, err := awaitEnd(ctx, client, id)
		if err != nil {
			return nil, err
		}
		late = append(late, time.Duration(job.StartedAtMs-job.TimeSlot.GetStartMs())*time.Millisecond)
	}
	return late, nil
}

func awaitEnd(ctx context.Context, client comfyschedulerv1connect.SchedulerServiceClient, id string) (*pb.Job, error) {
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
