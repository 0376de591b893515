//go:build linux

package acceptance_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// TestRefusalsAreWrittenDown holds that whoever is turned away leaves a trace, and cannot fill the log with it.
func TestRefusalsAreWrittenDown(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	user, forger := s.signIn(), s.visitor()
	for range 30 {
		if _, err := s.visitor().GetState(t.Context(), &pb.GetStateRequest{}); connect.CodeOf(err) != connect.CodeUnauthenticated {
			t.Fatal(err)
		}
		forger.Token = "cfs_" + strings.Repeat("A", 43)
		_, _ = forger.GetState(t.Context(), &pb.GetStateRequest{})
		_, _ = user.Admin.ListUsers(t.Context(), &pb.ListUsersRequest{})
	}
	for _, host := range []string{"evil.example", "127.0.0.1"} {
		s.raw("POST /comfyscheduler.v1.IdentityService/GetMe HTTP/1.1\r\nHost: " + host +
			"\r\nOrigin: https://evil.example\r\nContent-Length: 2\r\n\r\n{}")
	}
	s.says("kind=foreign_origin") // the last of them
	log := s.log.String()
	for _, kind := range []string{"not_signed_in", "wrong_token", "not_allowed", "foreign_host", "foreign_origin"} {
		if n := strings.Count(log, "kind="+kind); n != 1 {
			t.Errorf("%s: %d lines in the log", kind, n)
		}
	}
	if strings.Contains(log, forger.Token) {
		t.Error("the log tells a token")
	}
	_, numbers := s.get("/metrics")
	for kind, least := range map[string]int{
		"not_signed_in":  30,
		"wrong_token":    30,
		"not_allowed":    30,
		"foreign_host":   1,
		"foreign_origin": 1,
	} {
		if got := numberOf(t, string(numbers), fmt.Sprintf("comfyscheduler_refused_total{kind=%q}", kind)); got < least {
			t.Errorf("%s: %d counted", kind, got)
		}
	}
}

func numberOf(t *testing.T, numbers, name string) (n int) {
	t.Helper()
	_, rest, found := strings.Cut(numbers, "\n"+name+" ")
	if !found {
		t.Errorf("%s is not there", name)
		return 0
	}
	if _, err := fmt.Sscan(rest, &n); err != nil {
		t.Error(err)
	}
	return n
}

// TestTooManyCallsAreToldWhenToComeBack holds that the limit of calls is told in HTTP's own words too, and that it bounds
// pictures.
func TestTooManyCallsAreToldWhenToComeBack(t *testing.T) {
	t.Parallel()
	s := newSite(t).with("limits.requests_per_second", 1).start()
	user := s.signIn()
	header := http.Header{"Authorization": {"Bearer " + user.Token}}
	var last *http.Response
	for range 3 {
		last = ask(t, s.url+"/comfyscheduler.v1.IdentityService/GetMe", header, "{}")
	}
	if after, err := strconv.Atoi(last.Header.Get("Retry-After")); last.StatusCode != http.StatusTooManyRequests || err != nil || after < 1 {
		t.Errorf("%d, %v", last.StatusCode, last.Header)
	}
	refused := 0
	for range 40 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/thumbnails/none.png", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = header.Clone()
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusTooManyRequests && response.Header.Get("Retry-After") != "" {
			refused++
		}
	}
	if refused == 0 {
		t.Error("40 pictures at once are served to who may make one call a second")
	}
	s.says("kind=call_limit")
}

// TestStrangersLearnLittle holds that a closed service shows neither its schema nor why it is not ready to who has no token.
func TestStrangersLearnLittle(t *testing.T) {
	t.Parallel()
	s := newSite(t).with("access.mode", "closed").start()
	conn, err := grpc.NewClient(s.address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for token, want := range map[string]codes.Code{"": codes.Unauthenticated, s.administrator().Token: codes.OK} {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
		stream, err := grpc_reflection_v1.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
		if err != nil {
			t.Fatal(err)
		}
		_ = stream.Send(&grpc_reflection_v1.ServerReflectionRequest{MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{}})
		if _, err := stream.Recv(); status.Code(err) != want {
			t.Errorf("reflection: %v, want %v", err, want)
		}
	}
}

// TestHealthKeepsItsReason holds that strangers learn whether bookings are taken, and only who has a token why not.
func TestHealthKeepsItsReason(t *testing.T) {
	alone(t)
	t.Parallel()
	s := newSite(t).with("access.mode", "invite").start()
	for _, pid := range s.ComfyPIDs() {
		if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(patience); ; {
		if _, told := s.get("/healthz"); bytes.Contains(told, []byte("reason")) || !bytes.Contains(told, []byte("status")) {
			t.Fatalf("strangers are told %s", told)
		}
		if _, _, told := s.send(http.MethodGet, "/healthz", "", nil); bytes.Contains(told, []byte("reason")) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("an administrator is not told why")
		}
	}
}

// TestIPv4AddressIsListenedOnAlone holds that who names an IPv4 address is not reached by IPv6, and that the addresses that
// are printed can be opened.
func TestIPv4AddressIsListenedOnAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t).with("server.host", "0.0.0.0").start()
	for _, address := range strings.Split(s.url, " and ") {
		response, err := http.Get(address + "/healthz")
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		_ = response.Body.Close()
		if strings.Contains(address, "0.0.0.0") || strings.Contains(address, "[::]") {
			t.Errorf("%s is no address to open", address)
		}
	}
	port := s.url[strings.LastIndex(s.url, ":")+1:]
	if c, err := net.Dial("tcp6", net.JoinHostPort("::1", port)); err == nil {
		_ = c.Close()
		t.Error("it answers by IPv6")
	}
}
