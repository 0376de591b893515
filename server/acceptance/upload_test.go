//go:build linux

package acceptance_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// upload posts a body and gives the status and what was answered.
func (s *site) upload(token, contentType string, body io.Reader) (status int, answer map[string]any) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/uploads", body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, answer
}

func (s *site) uploaded() int {
	s.t.Helper()
	entries, err := os.ReadDir(filepath.Join(s.Folder, "data", "uploads"))
	if err != nil {
		s.t.Fatal(err)
	}
	return len(entries)
}

func TestUploads(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
	s.start()
	user := s.signIn()
	status, answer := s.upload(user.Token, "application/octet-stream", strings.NewReader("a graph"))
	if id, _ := answer["id"].(string); status != http.StatusOK || len(id) < 20 || answer["size_bytes"] != 7.0 || s.uploaded() != 1 {
		t.Errorf("%d %v", status, answer)
	}
	for name, c := range map[string]struct {
		kind   string
		body   io.Reader
		status int
		code   string
	}{
		"empty":     {"image/png", http.NoBody, http.StatusBadRequest, "invalid_argument"},
		"a form":    {"multipart/form-data; boundary=x", strings.NewReader("--x--"), http.StatusBadRequest, "invalid_argument"},
		"too large": {"image/png", io.MultiReader(bytes.NewReader(make([]byte, 64<<20)), strings.NewReader("x")), 413, "resource_exhausted"},
	} {
		status, answer := s.upload(user.Token, c.kind, c.body)
		details, _ := answer["details"].([]any)
		if message, _ := answer["message"].(string); status != c.status || answer["code"] != c.code || message == "" || len(details) != 1 {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	s.interruptedUpload(user.Token)
	if n := s.uploaded(); n != 1 {
		t.Errorf("%d files are kept", n)
	}
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	if s.start(); s.uploaded() != 0 {
		t.Error("uploads are kept over a restart")
	}
}

// interruptedUpload hangs up midway, and waits until the service has noticed.
func (s *site) interruptedUpload(token string) {
	s.t.Helper()
	at, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	connection, err := net.Dial("tcp", at.Host)
	if err != nil {
		s.t.Fatal(err)
	}
	before := s.uploaded()
	_, err = connection.Write([]byte("POST /uploads HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token +
		"\r\nContent-Length: 1000\r\n\r\nhalf of it"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.eventually("the upload begins", func() bool { return s.uploaded() == before+1 })
	if err := connection.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.eventually("nothing is left of it", func() bool { return s.uploaded() == before })
}

// eventually waits until something is so.
func (s *site) eventually(what string, so func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("in vain: %s", what)
		}
	}
}

// A file that is too large for a call comes by an upload, which its import uses up.
func TestImportOfAnUpload(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
	s.start()
	user, other := s.signIn(), s.signIn()
	graph := `{
		"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 255}},
		"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}}` + strings.Repeat(" ", 3<<20)
	_, answer := s.upload(user.Token, "application/json", strings.NewReader(graph))
	id, _ := answer["id"].(string)
	request := func(checkOnly bool) *pb.ImportWorkflowRequest {
		return &pb.ImportWorkflowRequest{
			Source:    &pb.ImportWorkflowRequest_UploadId{UploadId: id},
			Filename:  "large.json",
			CheckOnly: checkOnly,
		}
	}
	if _, err := other.Workflows.ImportWorkflow(t.Context(), request(false)); connect.CodeOf(err) != connect.CodeNotFound {
		t.Errorf("by another user: %v", err)
	}
	for _, checkOnly := range []bool{true, false} {
		imported, err := user.Workflows.ImportWorkflow(t.Context(), request(checkOnly))
		if err != nil || len(imported.Workflow.Workers) != 1 || imported.Workflow.NodeCount != 2 {
			t.Fatalf("check only %v: %v, %v", checkOnly, imported, err)
		}
	}
	if _, err := user.Workflows.ImportWorkflow(t.Context(), request(false)); connect.CodeOf(err) != connect.CodeNotFound || s.uploaded() != 0 {
		t.Errorf("once more: %v, and %d files are kept", err, s.uploaded())
	}
}
