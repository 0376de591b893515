package rpc_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/gate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/rpc"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
)

// serve is a service of which only the identity works, and a client that has signed in.
func serve(t *testing.T, limits account.Limits, log *bytes.Buffer) comfyschedulerv1connect.SchedulerServiceClient {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	service := &rpc.Server{
		Identity:   identity.New(s, identity.Rules{Mode: account.Open}, time.Now),
		Presenter:  rpc.Presenter{Limits: limits},
		CookieName: "test",
		Now:        time.Now,
		Log:        slog.New(slog.NewTextHandler(log, nil)),
	}
	_, token, err := service.Identity.SignIn(t.Context(), "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	if err := service.Handle(mux); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(mux)
	server.Config.ConnContext = gate.WithConnection
	server.Start()
	t.Cleanup(server.Close)
	withToken := connect.WithInterceptors(connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
		return func(ctx context.Context, r connect.AnyRequest) (connect.AnyResponse, error) {
			r.Header().Set("Authorization", "Bearer "+token)
			return next(ctx, r)
		}
	}))
	return comfyschedulerv1connect.NewSchedulerServiceClient(server.Client(), server.URL, withToken)
}

func TestPanicEndsOneCall(t *testing.T) {
	var log bytes.Buffer
	c := serve(t, account.Limits{}, &log)
	for range 2 { // there is no store to read from
		_, err := c.ListJobs(t.Context(), &pb.ListJobsRequest{})
		if connect.CodeOf(err) != connect.CodeInternal || strings.Contains(err.Error(), "panic") {
			t.Errorf("got %v", err)
		}
	}
	if n := strings.Count(log.String(), "panic: "); n != 2 {
		t.Errorf("%d panics in the log: %s", n, log.String())
	}
}

func TestCallsOfOneUserAreBounded(t *testing.T) {
	var log bytes.Buffer
	c := serve(t, account.Limits{RequestsPerSecond: 1}, &log)
	var codes []connect.Code
	for range 3 { // a burst of two is taken
		_, err := c.GetJob(t.Context(), &pb.GetJobRequest{JobId: "no id"})
		codes = append(codes, connect.CodeOf(err))
	}
	if codes[0] != connect.CodeInvalidArgument || codes[1] != connect.CodeInvalidArgument || codes[2] != connect.CodeResourceExhausted {
		t.Errorf("got %v", codes)
	}
}
