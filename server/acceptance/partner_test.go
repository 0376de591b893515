//go:build linux

package acceptance_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// A workflow that costs money runs when it is booked, and only then, with a key that is shown nowhere.
func TestAPaidWorkflow(t *testing.T) {
	t.Parallel()
	const key = "comfyui-sesame-1f2e3d"
	s := newSite(t)
	s.write("paid_api.json", `{
		"1": {"class_type": "FluxProUltraImageNode", "inputs": {"prompt": "a fox", "prompt_upsampling": false, "seed": 0,
			"aspect_ratio": "16:9", "raw": false}},
		"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "paid"}}}`)
	s.write("key", key+"\n")
	s.Config["workflow"] = map[string]any{"template_file": "paid_api.json"}
	s.Config["workflows"] = map[string]any{"partner_api_key_file": "key"}
	s.start()
	user := s.signIn()
	summary, fit := user.offered()
	if !summary.Bookable || fit.Measurement.State != pb.WorkflowMeasurementState_WORKFLOW_MEASUREMENT_STATE_NEVER ||
		len(summary.Estimates) == 0 || summary.Estimates[0].Basis != pb.EstimateBasis_ESTIMATE_BASIS_GUESS {
		t.Errorf("offered: %v, %v", summary, fit)
	}
	output := filepath.Join(s.Folder, "data", "simulated", "output")
	if made, _ := filepath.Glob(filepath.Join(output, "*.png")); len(made) > 0 {
		t.Errorf("the boot ran it: %v", made)
	}
	done := user.untilEnded(user.book(nextFree("a fox in the snow")).Id)
	if done.Status != pb.JobStatus_JOB_STATUS_COMPLETED || done.ResultFilename == "" {
		t.Fatalf("job: %v", done)
	}
	if strings.Contains(done.String(), "sesame") || strings.Contains(s.log.String(), "sesame") {
		t.Error("the key is shown")
	}
	err := filepath.WalkDir(filepath.Join(s.Folder, "data"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err == nil && bytes.Contains(content, []byte("sesame")) {
			t.Errorf("the key is in %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// write makes a file of the site.
func (s *site) write(name, content string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.Folder, name), []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
}
