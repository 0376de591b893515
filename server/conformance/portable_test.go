//go:build unix

package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// TestPortable lays the real ComfyUI out as the Windows standalone build is: a folder with python_embeded beside ComfyUI's.
func TestPortable(t *testing.T) {
	i := comfyUI(t)
	base, folder := baseDirectory(t), filepath.Join(t.TempDir(), "ComfyUI_windows_portable")
	if err := os.MkdirAll(filepath.Join(folder, "python_embeded"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(i.root, filepath.Join(folder, "ComfyUI")); err != nil {
		t.Fatal(err)
	}
	python := fmt.Sprintf("#!/bin/sh\nexec '%s' \"$@\"\n", i.python)
	if err := os.WriteFile(filepath.Join(folder, "python_embeded", "python.exe"), []byte(python), 0o755); err != nil {
		t.Fatal(err)
	}
	place := newSite(t, map[string]any{
		"installation_type": "portable",
		"root_path":         filepath.Join(folder, "ComfyUI"),
		"python_executable": "../python_embeded/python.exe",
		"output_dir":        filepath.Join(base, "output"),
		"api_port":          freePort(t),
		"start_timeout":     patience.String(),
		"extra_args":        []string{"--cpu", "--disable-api-nodes", "--base-directory", base, "--database-url", database(base)},
	})
	v := place.start()
	j := v.end(t, v.book(t, booking("from the box", nil)).GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	if status, kind, _ := v.fetch(t, "/images/"+j.GetResultFilename()); status != 200 || kind != "image/png" {
		t.Errorf("%s: %d %s", j.GetResultFilename(), status, kind)
	}
	var stats struct{ System struct{ Argv []string } }
	getJSON(t, place.comfyURL+"/system_stats", &stats)
	t.Log(stats.System.Argv)
	for _, argument := range []string{"--windows-standalone-build", "--disable-auto-launch"} {
		if !slices.Contains(stats.System.Argv, argument) {
			t.Errorf("no %s in %v", argument, stats.System.Argv)
		}
	}
	pid := v.comfyPID()
	if err := v.stop(); err != nil || alive(pid) {
		t.Errorf("the service ended with %v, ComfyUI (pid %d) is alive: %t", err, pid, alive(pid))
	}
}
