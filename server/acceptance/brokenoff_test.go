//go:build linux

package acceptance_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// halfWay holds what a remote ComfyUI sends of a file's rest until the test lets go.
type halfWay struct {
	armed   atomic.Bool
	reached chan struct{}
	goOn    chan struct{}
}

func (h *halfWay) front(_ http.ResponseWriter, r *http.Request) bool {
	rest := r.URL.Path == "/view" && !strings.HasPrefix(r.Header.Get("Range"), "bytes=0-")
	if rest && h.armed.CompareAndSwap(true, false) {
		h.reached <- struct{}{}
		<-h.goOn
	}
	return false
}

// whole reports whether a download came to its end.
func (s *site) whole(c *client, path string) bool {
	response, err := c.HTTP.Get(s.url + path)
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	return err == nil && response.StatusCode == http.StatusOK && len(content) > 0
}

// TestRevokedTokenEndsItsDownloads holds that nothing more of a file or a zip goes to somebody whose token was revoked or who was
// deleted while it was under way, and that it goes on to anybody else.
func TestRevokedTokenEndsItsDownloads(t *testing.T) {
	t.Parallel()
	half := &halfWay{reached: make(chan struct{}), goOn: make(chan struct{})}
	s := newSite(t).remote(half.front).start()
	root, ada := s.administrator(), s.signIn()
	made, err := ada.BookSeries(t.Context(), &pb.BookSeriesRequest{
		Start:  &pb.BookSeriesRequest_EarliestStartMs{EarliestStartMs: now()},
		Inputs: nextFree("A red fox").Inputs,
		Count:  2,
	})
	if err != nil {
		t.Fatal(err)
	}
	var done *pb.Job
	for _, j := range made.Jobs {
		done = ada.untilEnded(j.Id)
	}
	deeds := map[string]func(*client) error{
		"nothing happens": func(*client) error { return nil },
		"signs out": func(c *client) error {
			_, err := c.Identity.SignOut(t.Context(), &pb.SignOutRequest{})
			return err
		},
		"is revoked": func(c *client) error {
			_, err := root.Admin.RevokeUserTokens(t.Context(), &pb.RevokeUserTokensRequest{UserId: c.User.Id})
			return err
		},
		"is deleted": func(c *client) error {
			_, err := root.Admin.DeleteUser(t.Context(), &pb.DeleteUserRequest{UserId: c.User.Id})
			return err
		},
	}
	for _, path := range []string{
		"/archives/jobs/" + done.Id,
		"/archives/series/" + made.SeriesId,
		"/results/" + done.Id + "/0",
		"/images/" + done.ResultFilename,
	} {
		for what, do := range deeds {
			c := s.signIn()
			half.armed.Store(true)
			ended := make(chan bool, 1)
			go func() { ended <- s.whole(c, path) }()
			select {
			case <-half.reached:
			case <-time.After(patience):
				t.Fatalf("%s is not read from ComfyUI", path)
			}
			if err := do(c); err != nil {
				t.Error(path, what, err)
			}
			half.goOn <- struct{}{}
			if whole := <-ended; whole != (what == "nothing happens") {
				t.Errorf("%s when its reader %s: all of it came: %v", path, what, whole)
			}
		}
	}
}
