//go:build linux

package acceptance_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// smallDisk puts the site's data on a disk of its own.
func (s *site) smallDisk() (dir string) {
	s.t.Helper()
	dir = filepath.Join(s.Folder, "data")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Mount("small", dir, "tmpfs", 0, "size=24m"); err != nil {
		s.t.Skipf("needs the rights of root, to mount a disk that can be filled: %v", err)
	}
	s.t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// fill takes all the space that is left.
func fill(t *testing.T, file string) {
	t.Helper()
	filler, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = filler.Close() }()
	for block := bytes.Repeat([]byte{1}, 1<<20); len(block) > 0; {
		if _, err := filler.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	dir := s.smallDisk()
	s.start()
	user := s.signIn()
	kept := user.book(exactly(now()+600_000, "kept"))
	running := user.book(nextFree("[[slow=300ms]]"))
	user.until(running.Id, func(j *pb.Job) bool { return j.StartedAtMs > 0 })
	filler := filepath.Join(dir, "filler")
	fill(t, filler)

	// The log of the bookings may have room for some.
	var refusal error
	for i := int64(0); refusal == nil && i < 1000; i++ {
		_, refusal = user.BookJob(t.Context(), exactly(now()+1200_000+i*60_000, strings.Repeat("long ", 1000)))
	}
	var failure *connect.Error
	if !errors.As(refusal, &failure) || failure.Code() != connect.CodeResourceExhausted ||
		!strings.Contains(failure.Message(), "no space left for the bookings") || len(failure.Details()) == 0 {
		t.Fatalf("on a full disk: %v", refusal)
	}
	if response, body := s.get("/healthz"); response.StatusCode != http.StatusServiceUnavailable ||
		!bytes.Contains(body, []byte("no space left")) || !bytes.Contains(body, []byte(`"status":"full"`)) {
		t.Errorf("health on a full disk: %s %s", response.Status, body)
	}
	if j := user.job(kept.Id); j.Prompt != "kept" {
		t.Errorf("read on a full disk: %v", j)
	}
	_, err := user.UpdateJob(t.Context(), &pb.UpdateJobRequest{
		JobId:   kept.Id,
		Version: kept.Version,
		Inputs:  servicetest.Prompt(strings.Repeat("other ", 1000)),
	})
	if connect.CodeOf(err) != connect.CodeResourceExhausted {
		t.Errorf("edit on a full disk: %v", err)
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if response, body := s.get("/healthz"); response.StatusCode == http.StatusOK {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("health when there is space again: %s", body)
		}
	}
	user.book(exactly(now()+900_000, "when there is space again"))
	if done := user.untilEnded(running.Id); done.Attempt != 1 || done.Status == pb.JobStatus_JOB_STATUS_SCHEDULED {
		t.Errorf("the job that ran meanwhile: %v", done)
	}
	s.says("the disk of the bookings is full")
	s.says("the disk of the bookings has space again")
	if j := user.job(kept.Id); j.Prompt != "kept" || j.Version != kept.Version {
		t.Errorf("kept: %v", j)
	}
}

// A service that finds the disk of its data full starts all the same, and launches one ComfyUI, which the start after it finds
// again. The pictures are on another disk: ComfyUI itself cannot work without space for them.
func TestStartOnAFullDisk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.with("comfy_ui.root_path", filepath.Join(s.Folder, "comfyui"))
	dir := s.smallDisk()
	s.start()
	user := s.signIn()
	kept := user.book(exactly(now()+600_000, "kept"))
	for i := range int64(40) { // in the log alone: the file of the bookings would have to grow to take them
		user.book(exactly(now()+1200_000+i*60_000, strings.Repeat("long ", 3000)))
	}
	s.crash()
	for _, pid := range s.ComfyPIDs() {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
	fill(t, filepath.Join(dir, "filler"))
	s.start()
	if j := user.again(s).job(kept.Id); j.Prompt != "kept" {
		t.Errorf("kept: %v", j)
	}
	comfy := s.ComfyPIDs()
	s.crash()
	s.start()
	if again := s.ComfyPIDs(); len(comfy) != 1 || !slices.Equal(again, comfy) {
		t.Errorf("ComfyUI was %v, is %v", comfy, again)
	}
}
