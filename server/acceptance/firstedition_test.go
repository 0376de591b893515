//go:build linux

package acceptance_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// unpack extracts an archive of the test's data into the site's folder.
func (s *site) unpack(archive string) {
	s.t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	packed, err := gzip.NewReader(file)
	if err != nil {
		s.t.Fatal(err)
	}
	for entries := tar.NewReader(packed); ; {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			s.t.Fatal(err)
		}
		name := filepath.Join(s.Folder, filepath.FromSlash(entry.Name))
		if entry.FileInfo().IsDir() {
			err = os.MkdirAll(name, 0o700)
		} else {
			err = extract(entries, name)
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

func extract(from io.Reader, name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	data, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o600)
}

// The data folder of the first edition is taken over with everything in it. That service was killed while a job ran, and its
// write-ahead log was not yet in the database.
func TestFirstEditionIsTakenOver(t *testing.T) {
	alone(t)
	s := newSite(t)
	s.unpack(filepath.Join("testdata", "first-edition.tar.gz"))
	s.start()
	token, err := os.ReadFile(filepath.Join(s.Folder, "laptop.token"))
	if err != nil {
		t.Fatal(err)
	}
	mia := s.visitor()
	mia.Token = strings.TrimSpace(string(token))
	me, err := mia.Identity.GetMe(t.Context(), &pb.GetMeRequest{})
	if err != nil || me.User.Name != "Mia" {
		t.Fatalf("the token proves %v (%v)", me, err)
	}

	list, err := mia.ListJobs(t.Context(), &pb.ListJobsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	jobs := map[string]*pb.Job{}
	for _, j := range list.Jobs {
		jobs[j.Prompt] = mia.job(j.Id)
	}
	wanted := map[string]pb.JobStatus{
		"a red fox":           pb.JobStatus_JOB_STATUS_COMPLETED,
		"a blue bird":         pb.JobStatus_JOB_STATUS_COMPLETED,
		"a green frog":        pb.JobStatus_JOB_STATUS_COMPLETED,
		"it breaks [[error]]": pb.JobStatus_JOB_STATUS_FAILED,
		"never mind":          pb.JobStatus_JOB_STATUS_CANCELLED,
		"in the far future":   pb.JobStatus_JOB_STATUS_SCHEDULED,
		"later still":         pb.JobStatus_JOB_STATUS_SCHEDULED,
		"a heron":             pb.JobStatus_JOB_STATUS_SCHEDULED,
	}
	for prompt, status := range wanted {
		if got := jobs[prompt].GetStatus(); got != status {
			t.Errorf("%q is %v, not %v", prompt, got, status)
		}
	}
	if len(jobs) != len(wanted)+1 {
		t.Errorf("%d jobs", len(jobs))
	}
	if seed := jobs["a blue bird"].GetSeed(); seed != 1<<64-1 {
		t.Errorf("seed: %d", seed)
	}
	if steps := jobs["a green frog"].Inputs["steps"].GetInteger(); steps != 5 {
		t.Errorf("steps: %d", steps)
	}
	if !strings.Contains(jobs["it breaks [[error]]"].GetError().GetMessage(), "told to fail") {
		t.Errorf("failure: %v", jobs["it breaks [[error]]"].Error)
	}
	if start := jobs["in the far future"].TimeSlot.StartMs; start != 1930125600000 { // 2031-03-01 10:00 UTC
		t.Errorf("start: %d", start)
	}
	picture, body := s.get("/images/" + jobs["a red fox"].ResultFilename)
	if picture.StatusCode != http.StatusOK || http.DetectContentType(body) != "image/png" {
		t.Errorf("picture: %s", picture.Status)
	}

	// What ran when the plug was pulled runs once more, and says so; it is overdue as well where the boot outlasts its new slot.
	again := mia.until(jobs["a slow river [[slow=5s]]"].Id, func(j *pb.Job) bool { return j.Attempt == 2 })
	if kind := again.Delay.GetKind(); again.Delay.GetBookedStartMs() != 1795848192311 ||
		kind != pb.DelayKind_DELAY_KIND_RETRY && kind != pb.DelayKind_DELAY_KIND_OVERDUE {
		t.Errorf("delay: %v", again.Delay)
	}
	workers, err := mia.Workers.ListWorkers(t.Context(), &pb.ListWorkersRequest{})
	if err != nil || len(workers.Workers) != 1 || workers.Workers[0].Pause.GetReason() != "a lecture" {
		t.Errorf("workers: %v (%v)", workers, err)
	}
	tokens, err := mia.Identity.ListTokens(t.Context(), &pb.ListTokensRequest{})
	if err != nil || len(tokens.Tokens) != 2 {
		t.Errorf("tokens: %v (%v)", tokens, err)
	}
	admin := s.administrator()
	invitations, err := admin.Admin.ListInvitations(t.Context(), &pb.ListInvitationsRequest{})
	if err != nil || len(invitations.Invitations) != 1 || invitations.Invitations[0].Note != "for Kim" {
		t.Errorf("invitations: %v (%v)", invitations, err)
	}

	// What was booked there can be changed here.
	if _, err := admin.CancelJob(t.Context(), &pb.CancelJobRequest{JobId: jobs["a slow river [[slow=5s]]"].Id}); err != nil {
		t.Error(err)
	}
	mia.runNow(jobs["later still"].Id)
}
