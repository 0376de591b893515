//go:build linux

package acceptance_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// copying is a workflow that saves the picture that it loads, and the mask that the picture's transparency is.
const copying = `{
	"1": {"class_type": "LoadImage", "inputs": {"image": "photo.jpg"}},
	"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "copy"}},
	"3": {"class_type": "MaskToImage", "inputs": {"mask": ["1", 1]}},
	"4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "mask"}}}`

// handsIn uploads a picture.
func (s *site) handsIn(by *client, content []byte) (id string) {
	s.t.Helper()
	status, answer := s.upload(by.Token, "", bytes.NewReader(content))
	id, _ = answer["id"].(string)
	if status != http.StatusOK {
		s.t.Fatalf("%d %v", status, answer)
	}
	return id
}

func asset(id string) *pb.InputValue {
	return &pb.InputValue{Value: &pb.InputValue_File{File: &pb.FileValue{Source: &pb.FileValue_AssetId{AssetId: id}}}}
}

// fileInput is the only input of a workflow that takes a file.
func fileInput(t *testing.T, w *pb.Workflow) string {
	t.Helper()
	for _, in := range w.Inputs {
		if in.GetFile() != nil {
			return in.Name
		}
	}
	t.Fatalf("no input takes a file: %v", w.Inputs)
	return ""
}

// resultImage reads a result's pixels.
func (s *site) resultImage(by *client, name string) image.Image {
	s.t.Helper()
	status, data := s.fetch(by, "/images/"+name)
	decoded, err := png.Decode(bytes.NewReader(data))
	if status != http.StatusOK || err != nil {
		s.t.Fatalf("%s: %d, %v", name, status, err)
	}
	return decoded
}

func TestAnUploadedPictureAndItsMaskAreUsed(t *testing.T) {
	t.Parallel()
	var sent atomic.Int32
	for name, s := range map[string]*site{
		"a local ComfyUI": newSite(t),
		"a remote one": newSite(t).remote(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/upload/image" {
				sent.Add(1)
			}
			return false
		}),
	} {
		s.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
		s.start()
		ada, bob := s.signIn(), s.signIn()
		w := ada.imports(&pb.ImportWorkflowRequest{Source: &pb.ImportWorkflowRequest_Content{Content: []byte(copying)}})
		input := fileInput(t, w)
		painted := image.NewNRGBA(image.Rect(0, 0, 8, 6))
		for y := range 6 {
			for x := range 8 {
				painted.SetNRGBA(x, y, color.NRGBA{200, uint8(x * 20), uint8(y * 20), 255})
			}
		}
		painted.SetNRGBA(3, 2, color.NRGBA{200, 60, 40, 0}) // the one pixel that is masked
		var file bytes.Buffer
		if err := png.Encode(&file, painted); err != nil {
			t.Fatal(err)
		}
		id := s.handsIn(ada, file.Bytes())
		booking := bookingOf(w.Summary.Id, map[string]*pb.InputValue{input: asset(id)})
		if _, err := bob.BookJob(t.Context(), booking); connect.CodeOf(err) != connect.CodeInvalidArgument {
			t.Errorf("%s: another user books it: %v", name, err)
		}
		if status, _ := s.fetch(bob, "/uploads/"+id); status != http.StatusNotFound {
			t.Errorf("%s: another user has it: %d", name, status)
		}
		for range 2 {
			done := ada.untilEnded(ada.book(booking).Id)
			if done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || len(done.Results) != 2 {
				t.Fatalf("%s: %v", name, done)
			}
			s.holdsPicture(ada, done, painted)
		}
		if status, content := s.fetch(bob, "/uploads/"+id); status != http.StatusOK || !bytes.Equal(content, file.Bytes()) {
			t.Errorf("%s: who may see the job has it with %d", name, status)
		}
	}
	if n := sent.Load(); n != 1 {
		t.Errorf("the file was sent %d times", n)
	}
}

