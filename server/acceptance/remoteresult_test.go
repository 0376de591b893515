//go:build linux

package acceptance_test

import (
	"image/color"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// A job whose ComfyUI runs elsewhere shows what it has made, or says that this was overwritten: whoever wrote to its file, even within
// one second and as many bytes, and nobody else's picture.
func TestAResultOfARemoteWorkerIsTheJobsOwn(t *testing.T) {
	t.Parallel()
	s := newSite(t).remote(func(http.ResponseWriter, *http.Request) bool { return false })
	s.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
	s.start()
	ada := s.signIn()
	w := ada.imports(&pb.ImportWorkflowRequest{Source: &pb.ImportWorkflowRequest_Content{Content: []byte(linked)}, Title: "Linked"})
	run := func(shade color.Color) (j *pb.Job, file string) {
		id := s.handsIn(ada, picture(t, 20, 10, shade))
		j = ada.untilEnded(ada.book(bookingOf(w.Summary.Id, map[string]*pb.InputValue{fileInput(t, w): asset(id)})).Id)
		if j.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
			t.Fatal(j)
		}
		file = filepath.Join(s.Folder, "elsewhere", "output", filepath.FromSlash(j.ResultFilename))
		return j, file
	}
	shows := func(j *pb.Job, want int) {
		t.Helper()
		status, content := s.fetch(ada, "/results/"+j.Id+"/0")
		if status != want || want == http.StatusOK && int64(len(content)) != j.Results[0].SizeBytes {
			t.Errorf("%d with %d bytes of %v", status, len(content), j.Results)
		}
	}
	first, file := run(color.NRGBA{255, 0, 0, 255})
	shows(first, http.StatusOK)
	if err := os.Remove(file); err != nil { // so that its name is given again
		t.Fatal(err)
	}
	second, again := run(color.NRGBA{0, 0, 255, 255})
	if again != file {
		t.Fatalf("%s is not %s", second.ResultFilename, first.ResultFilename)
	}
	shows(first, http.StatusGone)
	shows(second, http.StatusOK)
	if !ada.job(first.Id).Results[0].Overwritten {
		t.Error("the first job does not say that its file was overwritten")
	}
	// Somebody writes to it there, in the same second.
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	other := make([]byte, info.Size())
	if err := os.WriteFile(file, other, 0o644); err != nil {
		t.Fatal(err)
	}
	second0 := info.ModTime().Truncate(time.Second)
	if err := os.Chtimes(file, second0, second0); err != nil {
		t.Fatal(err)
	}
	shows(second, http.StatusGone)
}
