package stream_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/servertest"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/stream"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

type sender = grpc.ServerStreamingServer[pb.WatchStateResponse]

func connection(t *testing.T, s *servertest.Scheduler) *stream.Stream {
	t.Helper()
	f, _ := servertest.With(t, s)
	client, err := f.Client()
	if err != nil {
		t.Fatal(err)
	}
	return &stream.Stream{Scheduler: client.Scheduler, Backoff: func(int) time.Duration { return time.Millisecond }}
}

func snapshot(number int64, jobs ...*pb.Job) *pb.WatchStateResponse {
	return &pb.WatchStateResponse{Snapshot: &pb.StateSnapshot{Revision: &pb.Revision{Epoch: "e", Number: number}, Jobs: jobs}}
}

func TestTheFirstConnectionMayFail(t *testing.T) {
	s := connection(t, &servertest.Scheduler{
		Watch: func(*pb.WatchStateRequest, sender) error {
			return status.Error(codes.Unavailable, "away")
		},
	})
	if err := s.Run(t.Context(), func(*pb.WatchStateResponse) error { return nil }); status.Code(err) != codes.Unavailable {
		t.Errorf("%v", err)
	}
}

// A server that neither speaks nor hangs up is left for a new connection.
func TestASilentConnectionIsReplaced(t *testing.T) {
	connections := 0
	s := connection(t, &servertest.Scheduler{
		Watch: func(_ *pb.WatchStateRequest, out sender) error {
			connections++
			if connections == 1 {
				if err := out.Send(snapshot(1)); err != nil {
					return err
				}
				<-out.Context().Done() // mute
				return nil
			}
			return out.Send(snapshot(2))
		},
	})
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
	s := connection(t, &servertest.Scheduler{
		Watch: func(_ *pb.WatchStateRequest, out sender) error {
			connections++
			if err := out.Send(snapshot(1)); err != nil {
				return err
			}
			return status.Error(codes.Unauthenticated, "revoked")
		},
	})
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
	s := connection(t, &servertest.Scheduler{
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
	jobs, err := stream.Follow(t.Context(), s, []string{far, near}, api.Names{}, func(stream.Event) {})
	if err != nil || jobs[far].GetVersion() != 3 || jobs[near].GetVersion() != 3 || reads != 2 {
		t.Errorf("%v, %v after %d reads", jobs, err, reads)
	}
}

// The live state cuts long texts and names users once: a job that has ended is told whole and with its owner's name.
func TestAJobThatHasEndedIsWhole(t *testing.T) {
	const id = "3f2a1b2c-0000-4000-8000-000000000001"
	long := strings.Repeat("fox ", 100)
	s := connection(t, &servertest.Scheduler{
		Watch: func(_ *pb.WatchStateRequest, out sender) error {
			cut := &pb.Job{Id: id, UserId: "u", Version: 1, Status: pb.JobStatus_JOB_STATUS_SCHEDULED, Prompt: "fox…", Shortened: true}
			first := snapshot(5, cut)
			first.Snapshot.Users = []*pb.UserName{{UserId: "u", Name: "Ada"}}
			if err := out.Send(first); err != nil {
				return err
			}
			done := &pb.Job{Id: id, UserId: "u", Version: 3, Status: pb.JobStatus_JOB_STATUS_COMPLETED, Prompt: "fox…", Shortened: true}
			return out.Send(&pb.WatchStateResponse{
				Deltas: []*pb.StateDelta{
					{Revision: &pb.Revision{Epoch: "e", Number: 6}, Users: []*pb.UserName{{UserId: "u", Name: "Grace"}}},
					{Revision: &pb.Revision{Epoch: "e", Number: 7}, Jobs: []*pb.Job{done}},
				},
			})
		},
		Get: func(_ context.Context, req *pb.GetJobRequest) (*pb.GetJobResponse, error) {
			return &pb.GetJobResponse{
				Job: &pb.Job{
					Id:      req.GetJobId(),
					UserId:  "u",
					Version: 3,
					Status:  pb.JobStatus_JOB_STATUS_COMPLETED,
					Prompt:  long,
					Results: make([]*pb.Result, 30),
				},
			}, nil
		},
	})
	names := api.Names{}
	jobs, err := stream.Follow(t.Context(), s, []string{id}, names, func(stream.Event) {})
	if j := jobs[id]; err != nil || j.GetPrompt() != long || len(j.GetResults()) != 30 || names["u"] != "Grace" {
		t.Errorf("%v, %v", jobs, err)
	}
}

// Where as many streams are open as there may be, trying on would wait for what only the user can end.
func TestTooManyStreamsEndTheFirstConnection(t *testing.T) {
	tooMany := servertest.Error(codes.ResourceExhausted, "too many", &pb.ErrorInfo{Reason: pb.ErrorReason_ERROR_REASON_TOO_MANY_STREAMS})
	for heard, want := range map[bool]int{false: 1, true: 3} {
		connections := 0
		enough := errors.New("enough")
		s := connection(t, &servertest.Scheduler{
			Watch: func(_ *pb.WatchStateRequest, out sender) error {
				connections++
				if heard && connections != 2 { // the second one comes before the first has been missed
					return out.Send(snapshot(int64(connections)))
				}
				return tooMany
			},
		})
		s.Connected = true
		err := s.Run(t.Context(), func(r *pb.WatchStateResponse) error {
			if r.GetSnapshot().GetRevision().GetNumber() == 3 {
				return enough
			}
			return nil
		})
		if connections != want || (heard && !errors.Is(err, enough)) || (!heard && status.Code(err) != codes.ResourceExhausted) {
			t.Errorf("heard something: %v: %v after %d connections", heard, err, connections)
		}
	}
}
