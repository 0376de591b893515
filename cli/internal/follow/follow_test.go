package follow_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/follow"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

type sender = grpc.ServerStreamingServer[pb.WatchStateResponse]

func stream(t *testing.T, s *servertest.Scheduler) *follow.Stream {
	t.Helper()
	f, _ := servertest.With(t, s)
	client, err := f.Client()
	if err != nil {
		t.Fatal(err)
	}
	return &follow.Stream{Scheduler: client.Scheduler, Pause: func(int) time.Duration { return time.Millisecond }}
}

func snapshot(number int64, jobs ...*pb.Job) *pb.WatchStateResponse {
	return &pb.WatchStateResponse{Snapshot: &pb.StateSnapshot{Revision: &pb.Revision{Epoch: "e", Number: number}, Jobs: jobs}}
}

func TestTheFirstConnectionMayFail(t *testing.T) {
	s := stream(t, &servertest.Scheduler{Watch: func(*pb.WatchStateRequest, sender) error {
		return status.Error(codes.Unavailable, "away")
	}})
	if err := s.Run(t.Context(), func(*pb.WatchStateResponse) error { return nil }); status.Code(err) != codes.Unavailable {
		t.Errorf("%v", err)
	}
}

// A server that neither speaks nor hangs up is left for a new connection.
func TestASilentConnectionIsReplaced(t *testing.T) {
	connections := 0
	s := stream(t, &servertest.Scheduler{Watch: func(_ *pb.WatchStateRequest, out sender) error {
		connections++
		if connections == 1 {
			if err := out.Send(snapshot(1)); err != nil {
				return err
			}
			<-out.Context().Done() // mute
			return nil
		}
		return out.Send(snapshot(2))
	}})
	s.Silence = 50 * time.Millisecond
	var told error
	s.Lost = func(err error) { told = err }
	enough := errors.New("enough")
	err := s.Run(t.Context(), func(r *pb.WatchStateResponse) error {
		if r.GetSnapshot().GetRevision().GetNumber() == 2 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || told == nil {
		t.Errorf("%v, told %v", err, told)
	}
}

func TestARevokedTokenEndsTheStream(t *testing.T) {
	connections := 0
	s := stream(t, &servertest.Scheduler{Watch: func(_ *pb.WatchStateRequest, out sender) error {
		connections++
		if err := out.Send(snapshot(1)); err != nil {
			return err
		}
		return status.Error(codes.Unauthenticated, "revoked")
	}})
	err := s.Run(t.Context(), func(*pb.WatchStateResponse) error { return nil })
	if status.Code(err) != codes.Unauthenticated || connections != 1 {
		t.Errorf("%v after %d connections", err, connections)
	}
}

// A snapshot is bounded: jobs that it leaves out are read one by one. When that fails because the connection breaks,
// the snapshot is asked for again.
func TestJobsThatTheSnapshotLeavesOutAreRead(t *testing.T) {
	const far, near = "3f2a1b2c-0000-4000-8000-000000000001", "3f2a1b2c-0000-4000-8000-000000000002"
	ended := func(id string) *pb.Job {
		return &pb.Job{Id: id, Version: 3, Status: pb.JobStatus_JOB_STATUS_COMPLETED}
	}
	reads := 0
	s := stream(t, &servertest.Scheduler{
		Watch: func(req *pb.WatchStateRequest, out sender) error {
			if req.GetResumeAfter() != nil {
				t.Errorf("resumed after %v, though that snapshot was not applied", req.GetResumeAfter())
			}
			if err := out.Send(snapshot(5, ended(near))); err != nil {
				return err
			}
			<-out.Context().Done()
			return nil
		},
		Get: func(_ context.Context, req *pb.GetJobRequest) (*pb.GetJobResponse, error) {
			reads++
			if reads == 1 {
				return nil, status.Error(codes.Unavailable, "away")
			}
			return &pb.GetJobResponse{Job: ended(req.GetJobId())}, nil
		},
	})
	s.Connected = true
	jobs, err := follow.Jobs(t.Context(), s, []string{far, near}, func(follow.Event) {})
	if err != nil || jobs[far].GetVersion() != 3 || jobs[near].GetVersion() != 3 || reads != 2 {
		t.Errorf("%v, %v after %d reads", jobs, err, reads)
	}
}
