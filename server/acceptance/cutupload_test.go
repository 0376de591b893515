//go:build linux

package acceptance_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// noise is a PNG of 25 MB, more than a connection holds.
func noise(t *testing.T) []byte {
	t.Helper()
	to := image.NewNRGBA(image.Rect(0, 0, 4096, 2048))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range to.Pix {
		if to.Pix[i] = byte(random.Uint32()); i%4 == 3 {
			to.Pix[i] = 255
		}
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&out, to); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A file on its way to a remote ComfyUI is not sent on when its job is cancelled, nothing of it is left there, and a later job has it
// sent whole.
func TestCancellingEndsTheUploadToComfyUI(t *testing.T) {
	t.Parallel()
	var slow atomic.Bool
	slow.Store(true)
	began, ended := make(chan struct{}), make(chan error, 1)
	s := newSite(t).remote(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/upload/image" || !slow.CompareAndSwap(true, false) {
			return false
		}
		if _, err := io.CopyN(io.Discard, r.Body, 64<<10); err != nil {
			t.Error(err)
		}
		began <- struct{}{}
		<-began // the service does not send it any more
		_, err := io.Copy(io.Discard, r.Body)
		ended <- err
		panic(http.ErrAbortHandler)
	})
	s.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
	s.start()
	ada := s.signIn()
	w := ada.imports(&pb.ImportWorkflowRequest{Source: &pb.ImportWorkflowRequest_Content{Content: []byte(copying)}})
	booking := bookingOf(w.Summary.Id, map[string]*pb.InputValue{fileInput(t, w): asset(s.handsIn(ada, noise(t)))})
	j := ada.book(booking)
	<-began
	if _, err := ada.CancelJob(t.Context(), &pb.CancelJobRequest{JobId: j.Id}); err != nil {
		t.Fatal(err)
	}
	s.says("stopped sending a file to ComfyUI")
	began <- struct{}{}
	if err := <-ended; err == nil {
		t.Error("the file was sent to its end")
	}
	if done := ada.untilEnded(j.Id); done.Status != pb.JobStatus_JOB_STATUS_CANCELLED {
		t.Errorf("the job that was cancelled: %v", done)
	}
	handed := filepath.Join(s.Folder, "elsewhere", "input", "comfyscheduler")
	if left, err := os.ReadDir(handed); err == nil && len(left) > 0 {
		t.Errorf("left at ComfyUI: %v", left)
	}
	if done := ada.untilEnded(ada.book(booking).Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
		t.Errorf("a later job: %v", done)
	}
	if there, err := os.ReadDir(handed); err != nil || len(there) != 1 {
		t.Errorf("at ComfyUI: %v, %v", there, err)
	}
}
