//go:build linux

package acceptance_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// bookMany books so many jobs with the longest prompts that are taken.
func (c *client) bookMany(n int) (ids map[string]bool) {
	c.t.Helper()
	ids = map[string]bool{}
	var mu sync.Mutex
	var group sync.WaitGroup
	for part := range 8 {
		group.Go(func() {
			for i := part; i < n; i += 8 {
				response, err := c.BookJob(c.t.Context(), &pb.BookJobRequest{
					Start:  &pb.BookJobRequest_EarliestStartMs{EarliestStartMs: now() + 3_600_000},
					Inputs: servicetest.Prompt(strings.Repeat("x", 16<<10-10) + fmt.Sprintf("%10d", i)),
				})
				if err != nil {
					c.t.Error(err)
					return
				}
				mu.Lock()
				ids[response.Job.Id] = true
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return ids
}

// TestDefaultClientsOfGRPC holds that a client which takes 4 MiB, as all do by default, reads everything whatever is booked.
func TestDefaultClientsOfGRPC(t *testing.T) {
	t.Parallel()
	s := newSite(t).with("limits.open_bookings", 0).start()
	user := s.signIn()
	ids := user.bookMany(300)
	conn, err := grpc.NewClient(s.address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	client := pb.NewSchedulerServiceClient(conn)
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+user.Token), patience)
	defer cancel()

	state, err := client.GetState(ctx, &pb.GetStateRequest{})
	if err != nil || len(state.Snapshot.Jobs) != 300 || state.Snapshot.ScheduledTotal != 300 {
		t.Fatalf("GetState: %d jobs of %d (%v)", len(state.GetSnapshot().GetJobs()), state.GetSnapshot().GetScheduledTotal(), err)
	}
	if j := state.Snapshot.Jobs[0]; !j.Shortened || len(j.Prompt) > 250 {
		t.Errorf("a job of the live state: %v", j)
	}
	if len(state.Snapshot.Users) != 1 || state.Snapshot.Users[0].Name != user.User.Name {
		t.Errorf("users: %v", state.Snapshot.Users)
	}
	whole, err := client.GetJob(ctx, &pb.GetJobRequest{JobId: state.Snapshot.Jobs[0].Id})
	if err != nil || whole.Job.Shortened || len(whole.Job.Prompt) != 16<<10 || whole.Users[0].Name != user.User.Name {
		t.Errorf("GetJob: %v (%v)", whole, err)
	}
	listed := map[string]bool{}
	for token := ""; ; {
		page, err := client.ListJobs(ctx, &pb.ListJobsRequest{PageSize: 500, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range page.Jobs {
			listed[j.Id] = true
		}
		if token = page.NextPageToken; token == "" {
			break
		}
	}
	if len(listed) != len(ids) {
		t.Errorf("%d of %d jobs are listed", len(listed), len(ids))
	}
	stream, err := client.WatchState(ctx, &pb.WatchStateRequest{})
	if err != nil {
		t.Fatal(err)
	}
	first, err := stream.Recv()
	if err != nil || len(first.Snapshot.GetJobs()) != 300 {
		t.Fatalf("WatchState: %v", err)
	}
	next := user.book(nextFree("the next"))
	for {
		m, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range m.Deltas {
			for _, j := range d.Jobs {
				if j.Id == next.Id {
					return
				}
			}
		}
	}
}

// TestRenamingWithManyBookings holds that a new name is told once, and not with each job.
func TestRenamingWithManyBookings(t *testing.T) {
	t.Parallel()
	s := newSite(t).with("limits.open_bookings", 0).start()
	user, other := s.signIn(), s.signIn()
	user.bookMany(50)
	stream, err := other.WatchState(t.Context(), &pb.WatchStateRequest{})
	if err != nil || !stream.Receive() {
		t.Fatal(err, stream.Err())
	}
	if _, err := user.Identity.UpdateMe(t.Context(), &pb.UpdateMeRequest{Name: "Ada Lovelace"}); err != nil {
		t.Fatal(err)
	}
	for stream.Receive() {
		for _, d := range stream.Msg().Deltas {
			if len(d.Jobs) > 0 {
				t.Fatalf("%d jobs because of a name", len(d.Jobs))
			}
			for _, u := range d.Users {
				if u.UserId == user.User.Id && u.Name == "Ada Lovelace" {
					return
				}
			}
		}
	}
	t.Fatal("the name was not told: ", stream.Err())
}

func TestStreamsOfOneUserAreLimited(t *testing.T) {
	t.Parallel()
	s := newSite(t).with("limits.streams_per_user", 3).start()
	user, other := s.signIn(), s.signIn()
	open := func(c *client) (*connect.ServerStreamForClient[pb.WatchStateResponse], bool) {
		stream, err := c.WatchState(t.Context(), &pb.WatchStateRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return stream, stream.Receive()
	}
	var last *connect.ServerStreamForClient[pb.WatchStateResponse]
	for range 3 {
		stream, opened := open(user)
		if !opened {
			t.Fatal(stream.Err())
		}
		last = stream
	}
	refused, opened := open(user)
	info := reasonOf(t, refused.Err())
	if opened || connect.CodeOf(refused.Err()) != connect.CodeResourceExhausted ||
		info.Reason != pb.ErrorReason_ERROR_REASON_TOO_MANY_STREAMS || info.Metadata["limit"] != "3" {
		t.Errorf("the fourth: %v, %v", refused.Err(), info)
	}
	if stream, opened := open(other); !opened {
		t.Errorf("another user: %v", stream.Err())
	}
	root := s.administrator()
	for range 5 {
		if stream, opened := open(root); !opened {
			t.Errorf("an administrator: %v", stream.Err())
		}
	}
	if err := last.Close(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; { // the service hears of it in a moment
		if _, opened := open(user); opened {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a closed stream still counts")
		}
	}
}

// TestLogOfComfyUIIsForAdministrators: when ComfyUI does not start, users learn that, and not what it wrote.
func TestLogOfComfyUIIsForAdministrators(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	root := filepath.Join(s.Folder, "comfyui")
	sick := filepath.Join(root, "sick")
	const secret = "last prompt: a very private prompt"
	python := fmt.Sprintf("#!/bin/sh\nshift\nif [ -e %q ]; then echo %q >&2; exit 1; fi\nexec %q simulate --base-directory %q \"$@\"\n",
		sick, secret, s.Program, root)
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"main.py": "", "python": python} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s.with("comfy_ui.installation_type", "local").with("comfy_ui.root_path", root).with("comfy_ui.python_executable", "./python").start()
	user, admin := s.signIn(), s.administrator()
	if err := os.WriteFile(sick, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, pid := range s.ComfyPIDs() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	for name, c := range map[string]*client{"administrator": admin, "user": user} {
		said := c.untilFailedBoot()
		if sees := strings.Contains(said.String(), secret); sees != (name == "administrator") {
			t.Errorf("the %s is told %v", name, said)
		}
		if !strings.Contains(said.String(), "ComfyUI ended (exit status 1)") {
			t.Errorf("the %s is not told what happened: %v", name, said)
		}
	}
}

// untilFailedBoot follows the live state until a step of the boot has failed.
func (c *client) untilFailedBoot() *pb.SystemState {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	stream, err := c.WatchState(ctx, &pb.WatchStateRequest{})
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	for stream.Receive() {
		var states []*pb.SystemState
		for _, status := range stream.Msg().Statuses {
			states = append(states, status.System)
		}
		for _, state := range states {
			for _, w := range state.GetWorkers() {
				for _, step := range w.BootSteps {
					if step.Outcome == pb.BootOutcome_BOOT_OUTCOME_FAILED {
						return state
					}
				}
			}
		}
	}
	c.t.Fatalf("no boot failed: %v", stream.Err())
	return nil
}
