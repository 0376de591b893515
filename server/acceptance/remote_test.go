//go:build linux

package acceptance_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// standIn answers in place of a remote ComfyUI, for a request at a time; false lets the ComfyUI behind it answer.
type standIn func(w http.ResponseWriter, r *http.Request) bool

// remote makes the site's ComfyUI one that runs elsewhere, behind a stand-in.
func (s *site) remote(front standIn) *site {
	s.t.Helper()
	behind := s.Simulator(filepath.Join(s.Folder, "elsewhere"), fast.Args()...)
	if err := behind.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = behind.Process.Kill()
		_ = behind.Wait()
	})
	target := &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.ComfyPort))}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorLog = log.New(io.Discard, "", 0) // while it starts, which the service waits for
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !front(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	s.t.Cleanup(server.Close)
	s.Config["comfy_ui"] = map[string]any{"installation_type": "remote", "api_port": server.Listener.Addr().(*net.TCPAddr).Port}
	return s
}

// Whatever a ComfyUI, or a proxy in front of it, answers to a job's graph: the job fails with words, and everybody who
// watches, now or later, sees it.
func TestAnswersInAnyEncodingReachEveryWatcher(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]struct {
		status    int
		body      string
		want, not string
	}{
		"400 in Latin-1": {
			http.StatusBadRequest, "Fehler: ung\xfcltiger\x00 Knoten\x1b[31m", "Fehler: ung\ufffdltiger Knoten[31m",
			"",
		},
		"500 cut inside a character": {http.StatusInternalServerError, strings.Repeat("x", 8191) + "é and more", "bytes)", "and more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var broken atomic.Bool
			s := newSite(t).remote(func(w http.ResponseWriter, r *http.Request) bool {
				if !broken.Load() || r.Method != http.MethodPost || r.URL.Path != "/prompt" {
					return false
				}
				w.WriteHeader(answer.status)
				_, _ = io.WriteString(w, answer.body)
				return true
			}).start()
			user := s.signIn()
			before := watch(user)
			broken.Store(true)
			failed := user.untilEnded(user.book(nextFree("refused")).Id)
			message := user.job(failed.Id).GetError().GetMessage() // the live state has its beginning
			if failed.Status != pb.JobStatus_JOB_STATUS_FAILED || !strings.Contains(message, answer.want) ||
				!utf8.ValidString(message) || len(message) > 9<<10 {
				t.Errorf("%v, %d bytes: %.300q", failed.Status, len(message), message)
			}
			if answer.not != "" && strings.Contains(message, answer.not) {
				t.Errorf("not cut: ...%.100q", message[max(0, len(message)-100):])
			}
			if seen := before.end(); seen.job.GetStatus() != pb.JobStatus_JOB_STATUS_FAILED {
				t.Errorf("who watched before has seen %v", seen.job.GetStatus())
			}
			state, err := user.GetState(t.Context(), &pb.GetStateRequest{})
			if err != nil || len(state.Snapshot.Jobs) != 1 {
				t.Errorf("the state: %v", err)
			}
			broken.Store(false)
			if done := user.untilEnded(user.book(nextFree("taken")).Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
				t.Errorf("afterwards: %v", done)
			}
		})
	}
}

// Results of a ComfyUI whose disk cannot be read are streamed through, in part where a part is asked for.
func TestResultsOfARemoteComfyUI(t *testing.T) {
	t.Parallel()
	var asked atomic.Value // what part of a file ComfyUI was asked for last
	s := newSite(t).remote(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/view" {
			asked.Store(r.Header.Get("Range"))
		}
		return false
	}).start()
	user := s.signIn()
	done := user.untilEnded(user.book(nextFree("elsewhere")).Id)
	if len(done.Results) == 0 {
		t.Fatalf("%v", done)
	}
	path := "/images/" + done.Results[0].Filename
	whole, picture := s.get(path)
	if whole.StatusCode != http.StatusOK || whole.Header.Get("Content-Type") != "image/png" || whole.Header.Get("Etag") == "" {
		t.Errorf("%s %v", whole.Status, whole.Header)
	}
	request := func(method, header, value string) (*http.Response, []byte) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(header, value)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, body
	}
	if part, body := request(http.MethodGet, "Range", "bytes=1000-1009"); part.StatusCode != http.StatusPartialContent ||
		string(body) != string(picture[1000:1010]) {
		t.Errorf("part: %s, %d bytes", part.Status, len(body))
	}
	if asked.Load() != "bytes=1000-" { // what is not read of it is not sent
		t.Errorf("ComfyUI was asked for %q", asked.Load())
	}
	if same, body := request(http.MethodGet, "If-None-Match", whole.Header.Get("Etag")); same.StatusCode != http.StatusNotModified ||
		len(body) != 0 {
		t.Errorf("unchanged: %s", same.Status)
	}
	if head, _ := request(http.MethodHead, "Accept", "*/*"); head.ContentLength != int64(len(picture)) {
		t.Errorf("HEAD: %d of %d bytes", head.ContentLength, len(picture))
	}
	if small, _ := s.get("/thumbnails/" + done.Results[0].Filename); small.StatusCode != http.StatusOK ||
		small.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("thumbnail: %s", small.Status)
	}
}