// holdsPicture holds the results of the workflow that copies against what it was given.
func (s *site) holdsPicture(by *client, done *pb.Job, painted *image.NRGBA) {
	s.t.Helper()
	for _, result := range done.Results {
		got := s.resultImage(by, result.Filename)
		for y := range 6 {
			for x := range 8 {
				pixel, _ := color.NRGBAModel.Convert(got.At(x, y)).(color.NRGBA)
				want := painted.NRGBAAt(x, y)
				if result.NodeId == "4" { // masked is white
					shade := 255 - want.A
					want = color.NRGBA{shade, shade, shade, 255}
				}
				if want.A = 255; pixel != want {
					s.t.Fatalf("%s at %d, %d: %v, not %v", result.Filename, x, y, pixel, want)
				}
			}
		}
	}
}

// The picture that is made from a photo is another for another photo, with all else equal.
func TestImageToImage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
	s.start()
	ada := s.signIn()
	w := ada.imports(&pb.ImportWorkflowRequest{
		Source:   &pb.ImportWorkflowRequest_Content{Content: example(t, "photo_to_painting.json")},
		Filename: "photo_to_painting.json",
	})
	var made [][]byte
	for _, shade := range []color.Color{color.NRGBA{255, 0, 0, 255}, color.NRGBA{0, 0, 255, 255}, color.NRGBA{255, 0, 0, 255}} {
		inputs := map[string]*pb.InputValue{
			fileInput(t, w): asset(s.handsIn(ada, picture(t, 64, 64, shade))),
			"prompt":        {Value: &pb.InputValue_Text{Text: "a watercolour"}},
			"seed":          {Value: &pb.InputValue_Seed{Seed: 7}},
		}
		done := ada.untilEnded(ada.book(bookingOf(w.Summary.Id, inputs)).Id)
		if done.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
			t.Fatal(done)
		}
		if got := done.Inputs[fileInput(t, w)].GetFile().GetAssetId(); len(got) != 64 {
			t.Errorf("the job tells the file %q", got)
		}
		made = append(made, pixels(s.resultImage(ada, done.ResultFilename)))
	}
	if bytes.Equal(made[0], made[1]) || !bytes.Equal(made[0], made[2]) {
		t.Error("the picture does not depend on the photo alone")
	}
}

// pixels are those of a picture, without what else its file holds.
func pixels(of image.Image) []byte {
	bounds := of.Bounds()
	all := make([]byte, 0, 4*bounds.Dx()*bounds.Dy())
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			r, g, b, a := of.At(x, y).RGBA()
			all = append(all, byte(r>>8), byte(g>>8), byte(b>>8), byte(a>>8))
		}
	}
	return all
}

// A file that its ComfyUI does not take, and one that is gone, are the job's reasons.
func TestAFileThatCannotBeHandedOver(t *testing.T) {
	t.Parallel()
	refuse := func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/upload/image" {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return true
		}
		return false
	}
	for name, c := range map[string]struct {
		site *site
		lose bool
		want string
	}{
		"too large": {newSite(t).remote(refuse), false, "larger than its ComfyUI takes"},
		"gone":      {newSite(t), true, "not there any more"},
	} {
		s := c.site
		s.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
		s.start()
		ada := s.signIn()
		w := ada.imports(&pb.ImportWorkflowRequest{Source: &pb.ImportWorkflowRequest_Content{Content: []byte(copying)}})
		id := s.handsIn(ada, picture(t, 9, 9, color.White))
		if c.lose {
			if err := os.Remove(filepath.Join(s.Folder, "data", "assets", id[:2], id)); err != nil {
				t.Fatal(err)
			}
		}
		done := ada.untilEnded(ada.book(bookingOf(w.Summary.Id, map[string]*pb.InputValue{fileInput(t, w): asset(id)})).Id)
		if done.Error.GetReason() != pb.JobErrorReason_JOB_ERROR_REASON_INPUT_FILE || !strings.Contains(done.Error.Message, c.want) {
			t.Errorf("%s: %v", name, done)
		}
	}
}

