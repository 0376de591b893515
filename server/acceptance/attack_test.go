//go:build linux

package acceptance_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// address is that of the port.
func (s *site) address() string {
	_, address, _ := strings.Cut(s.url, "://")
	return address
}

// raw sends bytes on a connection of its own and gives the status line of the answer.
func (s *site) raw(request string) string {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.address())
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	_, _ = io.WriteString(conn, request) // it may be cut off in the middle
	line, _ := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(line)
}

func TestForeignHostsAndOrigins(t *testing.T) {
	s := newSite(t).with("server.allowed_hosts", []string{"gpu.lan"}).with("server.allowed_origins",
		[]string{"https://tools.example.org"}).start()
	for host, want := range map[string]int{
		"":                            http.StatusOK,
		"localhost:80":                http.StatusOK,
		"[::1]:3000":                  http.StatusOK,
		"192.0.2.7":                   http.StatusOK,
		"GPU.lan.:3000":               http.StatusOK,
		"a.localhost":                 http.StatusOK,
		"evil.example":                http.StatusMisdirectedRequest,
		"127.0.0.1.evil.example":      http.StatusMisdirectedRequest,
		"gpu.lan.evil.example":        http.StatusMisdirectedRequest,
		"localhost.evil.example:3000": http.StatusMisdirectedRequest,
		"notlocalhost":                http.StatusMisdirectedRequest,
	} {
		for _, path := range []string{"/", "/healthz", "/images/x.png", "/comfyscheduler.v1.SchedulerService/GetState"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = host
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if refused := response.StatusCode == http.StatusMisdirectedRequest; refused != (want == http.StatusMisdirectedRequest) {
				t.Errorf("%s%s: %d", host, path, response.StatusCode)
			}
		}
	}
	for name, tc := range map[string]struct {
		header map[string]string
		want   int
		cors   string
	}{
		"a program":          {nil, http.StatusOK, ""},
		"the service's page": {map[string]string{"Origin": s.url, "Sec-Fetch-Site": "same-origin"}, http.StatusOK, ""},
		"another site":       {map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, http.StatusForbidden, ""},
		"an old browser":     {map[string]string{"Origin": "https://evil.example"}, http.StatusForbidden, ""},
		"another port":       {map[string]string{"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"}, http.StatusForbidden, ""},
		"a sandboxed frame":  {map[string]string{"Origin": "null", "Sec-Fetch-Site": "cross-site"}, http.StatusForbidden, ""},
		"a form, text/plain": {map[string]string{
			"Origin":         "https://evil.example",
			"Sec-Fetch-Site": "cross-site",
			"Content-Type":   "text/plain",
		}, http.StatusForbidden, ""},
		"an allowed page": {map[string]string{
			"Origin":         "https://tools.example.org",
			"Sec-Fetch-Site": "cross-site",
		}, http.StatusOK, "https://tools.example.org"},
		"a page named alike": {map[string]string{
			"Origin":         "https://tools.example.org.evil.example",
			"Sec-Fetch-Site": "cross-site",
		}, http.StatusForbidden, ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/comfyscheduler.v1.IdentityService/SignIn",
			strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		for key, value := range tc.header {
			r.Header.Set(key, value)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != tc.want || response.Header.Get("Access-Control-Allow-Origin") != tc.cors ||
			response.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %d, CORS %q", name, response.StatusCode, response.Header.Get("Access-Control-Allow-Origin"))
		}
	}
}

func TestForgedTokens(t *testing.T) {
	s := newSite(t).start()
	c := s.signIn()
	for name, token := range map[string]string{
		"truncated":          c.Token[:len(c.Token)-1],
		"longer":             c.Token + "A",
		"without its prefix": strings.TrimPrefix(c.Token, "cfs_"),
		"prefix only":        "cfs_",
		"upper case":         strings.ToUpper(c.Token),
		"of zeros":           "cfs_" + strings.Repeat("A", 43),
		"SQL":                "cfs_' OR '1'='1",
		"long":               "cfs_" + strings.Repeat("x", 50_000),
		"NUL":                "cfs_\x00",
	} {
		forger := s.visitor()
		forger.Token = token
		_, err := forger.GetState(t.Context(), &pb.GetStateRequest{})
		if err == nil || connect.CodeOf(err) == connect.CodeInternal {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Guesses are slowed down, but not whoever has a token.
	tooMany := false
	forger := s.visitor()
	forger.Token = "cfs_" + strings.Repeat("A", 43)
	for range 300 {
		_, err := forger.GetState(t.Context(), &pb.GetStateRequest{})
		tooMany = tooMany || connect.CodeOf(err) == connect.CodeResourceExhausted
	}
	if !tooMany {
		t.Error("300 guesses were answered")
	}
	if _, err := c.GetState(t.Context(), &pb.GetStateRequest{}); err != nil {
		t.Errorf("with a token meanwhile: %v", err)
	}
	cookie := &http.Cookie{Name: "comfyscheduler_0", Value: c.Token}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/comfyscheduler.v1.IdentityService/GetMe",
		strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.AddCookie(cookie)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("with the cookie: %d", response.StatusCode)
	}
}

// TestRevokedTokenEndsItsStreams holds that a revocation is felt at once, and that rights that change are too.
func TestRevokedTokenEndsItsStreams(t *testing.T) {
	s := newSite(t).start()
	c := s.signIn()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stream, err := c.WatchState(ctx, &pb.WatchStateRequest{})
	if err != nil || !stream.Receive() {
		t.Fatal(err, stream.Err())
	}
	again := s.visitor()
	again.Token = c.Token
	if _, err := again.Identity.SignOut(t.Context(), &pb.SignOutRequest{}); err != nil {
		t.Fatal(err)
	}
	for stream.Receive() {
		continue
	}
	if code := connect.CodeOf(stream.Err()); code != connect.CodeUnauthenticated {
		t.Errorf("the stream ended with %v", stream.Err())
	}
}

// TestOversizedAndEndlessRequests waits for the limit of a body that never ends; the others are refused at once.
func TestOversizedAndEndlessRequests(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	c := s.signIn()
	head := "POST /comfyscheduler.v1.SchedulerService/BookJob HTTP/1.1\r\nHost: localhost\r\n" +
		"Content-Type: application/json\r\nAuthorization: Bearer " + c.Token + "\r\n"
	var bomb bytes.Buffer
	zip := gzip.NewWriter(&bomb)
	for range 64 { // 64 MiB of spaces
		if _, err := zip.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for name, tc := range map[string]struct{ request, want string }{
		"body over the limit": {head + fmt.Sprintf("Content-Length: %d\r\n\r\n", 64<<20) + strings.Repeat("x", 8<<20), " 429 "},
		"endless body": {head + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("10000\r\n"+strings.Repeat("x", 0x10000)+"\r\n",
			256), " 429 "},
		"compressed bomb": {
			head + "Content-Encoding: gzip\r\nContent-Length: " + fmt.Sprint(bomb.Len()) + "\r\n\r\n" + bomb.String(),
			" 429 ",
		},
		"header over the limit": {"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n", " 431 "},
		"no HTTP":               {"\x16\x03\x01\x02\x00 hello\r\n\r\n", " 400 "},
		"body for a page": {
			"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" +
				strings.Repeat("10000\r\n"+strings.Repeat("x", 0x10000)+"\r\n", 64),
			" 405 ",
		},
	} {
		group.Go(func() {
			if line := s.raw(tc.request); !strings.Contains(line, tc.want) {
				t.Errorf("%s: %q", name, line)
			}
		})
	}
	for range 20 {
		c.book(nextFree("it goes on meanwhile"))
	}
	group.Wait()
	if used := s.memory(); used > 512<<20 {
		t.Errorf("%d MiB in use", used>>20)
	}
}

// memory returns the service's resident memory, in bytes.
func (s *site) memory() int {
	s.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.PID()))
	if err != nil {
		s.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kib int
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		s.t.Fatal(err)
	}
	return kib << 10
}

// idlers is the number of connections that are held open in silence.
const idlers = 10_000

func TestTenThousandIdleConnections(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur < idlers+1000 {
		t.Skipf("needs %d open files, may have %d (ulimit -n)", idlers+1000, limit.Cur)
	}
	s := newSite(t).start()
	c := s.signIn()
	before := s.memory()
	for range idlers {
		conn, err := net.Dial("tcp", s.address())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
	}
	done := c.untilEnded(c.book(nextFree("a fox among idlers")).Id)
	if done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || done.StartedAtMs == 0 {
		t.Errorf("the job: %v", done)
	}
	t.Logf("%d idle connections: %d KiB each; a job started %d ms after its slot", idlers, (s.memory()-before)/idlers>>10,
		done.StartedAtMs-done.TimeSlot.StartMs)
}

// TestSlowReaders holds that a watcher who does not read delays nobody, costs bounded memory, and is cut off.
func TestSlowReaders(t *testing.T) {
	t.Parallel() // it waits for the deadline of a write
	s := newSite(t, "--step-time", "5ms").with("limits.streams_per_user", 0).start()
	c := s.signIn()
	before := s.memory()
	for range 50 {
		conn, err := net.Dial("tcp", s.address())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
			t.Fatal(err)
		}
		_, err = io.WriteString(conn, "POST /comfyscheduler.v1.SchedulerService/WatchState HTTP/1.1\r\nHost: localhost\r\n"+
			"Content-Type: application/connect+json\r\nAuthorization: Bearer "+
			c.Token+"\r\nContent-Length: 7\r\n\r\n\x00\x00\x00\x00\x02{}")
		if err != nil {
			t.Fatal(err)
		}
	}
	reader, err := c.WatchState(t.Context(), &pb.WatchStateRequest{})
	if err != nil || !reader.Receive() {
		t.Fatal(err)
	}
	seen := make(chan string, 1)
	go func() {
		for reader.Receive() {
			for _, d := range reader.Msg().Deltas {
				for _, j := range d.Jobs {
					if j.Prompt == "the last" {
						seen <- j.Id
						return
					}
				}
			}
		}
	}()
	for range 400 { // half a kilobyte each, far more than the buffers of a connection hold
		c.book(nextFree(strings.Repeat("a fox ", 400)))
	}
	last := c.book(nextFree("the last"))
	select {
	case id := <-seen:
		if id != last.Id {
			t.Errorf("saw %s, want %s", id, last.Id)
		}
	case <-time.After(patience):
		t.Error("a reader behind slow ones does not see the last booking")
	}
	const most = 1 << 20 // a snapshot and what a connection holds, and some; without a bound it would be all that was booked
	if each := (s.memory() - before) / 50; each > most {
		t.Errorf("50 watchers that do not read: %d KiB each", each>>10)
	}
	for deadline := time.Now().Add(2 * patience); s.watchers() > 1; time.Sleep(time.Second) {
		if time.Now().After(deadline) {
			t.Fatalf("%d watchers are still there", s.watchers())
		}
	}
}

// watchers counts the open state streams.
func (s *site) watchers() (n int) {
	s.t.Helper()
	_, numbers := s.get("/metrics")
	_, rest, _ := strings.Cut(string(numbers), "\ncomfyscheduler_watchers ")
	if _, err := fmt.Sscan(rest, &n); err != nil {
		s.t.Fatal(err)
	}
	return n
}
