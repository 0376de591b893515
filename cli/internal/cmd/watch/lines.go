package watch

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/stream"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// errEnough ends the stream after the wanted number of lines.
var errEnough = errors.New("enough lines")

// linesRun prints one line per change.
func linesRun(ctx context.Context, opts *watchOptions, client *api.Client) error {
	stream := &stream.Stream{
		Scheduler: client.Scheduler,
		After:     opts.Since,
		Lost:      func(error) { fmt.Fprintln(opts.IO.Err, "connection lost, trying again") },
		Back:      func() { fmt.Fprintln(opts.IO.Err, "connected again") },
	}
	printed := 0
	err := stream.Run(ctx, func(r *pb.WatchStateResponse) error {
		for _, one := range split(r, opts.Progress) {
			if err := render.JSONChange(opts.IO.Out, one); err != nil {
				return err
			}
			printed++
			if printed == opts.Limit {
				return errEnough
			}
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// split divides a response into responses with one thing in each; deltas of one revision stay together, so that whoever has
// seen a line can go on after it. Signs of life are left out.
func split(r *pb.WatchStateResponse, progress bool) (parts []*pb.WatchStateResponse) {
	if r.GetSnapshot() != nil {
		parts = append(parts, &pb.WatchStateResponse{Snapshot: r.GetSnapshot()})
	}
	var last *pb.WatchStateResponse
	for _, d := range r.GetDeltas() {
		if last != nil && proto.Equal(last.GetDeltas()[0].GetRevision(), d.GetRevision()) {
			last.Deltas = append(last.Deltas, d)
			continue
		}
		last = &pb.WatchStateResponse{Deltas: []*pb.StateDelta{d}}
		parts = append(parts, last)
	}
	for _, u := range r.GetStatuses() {
		parts = append(parts, &pb.WatchStateResponse{Statuses: []*pb.StatusUpdate{u}})
	}
	if !progress {
		return parts
	}
	for _, p := range r.GetProgress() {
		parts = append(parts, &pb.WatchStateResponse{Progress: []*pb.JobProgress{p}})
	}
	return parts
}