// A file that its ComfyUI says not to take is refused when it is booked.
func TestAFileThatIsTooLargeForItsComfyUI(t *testing.T) {
	t.Parallel()
	s := newSite(t).remote(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/features" {
			_, _ = w.Write([]byte(`{"max_upload_size": 5000}`))
			return true
		}
		return false
	})
	s.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
	s.start()
	ada := s.signIn()
	w := ada.imports(&pb.ImportWorkflowRequest{Source: &pb.ImportWorkflowRequest_Content{Content: []byte(copying)}})
	id := s.handsIn(ada, append(picture(t, 9, 9, color.White), make([]byte, 2000)...))
	_, err := ada.BookJob(t.Context(), bookingOf(w.Summary.Id, map[string]*pb.InputValue{fileInput(t, w): asset(id)}))
	if connect.CodeOf(err) != connect.CodeInvalidArgument || !strings.Contains(err.Error(), "its ComfyUI takes 904 at most") {
		t.Error(err)
	}
}

// An input that may be left out takes its branch out of the graph when it is.
func TestAnInputThatIsLeftOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
	s.start()
	ada := s.signIn()
	both, err := json.Marshal(map[string]any{
		"1": map[string]any{"class_type": "LoadImage", "inputs": map[string]any{"image": "photo.jpg"}},
		"2": map[string]any{"class_type": "SaveImage", "inputs": map[string]any{"images": []any{"1", 0}, "filename_prefix": "x"}},
		"3": map[string]any{"class_type": "EmptyImage", "inputs": map[string]any{"width": 64, "height": 64, "batch_size": 1, "color": 255}},
		"4": map[string]any{"class_type": "SaveImage", "inputs": map[string]any{"images": []any{"3", 0}, "filename_prefix": "y"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := ada.imports(&pb.ImportWorkflowRequest{Source: &pb.ImportWorkflowRequest_Content{Content: both}})
	input, optional := fileInput(t, w), true
	_, err = ada.Workflows.UpdateWorkflow(t.Context(), &pb.UpdateWorkflowRequest{
		WorkflowId: w.Summary.Id,
		Inputs:     []*pb.InputEdit{{Name: input, Optional: &optional}},
	})
	if err != nil {
		t.Fatal(err)
	}
	nothing := &pb.InputValue{Value: &pb.InputValue_File{File: &pb.FileValue{Source: &pb.FileValue_InputFile{}}}}
	done := ada.untilEnded(ada.book(bookingOf(w.Summary.Id, map[string]*pb.InputValue{input: nothing})).Id)
	if done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || len(done.Results) != 1 || done.Results[0].NodeId != "4" {
		t.Error(done)
	}
}

// linked is a workflow whose files have a name that does not come from the job, and the color of its input.
const linked = `{
	"1": {"class_type": "LoadImage", "inputs": {"image": "photo.jpg"}},
	"5": {"class_type": "PrimitiveString", "inputs": {"value": "always_the_same"}},
	"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": ["5", 0]}}}`

// A job shows its own result, or says that it is not there any more, and never somebody else's.
func TestResultsBelongToTheirJobs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
	s.start()
	ada := s.signIn()
	w := ada.imports(&pb.ImportWorkflowRequest{Source: &pb.ImportWorkflowRequest_Content{Content: []byte(linked)}, Title: "Linked"})
	run := func(shade color.Color) *pb.Job {
		id := s.handsIn(ada, picture(t, 20, 10, shade))
		done := ada.untilEnded(ada.book(bookingOf(w.Summary.Id, map[string]*pb.InputValue{fileInput(t, w): asset(id)})).Id)
		if done.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
			t.Fatal(done)
		}
		return done
	}
	first := run(color.NRGBA{255, 0, 0, 255})
	path := "/results/" + first.Id + "/0"
	_, own := s.fetch(ada, path)
	if len(own) == 0 || first.Results[0].SizeBytes != int64(len(own)) {
		t.Errorf("%d bytes of %v", len(own), first.Results)
	}
	file := filepath.Join(s.Folder, "data", "simulated", "output", filepath.FromSlash(first.ResultFilename))
	if err := os.Chtimes(file, time.Unix(5, 0), time.Unix(5, 0)); err != nil {
		t.Fatal(err)
	}
	if status, _ := s.fetch(ada, path); status != http.StatusOK {
		t.Errorf("with another time and the same content: %d", status)
	}
	if err := os.Remove(file); err != nil { // so that its name is given again
		t.Fatal(err)
	}
	if status, _ := s.fetch(ada, path); status != http.StatusGone {
		t.Errorf("deleted: %d", status)
	}
	second := run(color.NRGBA{0, 0, 255, 255})
	if second.ResultFilename != first.ResultFilename {
		t.Fatalf("%s is not %s", second.ResultFilename, first.ResultFilename)
	}
	status, _ := s.fetch(ada, path)
	if again := ada.job(first.Id); status != http.StatusGone || !again.Results[0].Overwritten || ada.job(second.Id).Results[0].Overwritten {
		t.Errorf("overwritten: %d, %v", status, again.Results)
	}
	_, err := ada.Assets.CreateAssetFromResult(t.Context(), &pb.CreateAssetFromResultRequest{JobId: first.Id})
	if connect.CodeOf(err) != connect.CodeFailedPrecondition {
		t.Errorf("an asset of what was overwritten: %v", err)
	}
}

// A result of one job is the input of another, and its download has a name for people.
func TestAResultIsAnInput(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
	s.start()
	ada, bob := s.signIn(), s.signIn()
	request := nextFree("A red fox!")
	request.Inputs["seed"] = &pb.InputValue{Value: &pb.InputValue_Seed{Seed: 42}}
	first := ada.untilEnded(ada.book(request).Id)
	made, err := bob.Assets.CreateAssetFromResult(t.Context(), &pb.CreateAssetFromResultRequest{JobId: first.Id})
	if err != nil || made.Asset.Name != "a-red-fox_seed-42.png" || made.Asset.Kind != pb.FileKind_FILE_KIND_IMAGE {
		t.Fatal(made, err)
	}
	w := bob.imports(&pb.ImportWorkflowRequest{Source: &pb.ImportWorkflowRequest_Content{Content: []byte(copying)}})
	inputs := map[string]*pb.InputValue{fileInput(t, w): asset(made.Asset.Id)}
	second := bob.untilEnded(bob.book(bookingOf(w.Summary.Id, inputs)).Id)
	if second.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
		t.Fatal(second)
	}
	if !bytes.Equal(pixels(s.resultImage(bob, first.ResultFilename)), pixels(s.resultImage(bob, second.Results[0].Filename))) {
		t.Error("the copy is another picture")
	}
	response, err := ada.HTTP.Get(s.url + "/results/" + first.Id + "/0?download=1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if got := response.Header.Get("Content-Disposition"); got != "attachment; filename=a-red-fox_seed-42.png" {
		t.Errorf("the download is called %s", got)
	}
}

