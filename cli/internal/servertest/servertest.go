// Package servertest runs a server in memory for tests of commands: real calls, real errors, no network.
package servertest

import (
	"bytes"
	"context"
	"math"
	"net"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/protoadapt"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/config"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/factory"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Now is the present in tests: a Monday noon.
var Now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// Scheduler is a service of functions; a call without one is unimplemented.
type Scheduler struct {
	pb.UnimplementedSchedulerServiceServer
	Book      func(context.Context, *pb.BookJobRequest) (*pb.BookJobResponse, error)
	Check     func(context.Context, *pb.CheckBookingRequest) (*pb.CheckBookingResponse, error)
	Update    func(context.Context, *pb.UpdateJobRequest) (*pb.UpdateJobResponse, error)
	Move      func(context.Context, *pb.MoveJobRequest) (*pb.MoveJobResponse, error)
	Get       func(context.Context, *pb.GetJobRequest) (*pb.GetJobResponse, error)
	List      func(context.Context, *pb.ListJobsRequest) (*pb.ListJobsResponse, error)
	State     func(context.Context, *pb.GetStateRequest) (*pb.GetStateResponse, error)
	Day       func(context.Context, *pb.GetDayStatsRequest) (*pb.GetDayStatsResponse, error)
	Estimates func(context.Context, *pb.ListEstimatesRequest) (*pb.ListEstimatesResponse, error)
	Watch     func(*pb.WatchStateRequest, grpc.ServerStreamingServer[pb.WatchStateResponse]) error
	// Form is the only workflow, served beside it; nil for Klein.
	Form *pb.Workflow
}

// Klein is a workflow with a prompt, a seed and steps.
func Klein() *pb.Workflow {
	least, most, usual := int64(1), int64(50), int64(4)
	return &pb.Workflow{
		Summary: &pb.WorkflowSummary{Id: "klein", Version: "1", Bookable: true},
		Inputs: []*pb.Input{
			{
				Name: "prompt",
				Role: pb.InputRole_INPUT_ROLE_PROMPT,
				Kind: &pb.Input_Text{Text: &pb.TextInput{MaxBytes: 16384, Multiline: true}},
			},
			{
				Name: "seed",
				Role: pb.InputRole_INPUT_ROLE_SEED,
				Kind: &pb.Input_Seed{Seed: &pb.SeedInput{Max: math.MaxUint64}},
			},
			{
				Name: "steps",
				Kind: &pb.Input_Integer{Integer: &pb.IntegerInput{Min: &least, Max: &most, Default: &usual}},
			},
		},
	}
}

var errNotSet = status.Error(codes.Unimplemented, "not part of this test")

// BookJob implements the service.
func (s *Scheduler) BookJob(ctx context.Context, r *pb.BookJobRequest) (*pb.BookJobResponse, error) {
	return call(ctx, s.Book, r)
}

// CheckBooking implements the service.
func (s *Scheduler) CheckBooking(ctx context.Context, r *pb.CheckBookingRequest) (*pb.CheckBookingResponse, error) {
	return call(ctx, s.Check, r)
}

// UpdateJob implements the service.
func (s *Scheduler) UpdateJob(ctx context.Context, r *pb.UpdateJobRequest) (*pb.UpdateJobResponse, error) {
	return call(ctx, s.Update, r)
}

// MoveJob implements the service.
func (s *Scheduler) MoveJob(ctx context.Context, r *pb.MoveJobRequest) (*pb.MoveJobResponse, error) {
	return call(ctx, s.Move, r)
}

// GetJob implements the service.
func (s *Scheduler) GetJob(ctx context.Context, r *pb.GetJobRequest) (*pb.GetJobResponse, error) {
	return call(ctx, s.Get, r)
}

// ListJobs implements the service.
func (s *Scheduler) ListJobs(ctx context.Context, r *pb.ListJobsRequest) (*pb.ListJobsResponse, error) {
	return call(ctx, s.List, r)
}

// GetState implements the service.
func (s *Scheduler) GetState(ctx context.Context, r *pb.GetStateRequest) (*pb.GetStateResponse, error) {
	return call(ctx, s.State, r)
}

// GetDayStats implements the service.
func (s *Scheduler) GetDayStats(ctx context.Context, r *pb.GetDayStatsRequest) (*pb.GetDayStatsResponse, error) {
	return call(ctx, s.Day, r)
}

// ListEstimates implements the service.
func (s *Scheduler) ListEstimates(ctx context.Context, r *pb.ListEstimatesRequest) (*pb.ListEstimatesResponse, error) {
	return call(ctx, s.Estimates, r)
}

// WatchState implements the service.
func (s *Scheduler) WatchState(r *pb.WatchStateRequest, out grpc.ServerStreamingServer[pb.WatchStateResponse]) error {
	if s.Watch == nil {
		return errNotSet
	}
	return s.Watch(r, out)
}

// workflows serves one form.
type workflows struct {
	pb.UnimplementedWorkflowServiceServer
	form *pb.Workflow
}

// GetWorkflow implements the service.
func (w workflows) GetWorkflow(_ context.Context, r *pb.GetWorkflowRequest) (*pb.GetWorkflowResponse, error) {
	if id := r.GetWorkflowId(); id != "" && id != w.form.GetSummary().GetId() {
		return nil, status.Errorf(codes.NotFound, "there is no workflow %q", id)
	}
	return &pb.GetWorkflowResponse{Workflow: w.form}, nil
}

// Caller is the user whose token the client under test sends.
var Caller = &pb.User{Id: "01a20620-0000-7000-8000-000000000001", Name: "User-1"}

// identity knows Caller.
type identity struct {
	pb.UnimplementedIdentityServiceServer
}

// GetMe implements the service.
func (identity) GetMe(context.Context, *pb.GetMeRequest) (*pb.GetMeResponse, error) {
	return &pb.GetMeResponse{User: Caller}, nil
}

func call[Q, A any](ctx context.Context, f func(context.Context, *Q) (*A, error), q *Q) (*A, error) {
	if f == nil {
		return nil, errNotSet
	}
	return f(ctx, q)
}

// Terminal is the streams of a command under test.
type Terminal struct {
	*term.Streams
	In, Out, Err *bytes.Buffer
}

// New starts a server with the given services and makes a factory whose client talks to it with the token "secret".
func New(t *testing.T, register func(*grpc.Server)) (*factory.Factory, Terminal) {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	register(server)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)

	addr := config.Address{Host: "localhost", Port: "3000"}
	return connect(t, addr, grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
}

// connect makes a factory whose client talks to an address with the token "secret".
func connect(t *testing.T, addr config.Address, options ...grpc.DialOption) (*factory.Factory, Terminal) {
	t.Helper()
	file := &config.File{Path: filepath.Join(t.TempDir(), "config.json")}
	client, err := api.New(addr, &api.Keeper{File: file, Address: addr.String(), Override: "secret"}, "test", nil, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	streams, in, out, errOut := term.Test()
	return &factory.Factory{
		IO:       streams,
		Clock:    when.Clock{Now: func() time.Time { return Now }, Zone: time.UTC},
		Settings: file,
		Server:   func() (config.Address, error) { return addr, nil },
		Client:   func() (*api.Client, error) { return client, nil },
	}, Terminal{streams, in, out, errOut}
}

// With is New for a test that needs only the scheduler, a workflow and a caller.
func With(t *testing.T, s *Scheduler) (*factory.Factory, Terminal) {
	t.Helper()
	form := s.Form
	if form == nil {
		form = Klein()
	}
	return New(t, func(g *grpc.Server) {
		pb.RegisterSchedulerServiceServer(g, s)
		pb.RegisterWorkflowServiceServer(g, workflows{form: form})
		pb.RegisterIdentityServiceServer(g, identity{})
	})
}

// Error makes an error as the server sends it.
func Error(code codes.Code, message string, details ...protoadapt.MessageV1) error {
	st, err := status.New(code, message).WithDetails(details...)
	if err != nil {
		panic(err)
	}
	return st.Err()
}
