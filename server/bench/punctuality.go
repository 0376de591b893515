package main

import (
	"context"
	"fmt"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
)

const (
	loadRate     = 200 // bookings a second beside the measurement
	loadWatchers = 200
)

// measurePunctuality runs back-to-back slots while others book and watch.
func measurePunctuality(ctx context.Context, o options, service, _ *process, t *table) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	token, err := signIn(ctx, service.url)
	if err != nil {
		return err
	}
	client := connectClient()
	client.Transport = withToken{token, client.Transport}
	scheduler := comfyschedulerv1connect.NewSchedulerServiceClient(client, service.url)
	for range loadWatchers {
		go func() {
			stream, err := scheduler.WatchState(ctx, &pb.WatchStateRequest{Client: "bench"})
			for err == nil && stream.Receive() {
			}
		}()
	}
	send := bookByConnect(service.url, token)
	go func() {
		ticker := time.NewTicker(time.Second / loadRate)
		defer ticker.Stop()
		for ctx.Err() == nil {
			<-ticker.C
			go func() { _ = send(ctx, request()) }() // the load itself is not measured
		}
	}()
	var ids []string
	from := time.Now().Add(2 * time.Second).UnixMilli()
	// Quicker than the benchmark, so that no job outlasts its slot.
	small := map[string]*pb.ParameterValue{}
	for name, value := range map[string]int64{"width": 64, "height": 64, "steps": 1} {
		small[name] = &pb.ParameterValue{Value: &pb.ParameterValue_Integer{Integer: value}}
	}
	for range o.slots {
		r := &pb.BookJobRequest{Start: &pb.BookJobRequest_NextFreeFrom{NextFreeFrom: from}, Prompt: "on time", Parameters: small}
		response, err := scheduler.BookJob(ctx, r)
		if err != nil {
			return err
		}
		ids = append(ids, response.Job.Id)
	}
	var late durations
	var last *pb.Job
	for _, id := range ids {
		job, err := awaitEnd(ctx, scheduler, id)
		if err != nil {
			return err
		}
		late = append(late, time.Duration(job.StartedAtMs-job.TimeSlot)*time.Millisecond)
		last = job
	}
	t.add(fmt.Sprintf("start after slot, %d back-to-back slots, %d bookings/s, %d watchers", o.slots, loadRate, loadWatchers), late.String(), "", "")
	t.add("  the last of them", short(time.Duration(last.StartedAtMs-last.TimeSlot)*time.Millisecond), "", "")
	return nil
}

func awaitEnd(ctx context.Context, scheduler comfyschedulerv1connect.SchedulerServiceClient, id string) (*pb.Job, error) {
	for {
		response, err := scheduler.GetJob(ctx, &pb.GetJobRequest{JobId: id})
		if err != nil {
			return nil, err
		}
		if response.Job.FinishedAtMs > 0 {
			return response.Job, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
}
