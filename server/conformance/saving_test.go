//go:build unix

package conformance

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// administrator signs in whoever may bring workflows.
func (v *service) administrator(t *testing.T, place *site) *servicetest.Client {
	t.Helper()
	token, err := place.AdminToken()
	if err != nil {
		t.Fatal(err)
	}
	root := servicetest.Dial(v.url, servicetest.HTTP1())
	root.Token = token
	return root
}

func imported(t *testing.T, by *servicetest.Client, title string, file []byte) *pb.Workflow {
	t.Helper()
	made, err := by.Workflows.ImportWorkflow(t.Context(), &pb.ImportWorkflowRequest{
		Source: &pb.ImportWorkflowRequest_Content{Content: file},
		Title:  title,
	})
	if err != nil {
		t.Fatal(title, err)
	}
	return made.Workflow
}

// loaders are workflows that save what they load, each with the file that it is given and how the result begins.
var loaders = []struct{ name, graph, file, begins string }{
	{"LoadImageMask", `{
		"1": {"class_type": "LoadImageMask", "inputs": {"image": "example.png", "channel": "red"}},
		"2": {"class_type": "MaskToImage", "inputs": {"mask": ["1", 0]}},
		"3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "loaded/mask"}}}`, "", "\x89PNG"},
	{
		"LoadVideo", `{
		"1": {"class_type": "LoadVideo", "inputs": {"file": "clip.mp4"}},
		"3": {"class_type": "SaveVideo", "inputs": {"video": ["1", 0], "filename_prefix": "loaded/clip", "format": "auto", "codec": "auto"}}}`,
		"input/clip.mp4", "\x00\x00\x00",
	},
	{"LoadAudio", `{
		"1": {"class_type": "LoadAudio", "inputs": {"audio": "tune.flac"}},
		"3": {"class_type": "SaveAudio", "inputs": {"audio": ["1", 0], "filename_prefix": "loaded/tune"}}}`, "input/tune.flac", "fLaC"},
}

