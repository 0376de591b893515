package rpc_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/rpc"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/sqlite"
)

// pipes is a network within a bubble of time.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, open := <-p
	if !open {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p <- theirs
	return ours, nil
}

// watched is a service with one watcher.
func watched(t *testing.T, test func(*rpc.Server, chan struct{}, *connect.ServerStreamForClient[pb.WatchStateResponse])) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := sqlite.Open(t.Context(), filepath.Join(folder, "bookings.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		stopping := make(chan struct{})
		service := &rpc.Server{
			Identity:   identity.New(s, identity.Rules{Mode: account.Open}, time.Now),
			Store:      s,
			CookieName: "test",
			Stopping:   stopping,
			Now:        time.Now,
			Log:        slog.New(slog.DiscardHandler),
		}
		service.Feed = feed.New(0, service.Presenter.Delta)
		service.Feed.Load(feed.Revision{Epoch: "e"}, nil, nil)
		service.Identity.OnChange(service.Feed.Notify)
		_, token, err := service.Identity.SignIn(t.Context(), "", "", "")
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		if err := service.Handle(mux); err != nil {
			t.Fatal(err)
		}
		network := make(pipes)
		server := &http.Server{Handler: mux}
		go func() { _ = server.Serve(network) }()
		defer func() { _ = server.Close() }()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = service.SendHeartbeats(ctx) }()

		transport := &http.Transport{DialContext: network.dial}
		defer transport.CloseIdleConnections()
		client := comfyschedulerv1connect.NewSchedulerServiceClient(&http.Client{Transport: bearer{token, transport}}, "http://service")
		stream, err := client.WatchState(ctx, &pb.WatchStateRequest{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = stream.Close() }()
		if !stream.Receive() || stream.Msg().GetSnapshot() == nil {
			t.Fatalf("no snapshot: %v", stream.Err())
		}
		test(service, stopping, stream)
	})
}

type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}

func TestSilentStreamsHaveHeartbeats(t *testing.T) {
	watched(t, func(service *rpc.Server, _ chan struct{}, stream *connect.ServerStreamForClient[pb.WatchStateResponse]) {
		for i := range 20 {
			if i == 10 {
				time.Sleep(7 * time.Second)
				service.Feed.SetSystem(health.State{})
				if !stream.Receive() || len(stream.Msg().GetStatuses()) != 1 {
					t.Fatalf("no delta: %v (%v)", stream.Msg(), stream.Err())
				}
			}
			before := time.Now()
			if !stream.Receive() || stream.Msg().GetHeartbeat().GetServerTimeMs() != time.Now().UnixMilli() {
				t.Fatalf("no heartbeat: %v (%v)", stream.Msg(), stream.Err())
			}
			if silent := time.Since(before); silent > 15*time.Second || silent < 5*time.Second {
				t.Errorf("silent for %v", silent)
			}
		}
	})
}

func TestTwoChangesAfterQuietAreToldAtOnceAndManyShareResponses(t *testing.T) {
	watched(t, func(service *rpc.Server, _ chan struct{}, stream *connect.ServerStreamForClient[pb.WatchStateResponse]) {
		receive := func() (changes int, waited time.Duration) {
			before := time.Now()
			if !stream.Receive() {
				t.Fatal(stream.Err())
			}
			return len(stream.Msg().GetStatuses()), time.Since(before)
		}
		time.Sleep(time.Second)
		for range 2 {
			service.Feed.SetSystem(health.State{})
			if changes, waited := receive(); changes != 1 || waited != 0 {
				t.Errorf("after quiet %d changes came after %v", changes, waited)
			}
		}
		for range 10 {
			service.Feed.SetSystem(health.State{})
			synctest.Wait()
		}
		if changes, waited := receive(); changes != 10 || waited == 0 || waited > 30*time.Millisecond {
			t.Errorf("in a busy time %d changes came after %v", changes, waited)
		}
	})
}

func TestStreamsEndWhenTheServiceStops(t *testing.T) {
	watched(t, func(service *rpc.Server, stopping chan struct{}, stream *connect.ServerStreamForClient[pb.WatchStateResponse]) {
		before := time.Now()
		close(stopping)
		service.Feed.Notify()
		if stream.Receive() || connect.CodeOf(stream.Err()) != connect.CodeUnavailable || time.Since(before) > time.Second {
			t.Errorf("got %v (%v) after %v", stream.Msg(), stream.Err(), time.Since(before))
		}
	})
}