// A backup says that uploaded files are not in it, and takes them when it is asked to.
func TestBackupOfUploadedFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
	s.start()
	ada := s.signIn()
	w := ada.imports(&pb.ImportWorkflowRequest{Source: &pb.ImportWorkflowRequest_Content{Content: []byte(copying)}})
	photo := picture(t, 12, 12, color.White)
	id := s.handsIn(ada, photo)
	booked := bookingOf(w.Summary.Id, map[string]*pb.InputValue{fileInput(t, w): asset(id)})
	booked.Start = &pb.BookJobRequest_StartMs{StartMs: now() + 600_000}
	later := ada.book(booked)
	backup, folder := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "files")
	if said, code := s.run("backup", backup+"-of-bookings"); code != 0 || !strings.Contains(said, "1 uploaded files") {
		t.Errorf("%d %s", code, said)
	}
	if said, code := s.run("backup", backup, "--assets", folder); code != 0 || !strings.Contains(said, "copied 1 uploaded files") {
		t.Fatalf("%d %s", code, said)
	}
	s.signal(syscall.SIGTERM)
	s.waitForEnd()

	other := newSite(t)
	other.Config["workflows"] = map[string]any{"who_may_import": "everybody"}
	other.writeConfig()
	if said, code := other.run("restore", backup, "--assets", folder); code != 0 || !strings.Contains(said, "copied 1 uploaded files") {
		t.Fatalf("%d %s", code, said)
	}
	other.start()
	ada = ada.again(other)
	if status, content := other.fetch(ada, "/uploads/"+id); status != http.StatusOK || !bytes.Equal(content, photo) {
		t.Errorf("the file after the restore: %d", status)
	}
	ada.runNow(later.Id)
	if done := ada.untilEnded(later.Id); done.Status != pb.JobStatus_JOB_STATUS_COMPLETED {
		t.Error(done)
	}
}
