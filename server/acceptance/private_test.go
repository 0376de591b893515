//go:build linux

package acceptance_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

const (
	secretPrompt = "a fox nobody else may read of"
	secretSeed   = uint64(18446744073709551557)
)

// TestPrivateJobs books a job and watches it from its booking to its end as its owner, as another user and as an
// administrator, on every path that leads to a job.
func TestPrivateJobs(t *testing.T) {
	s := newSite(t, "--step-time", "200ms")
	s.Config["access"] = map[string]any{"private_jobs": true, "show_addresses": false}
	s.start()
	ada, bob, root := s.signIn(), s.signIn(), s.visitor()
	token, err := os.ReadFile(filepath.Join(s.Folder, "data", "admin-token"))
	if err != nil {
		t.Fatal(err)
	}
	root.Token = strings.TrimSpace(string(token))
	watchers := map[string]*onlooker{"owner": watch(ada), "other": watch(bob), "administrator": watch(root)}
	id := ada.book(withSeed(secretPrompt, secretSeed)).Id
	done := ada.untilEnded(id)
	if done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || done.Prompt != secretPrompt || done.GetSeed() != secretSeed {
		t.Fatalf("the owner's job: %v", done)
	}
	for name, w := range watchers {
		seen := w.end()
		if sees := name != "other"; bytes.Contains(seen.bytes, []byte(secretPrompt)) != sees || seen.previews != sees {
			t.Errorf("stream of the %s: prompt %v, previews %v", name, bytes.Contains(seen.bytes, []byte(secretPrompt)), seen.previews)
		}
		if sees := name == "administrator"; seen.addresses != sees {
			t.Errorf("stream of the %s: addresses %v", name, seen.addresses)
		}
		if last := seen.job; last == nil || last.Id != id || last.Status != done.Status || !proto.Equal(last.TimeSlot, done.TimeSlot) ||
			seen.names[last.UserId] != ada.User.Name || last.Hidden != (name == "other") {
			t.Errorf("stream of the %s: %v", name, last)
		}
	}
	for name, c := range map[string]*client{"owner": ada, "other": bob, "administrator": root} {
		sees := name != "other"
		got := c.job(id)
		list, err := c.ListJobs(t.Context(), &pb.ListJobsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		state, err := c.GetState(t.Context(), &pb.GetStateRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for path, j := range map[string]*pb.Job{"GetJob": got, "ListJobs": list.Jobs[0], "GetState": state.Snapshot.Jobs[0]} {
			if whole := j.Prompt == secretPrompt && j.GetSeed() == secretSeed && j.ResultFilename != "" && len(j.Results) > 0 && len(j.Inputs) > 2 &&
				!j.Hidden; whole != sees {
				t.Errorf("%s of the %s: %v", path, name, j)
			}
			if !sees && (j.Prompt != "" || j.Seed != nil || j.ResultFilename != "" || len(j.Results)+len(j.Inputs) > 2 || !j.Hidden) {
				t.Errorf("%s of the %s: %v", path, name, j)
			}
		}
		// The picture's own metadata holds the prompt.
		for _, folder := range []string{"images", "thumbnails"} {
			code, body := c.fetch(s.url + "/" + folder + "/" + done.ResultFilename)
			if want := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[sees]; code != want {
				t.Errorf("%s for the %s: %d", folder, name, code)
			}
			if leaks := bytes.Contains(body, []byte(secretPrompt)); leaks != (sees && folder == "images") {
				t.Errorf("%s for the %s: the prompt is in it: %v", folder, name, leaks)
			}
		}
		if code, _ := c.fetch(s.url + "/previews/" + id); code != map[bool]int{true: http.StatusNotFound, false: http.StatusForbidden}[sees] {
			t.Errorf("preview for the %s: %d", name, code)
		}
	}
	if log := s.log.String(); strings.Contains(log, secretPrompt) || strings.Contains(log, ada.Token) || strings.Contains(log, root.Token) {
		t.Error("the log tells secrets")
	}
}

// onlooker follows the live state and keeps what it got.
type onlooker struct {
	stop context.CancelFunc
	done chan sighting
}

type sighting struct {
	bytes     []byte
	previews  bool
	addresses bool
	job       *pb.Job
	names     map[string]string
}

func watch(c *client) *onlooker {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.t.Context())
	stream, err := c.WatchState(ctx, &pb.WatchStateRequest{})
	if err != nil {
		c.t.Fatal(err)
	}
	if !stream.Receive() {
		c.t.Fatal(stream.Err())
	}
	o := &onlooker{cancel, make(chan sighting, 1)}
	go func() {
		defer func() { _ = stream.Close() }()
		seen := sighting{names: map[string]string{}}
		for m := stream.Msg(); m != nil; {
			encoded, err := proto.Marshal(m)
			if err != nil {
				panic(err)
			}
			seen.bytes = append(seen.bytes, encoded...)
			for _, p := range m.Progress {
				seen.previews = seen.previews || p.Preview > 0
			}
			users := m.Snapshot.GetUsers()
			var connections []*pb.Connection
			for _, status := range m.Statuses {
				connections, users = append(connections, status.ConnectedUsers...), append(users, status.Users...)
			}
			for _, d := range m.Deltas {
				users = append(users, d.Users...)
				for _, j := range d.Jobs {
					seen.job = j
				}
			}
			for _, u := range users {
				seen.names[u.UserId] = u.Name
			}
			for _, c := range connections {
				seen.addresses = seen.addresses || c.Ip != ""
			}
			if seen.job.GetFinishedAtMs() > 0 || !stream.Receive() {
				break
			}
			m = stream.Msg()
		}
		o.done <- seen
	}()
	return o
}

// end gives what was seen when the job had ended.
func (o *onlooker) end() sighting {
	defer o.stop()
	return <-o.done
}

func (c *client) fetch(url string) (code int, body []byte) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if body, err = io.ReadAll(response.Body); err != nil {
		c.t.Fatal(fmt.Errorf("%s: %w", url, err))
	}
	return response.StatusCode, body
}
