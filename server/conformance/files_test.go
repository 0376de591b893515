//go:build unix

package conformance

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// copying saves the picture that it loads, and the mask that the picture's transparency is.
const copying = `{
	"1": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
	"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "copy"}},
	"3": {"class_type": "MaskToImage", "inputs": {"mask": ["1", 1]}},
	"4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "mask"}}}`

// TestFilesThatAreHandedOver uploads a picture with a masked pixel, has a ComfyUI elsewhere use it twice, and holds what it made, and
// what the service says of it, against the upload.
func TestFilesThatAreHandedOver(t *testing.T) {
	there := comfyUI(t).elsewhere(t)
	place := newSite(t, map[string]any{"installation_type": "remote", "api_port": there.port})
	v := place.start()
	token, err := place.AdminToken()
	if err != nil {
		t.Fatal(err)
	}
	root := servicetest.Dial(v.url, servicetest.HTTP1())
	root.Token = token
	w, err := root.Workflows.ImportWorkflow(t.Context(), &pb.ImportWorkflowRequest{
		Source: &pb.ImportWorkflowRequest_Content{Content: []byte(copying)},
		Title:  "Copy",
	})
	if err != nil {
		t.Fatal(err)
	}
	painted := image.NewNRGBA(image.Rect(0, 0, 64, 48))
	for i := range painted.Pix {
		painted.Pix[i] = byte(i * 7)
	}
	for i := 3; i < len(painted.Pix); i += 4 {
		painted.Pix[i] = 255
	}
	painted.SetNRGBA(10, 20, color.NRGBA{1, 2, 3, 0})
	var file bytes.Buffer
	if err := png.Encode(&file, painted); err != nil {
		t.Fatal(err)
	}
	id := upload(t, root, v.url, file.Bytes())
	inputs := map[string]*pb.InputValue{}
	for _, in := range w.Workflow.Inputs {
		if in.GetFile() != nil {
			inputs[in.Name] = &pb.InputValue{Value: &pb.InputValue_File{File: &pb.FileValue{Source: &pb.FileValue_AssetId{AssetId: id}}}}
		}
	}
	for range 2 {
		done := v.untilDone(t, root, &pb.BookJobRequest{
			Start:      &pb.BookJobRequest_EarliestStartMs{},
			WorkflowId: w.Workflow.Summary.Id,
			Inputs:     inputs,
		})
		if done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || len(done.Results) != 2 || done.Results[0].SizeBytes == 0 {
			t.Fatal(done)
		}
		for n, result := range done.Results {
			got := pictureOf(t, root, v.url+"/results/"+done.Id+"/"+string(rune('0'+n)))
			masked := color.NRGBAModel.Convert(got.At(10, 20)).(color.NRGBA)
			beside := color.NRGBAModel.Convert(got.At(11, 20)).(color.NRGBA)
			want := []color.NRGBA{{1, 2, 3, 255}, painted.NRGBAAt(11, 20)}
			if result.NodeId == "4" {
				want = []color.NRGBA{{255, 255, 255, 255}, {0, 0, 0, 255}}
			}
			if masked != want[0] || beside != want[1] {
				t.Errorf("%s: %v and %v, not %v", result.Filename, masked, beside, want)
			}
		}
	}
	entries, err := os.ReadDir(filepath.Join(there.base, "input", "comfyscheduler"))
	if err != nil || len(entries) != 1 || entries[0].Name() != id+".png" {
		t.Errorf("in ComfyUI's input folder: %v, %v", entries, err)
	}
}

func upload(t *testing.T, by *servicetest.Client, url string, content []byte) string {
	t.Helper()
	answer, err := by.HTTP.Post(url+"/uploads", "image/png", bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var made struct{ ID string }
	if err := json.NewDecoder(answer.Body).Decode(&made); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status, err)
	}
	return made.ID
}

func pictureOf(t *testing.T, by *servicetest.Client, url string) image.Image {
	t.Helper()
	answer, err := by.HTTP.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	data, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status, string(data), err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

// untilDone books and waits for the end.
func (v *service) untilDone(t *testing.T, by *servicetest.Client, r *pb.BookJobRequest) (done *pb.Job) {
	t.Helper()
	booked, err := by.BookJob(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the job ends", func() bool {
		found, err := by.GetJob(t.Context(), &pb.GetJobRequest{JobId: booked.Job.Id})
		if err != nil {
			t.Fatal(err)
		}
		done = found.Job
		return done.FinishedAtMs > 0
	})
	return done
}
