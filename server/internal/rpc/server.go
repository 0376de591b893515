// Package rpc is the service's face: the schema's services over Connect, gRPC and gRPC-Web. It recognises the caller,
// turns messages into the words of the packages below and back, and errors into codes. No rule of booking is here.
package rpc

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"connectrpc.com/connect"
	"connectrpc.com/grpchealth"
	"connectrpc.com/grpcreflect"

	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/assets"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/changes"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/measured"
	"github.com/comfyscheduler/comfyscheduler/server/internal/refusal"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
	"github.com/comfyscheduler/comfyscheduler/server/internal/templates"
)

// Workers are the lanes of the timeline. Each call names a worker by its id; one that is not known is a fault.
type Workers interface {
	// Restart stops a worker's ComfyUI and starts it again, which is noted as the deed of an administrator. It does not wait.
	Restart(ctx context.Context, by account.Actor, worker string) error
	// LogTail is the end of what a worker's ComfyUI wrote, oldest line first.
	LogTail(ctx context.Context, worker string, lines int) ([]string, error)
	// Owner is the worker whose result a name is.
	Owner(name string) (worker string)
	// Measurement returns what is known on a worker from running a workflow there, with how far that is and a text that may be empty.
	Measurement(worker, workflow string) (known measured.Entry, state measured.State, text string)
	// MeasureWorkflow has a workflow measured in free time, on every worker that can run it when none is named; or takes a bad result for
	// good enough, which is noted as the deed of an administrator. Faults: NotFound, NotBookable.
	MeasureWorkflow(ctx context.Context, by account.Actor, workflow, worker string, accept bool) error
}

// Store reads what is kept. Nothing is written here.
type Store interface {
	store.Jobs
	store.Timelines
	store.Invitations
	store.Audit
	store.Log
	store.Assets
	// User reads one user who is not deleted; store.ErrNotFound.
	User(ctx context.Context, id string) (account.User, error)
	// UserByName reads the user who has exactly this name and is not deleted; store.ErrNotFound.
	UserByName(ctx context.Context, name string) (account.User, error)
}

// Learned tells how good estimates were.
type Learned interface {
	// Reports returns those of a worker, or of all, and of a workflow, or of all.
	Reports(worker, workflow string) []learned.Report
}

// Server holds the parts that the services work with.
type Server struct {
	Booking  *booking.Service
	Identity *identity.Service
	Feed     *feed.Feed[*Delta]
	Store    Store
	Live     *changes.Follower // keeps Feed up to date with Store
	Catalog  Catalog
	Library  *library.Library
	Shrink   func(ctx context.Context, result string) ([]byte, error) // makes a small picture of a result
	// OpenResult opens a result of a job, when it is still what the job wrote, and gives its size; -1: not known. fault.NotFound,
	// fault.ResultChanged.
	OpenResult func(ctx context.Context, j job.Job, n int) (io.ReadCloser, int64, error)
	Workers    Workers
	Assets     *assets.Assets
	Templates  *templates.Templates
	Estimator  estimate.Estimator
	Learned    Learned
	Presenter  Presenter
	CookieName string
	TokenLife  time.Duration   // how long a token is good that is not used; 0: for ever
	Exposed    bool            // others than this machine's users reach the port
	Serving    func() bool     // whether bookings are taken
	Stopping   <-chan struct{} // closed when the service begins to stop
	Now        func() time.Time
	Log        *slog.Logger
	Refusals   *refusal.Log // nil: they are not written down

	rules     rules
	admission *admission
	snapshots snapshots
	streams   streams
	archives  archives
}

const (
	// maxRequest is the size of the largest request, in bytes: a prompt and 100 parameters of 16 KiB each fit.
	maxRequest = 2 << 20
	// maxWorkflowRequest is the size of the largest request about workflows, in bytes: a file of 2 MiB fits in base64.
	maxWorkflowRequest = 3 << 20
	// maxQuestion is the size of the largest request about health and the schema, in bytes.
	maxQuestion = 64 << 10
	// compressFrom is the size from which on responses are compressed, in bytes. Small changes go to many watchers:
	// compressing them costs more than it saves.
	compressFrom = 4 << 10
)

// Handle puts the services on the mux.
func (s *Server) Handle(mux *http.ServeMux) error {
	checks, err := newRules()
	if err != nil {
		return fmt.Errorf("read the rules of the schema: %w", err)
	}
	s.rules, s.admission = checks, s.newAdmission()
	guard := &guard{s}
	unpacked := []connect.HandlerOption{
		connect.WithRequestGate(guard.admit),
		connect.WithInterceptors(guard),
		connect.WithCompressMinBytes(compressFrom),
		codecs,
	}
	options := append(slices.Clone(unpacked), gzipped(maxRequest))
	handle := func(path string, handler http.Handler) { mux.Handle(path, newDoor(handler, maxRequest)) }
	handle(comfyschedulerv1connect.NewSchedulerServiceHandler(schedulerService{s}, options...))
	path, workflows := comfyschedulerv1connect.NewWorkflowServiceHandler(workflowService{s},
		append(slices.Clone(unpacked), gzipped(maxWorkflowRequest))...)
	mux.Handle(path, newDoor(workflows, maxWorkflowRequest))
	handle(comfyschedulerv1connect.NewWorkerServiceHandler(workerService{s}, options...))
	handle(comfyschedulerv1connect.NewAssetServiceHandler(assetService{s}, options...))
	handle(comfyschedulerv1connect.NewIdentityServiceHandler(identityService{s}, options...))
	handle(comfyschedulerv1connect.NewAdminServiceHandler(adminService{s}, options...))
	names := []string{
		comfyschedulerv1connect.SchedulerServiceName,
		comfyschedulerv1connect.WorkflowServiceName,
		comfyschedulerv1connect.WorkerServiceName,
		comfyschedulerv1connect.AssetServiceName,
		comfyschedulerv1connect.IdentityServiceName,
		comfyschedulerv1connect.AdminServiceName,
	}
	small := connect.WithReadMaxBytes(maxQuestion)
	mux.Handle(grpchealth.NewHandler(healthCheck{s, names}, small))
	reflector := grpcreflect.NewStaticReflector(names...)
	mux.Handle(grpcreflect.NewHandlerV1(reflector, small, connect.WithRequestGate(guard.admit)))
	mux.Handle(grpcreflect.NewHandlerV1Alpha(reflector, small, connect.WithRequestGate(guard.admit)))
	return nil
}

// healthCheck says that a service is serving while bookings are taken.
type healthCheck struct {
	*Server
	services []string
}

// Check implements grpchealth.Checker. The empty name is the whole.
func (h healthCheck) Check(_ context.Context, request *grpchealth.CheckRequest) (*grpchealth.CheckResponse, error) {
	if request.Service != "" && !slices.Contains(h.services, request.Service) {
		return nil, connect.NewError(connect.CodeNotFound, fmt.Errorf("there is no service %q", request.Service))
	}
	status := grpchealth.StatusNotServing
	if h.Serving() {
		status = grpchealth.StatusServing
	}
	return &grpchealth.CheckResponse{Status: status}, nil
}

// IsStopping reports whether the service has begun to stop.
func (s *Server) IsStopping() bool {
	select {
	case <-s.Stopping:
		return true
	default:
		return false
	}
}

type callerKey struct{}

// caller finds the maker of the request, whom the interceptor has put there.
func caller(ctx context.Context) identity.Caller {
	c, _ := ctx.Value(callerKey{}).(identity.Caller)
	return c
}

// viewer decides what the caller may see.
func viewer(ctx context.Context) account.User { return caller(ctx).User }
