//go:build linux

package acceptance_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// TestDeletedUser holds that deleting a user ends its streams, cancels what it has booked when told to, and leaves nothing
// of its prompts to anybody.
func TestDeletedUser(t *testing.T) {
	s := newSite(t).start()
	ada, root := s.signIn(), s.administrator()
	ended := ada.untilEnded(ada.book(nextFree("a secret fox")).Id)
	request := nextFree("a secret hare")
	request.Start = &pb.BookJobRequest_EarliestStartMs{EarliestStartMs: now() + 3_600_000}
	booked := ada.book(request)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stream, err := ada.WatchState(ctx, &pb.WatchStateRequest{})
	if err != nil || !stream.Receive() {
		t.Fatal(err, stream.Err())
	}
	_, err = root.Admin.DeleteUser(ctx, &pb.DeleteUserRequest{UserId: ada.User.Id})
	if connect.CodeOf(err) != connect.CodeFailedPrecondition || !strings.Contains(err.Error(), "has a booking") {
		t.Fatalf("with a booking: %v", err)
	}
	done, err := root.Admin.DeleteUser(ctx, &pb.DeleteUserRequest{UserId: strings.ToUpper(ada.User.Id), CancelBookings: true})
	if err != nil || done.CancelledBookings != 1 {
		t.Fatal(done, err)
	}
	for stream.Receive() {
		continue
	}
	if code := connect.CodeOf(stream.Err()); code != connect.CodeUnauthenticated {
		t.Errorf("the stream ended with %v", stream.Err())
	}
	if _, err := ada.GetState(ctx, &pb.GetStateRequest{}); connect.CodeOf(err) != connect.CodeUnauthenticated {
		t.Errorf("its token: %v", err)
	}
	state, err := root.GetState(ctx, &pb.GetStateRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if text := state.String(); strings.Contains(text, "secret") {
		t.Errorf("the live state: %s", text)
	}
	for id, want := range map[string]pb.JobStatus{ended.Id: pb.JobStatus_JOB_STATUS_COMPLETED, booked.Id: pb.JobStatus_JOB_STATUS_CANCELLED} {
		if j := root.job(id); j.Status != want || j.Prompt != "" || j.ResultFilename != "" ||
			!strings.HasPrefix(root.owner(id), "Deleted user ") {
			t.Errorf("the history: %v", j)
		}
	}
}

// administrator is a client with the token of the first start.
func (s *site) administrator() *client {
	s.t.Helper()
	token, err := os.ReadFile(filepath.Join(s.Folder, "data", "admin-token"))
	if err != nil {
		s.t.Fatal(err)
	}
	c := s.visitor()
	c.Token = strings.TrimSpace(string(token))
	return c
}
