package rpc_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
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

// door is the part of a service that lets people in, on a clock that stands still, so that nothing held back is let through later.
type door struct {
	identity comfyschedulerv1connect.IdentityServiceClient
	store    *sqlite.Store
}

func openDoor(t *testing.T, change func(*rpc.Server)) *door {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "bookings.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	now := time.Now()
	service := &rpc.Server{
		Identity:   identity.New(s, identity.Rules{Mode: account.Open}, func() time.Time { return now }),
		CookieName: "test",
		Now:        func() time.Time { return now },
		Log:        slog.New(slog.DiscardHandler),
	}
	change(service)
	mux := http.NewServeMux()
	if err := service.Handle(mux); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(mux)
	server.Config.ConnContext = gate.WithConnection
	server.Start()
	t.Cleanup(server.Close)
	return &door{comfyschedulerv1connect.NewIdentityServiceClient(server.Client(), server.URL), s}
}

// me asks who it is that holds a token.
func (d *door) me(ctx context.Context, token string) error {
	ctx, call := connect.NewClientContext(ctx)
	call.RequestHeader().Set("Authorization", "Bearer "+token)
	_, err := d.identity.GetMe(ctx, &pb.GetMeRequest{})
	return err
}

// Whoever reaches the port from elsewhere makes a hundred users at once, and no more; on a port that this machine alone reaches it
// takes a program that means harm.
func TestSignInsOfOneSourceAreBounded(t *testing.T) {
	for exposed, most := range map[bool]int{true: 100, false: 500} {
		t.Run(fmt.Sprintf("exposed %v", exposed), func(t *testing.T) {
			d := openDoor(t, func(s *rpc.Server) { s.Exposed = exposed })
			for n := range most + 3 {
				_, err := d.identity.SignIn(t.Context(), &pb.SignInRequest{})
				if n < most && err != nil {
					t.Fatalf("the %dth: %v", n+1, err)
				}
				if n >= most && connect.CodeOf(err) != connect.CodeResourceExhausted {
					t.Errorf("the %dth: %v", n+1, err)
				}
			}
		})
	}
}

// A guess too many is refused before the store is asked; who is known already is let through all the same.
func TestGuessesAreHeldBackBeforeTheStoreIsAsked(t *testing.T) {
	d := openDoor(t, func(*rpc.Server) {})
	signedIn, err := d.identity.SignIn(t.Context(), &pb.SignInRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.me(t.Context(), signedIn.Token); err != nil {
		t.Fatal(err)
	}
	guess := func(n int) error { return d.me(t.Context(), signedIn.Token+strconv.Itoa(n)) }
	for n := range 100 {
		if err := guess(n); connect.CodeOf(err) != connect.CodeUnauthenticated {
			t.Fatalf("guess %d: %v", n, err)
		}
	}
	if err := d.me(t.Context(), signedIn.Token); err != nil {
		t.Errorf("who is known: %v", err)
	}
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := guess(100); connect.CodeOf(err) != connect.CodeResourceExhausted {
		t.Errorf("one guess too many: %v", err)
	}
}

// Browsers keep no cookie longer than 400 days, and none is kept longer than its token is good.
func TestCookiesLiveNoLongerThanTheirTokens(t *testing.T) {
	const day = 24 * time.Hour
	for life, want := range map[time.Duration]time.Duration{0: 400 * day, 30 * day: 30 * day, 1000 * day: 400 * day} {
		d := openDoor(t, func(s *rpc.Server) { s.TokenLife = life })
		ctx, call := connect.NewClientContext(t.Context())
		_, err := d.identity.SignIn(ctx, &pb.SignInRequest{Delivery: pb.TokenDelivery_TOKEN_DELIVERY_COOKIE})
		if err != nil {
			t.Fatal(err)
		}
		cookie := call.ResponseHeader().Get("Set-Cookie")
		if !strings.Contains(cookie, fmt.Sprintf("Max-Age=%d;", int(want.Seconds()))) {
			t.Errorf("tokens that live %v: %s", life, cookie)
		}
	}
}