// redness is a picture whose red channel is a mask.
func redness(t *testing.T) []byte {
	t.Helper()
	painted := image.NewNRGBA(image.Rect(0, 0, 64, 48))
	for i := range painted.Pix {
		painted.Pix[i] = 255
	}
	painted.SetNRGBA(10, 20, color.NRGBA{51, 255, 255, 255})
	var file bytes.Buffer
	if err := png.Encode(&file, painted); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestFilesOfEveryKind hands a mask, a video and a sound to nodes that load them, and has one of everything saved, by a ComfyUI of the
// service's own and by one elsewhere.
func TestFilesOfEveryKind(t *testing.T) {
	i := comfyUI(t)
	t.Run("local", func(t *testing.T) { testEveryKind(t, i.local(t)) })
	t.Run("remote", func(t *testing.T) {
		there := i.elsewhere(t)
		testEveryKind(t, newSite(t, map[string]any{"installation_type": "remote", "api_port": there.port}))
	})
}

func testEveryKind(t *testing.T, place *site) {
	v := place.start()
	root := v.administrator(t, place)
	for _, c := range loaders {
		t.Run(c.name, func(t *testing.T) {
			testLoader(t, v, root, imported(t, root, c.name, []byte(c.graph)), c.file, c.begins)
		})
	}
	_, local := place.Config.Section("comfy_ui")["root_path"]
	t.Run("saving", func(t *testing.T) { testSaving(t, v, root, local) })
}

func testLoader(t *testing.T, v *service, root *servicetest.Client, w *pb.Workflow, file, begins string) {
	content := redness(t)
	if file != "" {
		var err error
		if content, err = os.ReadFile(filepath.FromSlash(file)); err != nil {
			t.Fatal(err)
		}
	}
	id := upload(t, root, v.url, content)
	inputs := map[string]*pb.InputValue{}
	for _, in := range w.Inputs {
		if in.GetFile() != nil {
			inputs[in.Name] = &pb.InputValue{Value: &pb.InputValue_File{File: &pb.FileValue{Source: &pb.FileValue_AssetId{AssetId: id}}}}
		}
	}
	done := v.untilDone(t, root, &pb.BookJobRequest{
		Start:      &pb.BookJobRequest_EarliestStartMs{},
		WorkflowId: w.Summary.Id,
		Inputs:     inputs,
	})
	if done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || len(done.Results) != 1 || len(inputs) != 1 {
		t.Fatal(done)
	}
	status, kind, made := v.fetch(t, "/results/"+done.Id+"/0")
	if status != 200 || !strings.HasPrefix(string(made), begins) {
		t.Errorf("%d %s, %.8q", status, kind, made)
	}
	if file != "" {
		return
	}
	mask := pictureOf(t, root, v.url+"/results/"+done.Id+"/0")
	masked, beside := color.NRGBAModel.Convert(mask.At(10, 20)), color.NRGBAModel.Convert(mask.At(11, 20))
	if masked != (color.NRGBA{51, 51, 51, 255}) || beside != (color.NRGBA{255, 255, 255, 255}) {
		t.Errorf("the mask is %v, and %v beside it", masked, beside)
	}
}

// saved tells what comes of each node: how many results, of which kind and type, and the status of their thumbnail.
var saved = map[string]struct {
	count     int
	kind      pb.ResultKind
	mediaType string
	thumbnail int
}{
	"10": {4, pb.ResultKind_RESULT_KIND_IMAGE, "image/png", 200},
	"11": {1, pb.ResultKind_RESULT_KIND_IMAGE, "image/png", 200},
	"12": {1, pb.ResultKind_RESULT_KIND_IMAGE, "image/webp", 200},
	"13": {1, pb.ResultKind_RESULT_KIND_VIDEO, "video/mp4", 415},
	"14": {1, pb.ResultKind_RESULT_KIND_VIDEO, "video/webm", 415},
	"15": {1, pb.ResultKind_RESULT_KIND_AUDIO, "audio/flac", 415},
	"16": {1, pb.ResultKind_RESULT_KIND_AUDIO, "audio/mpeg", 415},
	"17": {1, pb.ResultKind_RESULT_KIND_AUDIO, "audio/ogg", 415},
	"18": {1, pb.ResultKind_RESULT_KIND_FILE, "application/octet-stream", 415},
	"19": {1, pb.ResultKind_RESULT_KIND_FILE, "application/octet-stream", 415},
	"20": {1, pb.ResultKind_RESULT_KIND_FILE, "image/svg+xml", 415},
	"21": {1, pb.ResultKind_RESULT_KIND_TEXT, "text/plain; charset=utf-8", 0},
}

// testSaving has everything saved. Of a video that can be read there is a poster, made by ComfyUI's own Python.
func testSaving(t *testing.T, v *service, root *servicetest.Client, readable bool) {
	graph, err := os.ReadFile("testdata/saving_api.json")
	if err != nil {
		t.Fatal(err)
	}
	w := imported(t, root, "Saving", graph)
	done := v.untilDone(t, root, &pb.BookJobRequest{
		Start:      &pb.BookJobRequest_EarliestStartMs{},
		WorkflowId: w.Summary.Id,
		Inputs:     servicetest.Prompt("saved in every way"),
	})
	if done.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
		t.Fatal(done)
	}
	counts := map[string]int{}
	for n, r := range done.Results {
		counts[r.NodeId]++
		want := saved[r.NodeId]
		if readable && want.kind == pb.ResultKind_RESULT_KIND_VIDEO {
			want.thumbnail = 200
		}
		status, kind, content := v.fetch(t, fmt.Sprintf("/results/%s/%d", done.Id, n))
		t.Logf("node %s, %v %s: %d, %s, %d bytes", r.NodeId, r.Kind, r.Filename, status, kind, len(content))
		if status != 200 || kind != want.mediaType || r.Kind != want.kind {
			t.Errorf("%s of node %s: %d, %s, %v", r.Filename, r.NodeId, status, kind, r.Kind)
		}
		if r.Filename == "" {
			continue
		}
		if status, _, _ := v.fetch(t, "/thumbnails/"+escaped(r.Filename)); status != want.thumbnail {
			t.Errorf("the thumbnail of %s: %d", r.Filename, status)
		}
	}
	for node, want := range saved {
		if counts[node] != want.count {
			t.Errorf("node %s has left %d results, not %d", node, counts[node], want.count)
		}
	}
	status, _, raw := v.fetch(t, "/archives/jobs/"+done.Id)
	packed, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if status != 200 || err != nil || len(packed.File) != len(done.Results) {
		t.Fatalf("the zip: %d, %v", status, err)
	}
	for _, f := range packed.File {
		if path.Base(f.Name) != f.Name || !strings.HasPrefix(f.Name, "saved-in-every-way") {
			t.Errorf("in the zip: %q", f.Name)
		}
	}
}

// escaped is the name of a file as a part of an address.
func escaped(name string) string { return (&url.URL{Path: name}).EscapedPath() }
