package api_test

import (
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/config"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

type scheduler struct {
	pb.UnimplementedSchedulerServiceServer
}

// serve answers calls and pictures on one port, as the service does.
func serve(t *testing.T) *httptest.Server {
	t.Helper()
	calls := grpc.NewServer()
	pb.RegisterSchedulerServiceServer(calls, scheduler{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc"):
			calls.ServeHTTP(w, r)
		case r.Header.Get("Authorization") != "Bearer secret":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.EscapedPath() == "/results/a/1":
			_, _ = io.WriteString(w, "picture")
		default:
			http.NotFound(w, r)
		}
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func dial(t *testing.T, server *httptest.Server, roots *x509.CertPool, token string) *api.Client {
	t.Helper()
	addr, err := config.ParseAddress(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client, err := api.New(addr, &api.Keeper{Address: addr.String(), Override: token}, "test", roots)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func trusting(server *httptest.Server) *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return roots
}

func TestCallsAndFilesGoOverTLS(t *testing.T) {
	server := serve(t)
	client := dial(t, server, trusting(server), "secret")
	if _, err := client.Scheduler.GetState(t.Context(), &pb.GetStateRequest{}); status.Code(err) != codes.Unimplemented {
		t.Errorf("the call did not reach the server: %v", err)
	}
	content, err := client.Result(t.Context(), &pb.Job{Id: "a"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	if raw, err := io.ReadAll(content); err != nil || string(raw) != "picture" {
		t.Errorf("%q, %v", raw, err)
	}
}

func TestAServerThatNobodyVouchesForIsRefused(t *testing.T) {
	client := dial(t, serve(t), x509.NewCertPool(), "secret")
	if _, err := client.Scheduler.GetState(t.Context(), &pb.GetStateRequest{}); status.Code(err) != codes.Unavailable {
		t.Errorf("call: %v", err)
	}
	if _, err := client.Result(t.Context(), &pb.Job{Id: "a"}, 1); status.Code(err) != codes.Unavailable {
		t.Errorf("picture: %v", err)
	}
}

func TestFileErrorsHaveTheCodesOfCalls(t *testing.T) {
	server := serve(t)
	if _, err := dial(t, server, trusting(server), "secret").Result(t.Context(), &pb.Job{Id: "none"}, 0); status.Code(err) != codes.NotFound {
		t.Errorf("unknown file: %v", err)
	}
	stranger := dial(t, server, trusting(server), "wrong")
	if _, err := stranger.Result(t.Context(), &pb.Job{Id: "a"}, 1); status.Code(err) != codes.Unauthenticated {
		t.Errorf("wrong token: %v", err)
	}
}
