//go:build linux

package acceptance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
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

// receiving counts the uploads that are being received.
func (s *site) receiving() int {
	s.t.Helper()
	entries, err := os.ReadDir(filepath.Join(s.Folder, "data", "assets", "unfinished"))
	if err != nil {
		s.t.Fatal(err)
	}
	return len(entries)
}

func TestUploads(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Config["uploads"] = map[string]any{"max_bytes": 1 << 20, "quota": 3 << 19}
	s.start()
	user, other := s.signIn(), s.signIn()
	photo := picture(t, 40, 30, color.White)
	status, answer := s.upload(user.Token, "application/octet-stream", bytes.NewReader(photo))
	id, _ := answer["id"].(string)
	if status != http.StatusOK || len(id) != 64 || answer["kind"] != "image" || answer["width"] != 40.0 || answer["height"] != 30.0 {
		t.Errorf("%d %v", status, answer)
	}
	if _, again := s.upload(user.Token, "image/jpeg", bytes.NewReader(photo)); again["id"] != id {
		t.Errorf("the same again: %v", again)
	}
	for name, c := range map[string]struct {
		kind   string
		body   io.Reader
		status int
		code   string
	}{
		"empty":      {"image/png", http.NoBody, http.StatusBadRequest, "invalid_argument"},
		"a form":     {"multipart/form-data; boundary=x", strings.NewReader("--x--"), http.StatusBadRequest, "invalid_argument"},
		"no picture": {"image/png", strings.NewReader("<html>"), http.StatusUnsupportedMediaType, "invalid_argument"},
		"too large":  {"image/png", bytes.NewReader(make([]byte, 1<<20+1)), 413, "resource_exhausted"},
		"too much":   {"image/png", io.MultiReader(bytes.NewReader(photo), bytes.NewReader(make([]byte, 1<<20-1000))), 507, "resource_exhausted"},
	} {
		if name == "too much" { // so that the next one is over the quota
			s.upload(user.Token, "", io.MultiReader(strings.NewReader("ply\n"), bytes.NewReader(make([]byte, 1<<20-4))))
		}
		status, answer := s.upload(user.Token, c.kind, c.body)
		details, _ := answer["details"].([]any)
		if message, _ := answer["message"].(string); status != c.status || answer["code"] != c.code || message == "" || len(details) != 1 {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	s.interruptedUpload(user.Token)
	for _, c := range []struct {
		who  *client
		want int
	}{{user, http.StatusOK}, {other, http.StatusNotFound}} {
		for _, path := range []string{"/uploads/" + id, "/uploads/" + id + "/thumbnail"} {
			if status, _ := s.fetch(c.who, path); status != c.want {
				t.Errorf("%s: %d, not %d", path, status, c.want)
			}
		}
	}
	s.signal(syscall.SIGTERM)
	s.waitForEnd()
	s.start()
	token := user.Token
	user = s.visitor()
	user.Token = token
	if _, content := s.fetch(user, "/uploads/"+id); !bytes.Equal(content, photo) {
		t.Error("after a restart the content is another")
	}
	s.ownAssets(user, id)
}

// TestManyUploadsAtOnce has 25 users upload 8 files each at the same time, while somebody books.
func TestManyUploadsAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t).start()
	booker := s.signIn()
	var uploads sync.WaitGroup
	var wrong atomic.Int32
	for u := range 25 {
		user := s.signIn()
		for f := range 8 {
			uploads.Go(func() {
				content := fmt.Appendf(nil, `{"%d": %d}%s`, u, f, strings.Repeat(" ", 256<<10))
				response, err := user.HTTP.Post(s.url+"/uploads", "", bytes.NewReader(content))
				if err != nil || response.StatusCode != http.StatusOK || response.Body.Close() != nil {
					wrong.Add(1)
				}
			})
		}
	}
	if done := booker.untilEnded(booker.book(nextFree("meanwhile")).Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
		t.Error(done)
	}
	if uploads.Wait(); wrong.Load() != 0 || s.receiving() != 0 {
		t.Errorf("%d uploads failed, %d are left", wrong.Load(), s.receiving())
	}
}

// ownAssets lists the assets of a user and deletes one.
func (s *site) ownAssets(user *client, id string) {
	s.t.Helper()
	list, err := user.Assets.ListAssets(s.t.Context(), &pb.ListAssetsRequest{Kinds: []pb.FileKind{pb.FileKind_FILE_KIND_MASK}})
	if err != nil || len(list.Assets) != 1 || list.Assets[0].Id != id || list.QuotaBytes != 3<<19 || list.UsedBytes < 1<<20 {
		s.t.Fatalf("%v, %v", list, err)
	}
	if _, err := user.Assets.DeleteAsset(s.t.Context(), &pb.DeleteAssetRequest{AssetId: id}); err != nil {
		s.t.Error(err)
	}
	_, err = user.Assets.GetAsset(s.t.Context(), &pb.GetAssetRequest{AssetId: id})
	if status, _ := s.fetch(user, "/uploads/"+id); connect.CodeOf(err) != connect.CodeNotFound || status != http.StatusNotFound {
		s.t.Errorf("after it was deleted: %v, %d", err, status)
	}
}

// fetch asks for a path.
func (s *site) fetch(c *client, path string) (status int, content []byte) {
	s.t.Helper()
	response, err := c.HTTP.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err = io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, content
}

// picture is a PNG of one color.
func picture(t *testing.T, width, height int, of color.Color) []byte {
	t.Helper()
	to := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.Draw(to, to.Rect, image.NewUniform(of), image.Point{}, draw.Src)
	var out bytes.Buffer
	if err := png.Encode(&out, to); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
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
	before := s.receiving()
	_, err = connection.Write([]byte("POST /uploads HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token +
		"\r\nContent-Length: 1000\r\n\r\nhalf of it"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.eventually("the upload begins", func() bool { return s.receiving() == before+1 })
	if err := connection.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.eventually("nothing is left of it", func() bool { return s.receiving() == before })
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

// A file that is too large for a call comes by an upload.
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
		if err != nil || len(imported.Workflow.Workers) != *workers || imported.Workflow.NodeCount != 2 {
			t.Fatalf("check only %v: %v, %v", checkOnly, imported, err)
		}
	}
}