// A login in front of ComfyUI is said at once, with what helps; with a token the service works, and tells it to nobody else.
func TestLoginInFrontOfComfyUI(t *testing.T) {
	alone(t)
	t.Parallel()
	const token = "s3cret.token-0123456789"
	var closed atomic.Bool
	login := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Authorization") == "Bearer "+token && !closed.Load() {
			return false
		}
		http.Redirect(w, r, "/login", http.StatusFound)
		return true
	}
	wantAll(t, newSite(t).remote(login).fails(), "does not let the service through (302 Found, to /login)", "comfy_ui.api_token_file")

	s := newSite(t).remote(login).with("comfy_ui.api_token_file", "token")
	if err := os.WriteFile(filepath.Join(s.Folder, "token"), []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	user := s.start().signIn()
	if done := user.untilEnded(user.book(nextFree("let through")).Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED ||
		len(done.Results) == 0 {
		t.Errorf("%v", done)
	} else if picture, _ := s.get("/images/" + done.Results[0].Filename); picture.StatusCode != http.StatusOK {
		t.Errorf("picture: %s", picture.Status)
	}
	closed.Store(true)
	s.says("although the service gives it a token")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for reason := ""; !strings.Contains(reason, "does not let the service through"); {
		state, err := user.GetState(ctx, &pb.GetStateRequest{})
		if err != nil {
			t.Fatalf("the worker says %q (%v)", reason, err)
		}
		reason = state.Status.System.Workers[0].Reason
	}
	if strings.Contains(s.log.String(), token) {
		t.Error("the token is in the log")
	}
}

// A launched ComfyUI is on this machine, whatever address it listens on: no proxy of the environment is asked for it.
func TestLaunchedComfyUIIsAskedDirectly(t *testing.T) {
	nobody := fmt.Sprintf("http://127.0.0.1:%d", freePort(t))
	t.Setenv("HTTP_PROXY", nobody)
	t.Setenv("http_proxy", nobody)
	hosts := []string{"0.0.0.0"}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		if ip := address.(*net.IPNet).IP; !ip.IsLoopback() && ip.To4() != nil {
			hosts = append(hosts, ip.String())
			break
		}
	}
	for _, host := range hosts {
		t.Run(host, func(t *testing.T) {
			s := newSite(t).with("comfy_ui.api_host", host).with("comfy_ui.start_timeout", "20s").start()
			user := s.signIn()
			if done := user.untilEnded(user.book(nextFree("direct")).Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
				t.Errorf("%v", done)
			}
		})
	}
}

// The input folder of a ComfyUI elsewhere is told as that tells it: what lies in it now, and what its nodes offer of the folders in it.
func TestInputFilesOfARemoteComfyUI(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.remote(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/object_info" {
			return false
		}
		answer, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/object_info", s.ComfyPort))
		if err != nil {
			return false
		}
		defer func() { _ = answer.Body.Close() }()
		info, _ := io.ReadAll(answer.Body)
		_, _ = w.Write(bytes.ReplaceAll(info, []byte(`"portrait.png"`), []byte(`"animals/fox.png"`)))
		return true
	})
	input := filepath.Join(s.Folder, "elsewhere", "input")
	if err := os.MkdirAll(input, 0o755); err != nil {
		t.Fatal(err)
	}
	put := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(input, name), example(t, "upscale.webp"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("portrait.png")
	file := filepath.Join(s.Folder, "look_api.json")
	text := `{"1": {"class_type": "LoadImage", "inputs": {"image": "portrait.png"}},
		"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "look"}}}`
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s.Config["workflow"] = map[string]any{"template_file": file}
	s.start()
	put("later.png")
	user := s.signIn()
	s.eventually("what lies there is offered", func() bool {
		for _, in := range user.workflow("", false).GetInputs() {
			if names := fmt.Sprint(in.GetFile().GetInputFiles()); strings.Contains(names, "later.png") {
				return strings.Contains(names, "animals/fox.png") && strings.Contains(names, "portrait.png")
			}
		}
		return false
	})
}
