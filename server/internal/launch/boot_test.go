package launch_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet/fleettest"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/launch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func TestBootMeasuresAndTidiesUp(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Boot()
	var steps []string
	for _, s := range w.State().BootSteps {
		steps = append(steps, fmt.Sprintf("%s %s", s.Name, s.Outcome))
	}
	want := "validate done, launch done, wait for port done, connect done, warm up done, benchmark done, ready done"
	if got := strings.Join(steps, ", "); got != want {
		t.Errorf("steps: %s", got)
	}
	// Four steps of 20 ms each; from the cache it would take no time.
	if s := w.State(); s.Status != health.Ready || w.Benchmark() < 80 || s.Estimates[0].SlotDurationMS <= w.Benchmark() {
		t.Errorf("state: %+v", s)
	}
	if files := r.Written(); len(files) > 0 {
		t.Errorf("the measurement left %v", files)
	}
	j := r.NewJob("a fox")
	outcome := w.RunJob(j)
	if outcome.Verdict != dispatch.Completed || len(outcome.Results) != 1 || outcome.Results[0].Kind != job.Image || len(r.Written()) != 1 {
		t.Errorf("outcome: %+v; files: %v", outcome, r.Written())
	}
}

func TestNewStartIsSkippedThroughForAJobThatIsDue(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	first := r.Boot()
	measured := first.Benchmark()
	first.Leave()
	fleettest.StopWell(t, first)
	user := account.User{ID: uuid.NewString(), Name: "Ada"}
	due := r.NewJob("due")
	due.UserID, due.Status, due.Start, due.Duration, due.Version = user.ID, job.Scheduled, time.Now().UnixMilli(), 1000, 1
	if _, err := r.Store.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := tx.InsertUser(ctx, user); err != nil {
			return err
		}
		return tx.InsertJob(ctx, due)
	}); err != nil {
		t.Fatal(err)
	}
	w := r.Boot()
	if w.Step("launch").Outcome != health.Done || w.PID() == first.PID() {
		t.Errorf("launch: %+v", w.Step("launch"))
	}
	for _, name := range []string{"warm up", "benchmark"} {
		if s := w.Step(name); s.Outcome != health.Skipped || !strings.Contains(s.Detail, "a booked slot falls due meanwhile") {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if w.Benchmark() != measured {
		t.Errorf("estimate %d, measured before: %d", w.Benchmark(), measured)
	}
}

func TestStartThatFails(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		prepare func(t *testing.T, r *fleettest.Rig)
		want    []string
	}{
		{"exit", func(_ *testing.T, r *fleettest.Rig) {
			r.Comfy("extra_args", []string{"--misbehave", "crash-on-start"})
		}, []string{"wait for port: ComfyUI ended (exit status 1); its last lines:"}},
		{
			"bad argument", func(_ *testing.T, r *fleettest.Rig) { r.Comfy("extra_args", []string{"--no-such-flag"}) },
			[]string{"ComfyUI ended (exit status 1)", "--no-such-flag"},
		},
		{"port never opens", func(_ *testing.T, r *fleettest.Rig) {
			r.Comfy("extra_args", []string{"--misbehave", "never-open-port"})
			r.Comfy("start_timeout", "500ms")
		}, []string{"has not opened port", "within 500ms (comfy_ui.start_timeout)", "its last lines:"}},
		{"stranger on the port", func(t *testing.T, r *fleettest.Rig) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			r.Comfy("api_port", l.Addr().(*net.TCPAddr).Port)
		}, []string{"(comfy_ui.api_port) is taken by another program: stop it, choose another port"}},
		{"another's ComfyUI on the port", func(t *testing.T, r *fleettest.Rig) {
			r.Comfy("api_port", byHand(t))
		}, []string{"is taken by a ComfyUI 0.3.64-simulated that the service did not start", `use installation_type "remote"`}},
		{"remote that is not there", func(t *testing.T, r *fleettest.Rig) {
			r.Configuration["comfy_ui"] = map[string]any{"installation_type": "remote", "api_port": fleettest.FreePort(t), "start_timeout": "300ms"}
		}, []string{"there is no ComfyUI at http://127.0.0.1:", "(waited 300ms)", "comfy_ui.api_host and api_port"}},
		{
			"generation fails", func(_ *testing.T, r *fleettest.Rig) { r.Comfy("extra_args", []string{"--misbehave", "error"}) },
			[]string{"warm up: the generation failed:"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := fleettest.New(t)
			tc.prepare(t, r)
			w := r.Worker()
			err := w.Boot(w.Ctx)
			if err == nil {
				t.Fatal("it started")
			}
			fleettest.Says(t, err.Error(), tc.want...)
			fleettest.StopWell(t, w)
			if pid := w.PID(); pid != 0 && fleettest.Alive(pid) {
				t.Errorf("ComfyUI (pid %d) was left behind", pid)
			}
		})
	}
}

// The Windows standalone build: a folder with python_embeded beside ComfyUI's own. Its Python is a script here, which
// notes its arguments.
func TestPortableLayout(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the layout's Python is a shell script here")
	}
	r := fleettest.New(t)
	portable := filepath.Join(r.Dir, "ComfyUI_windows_portable")
	for _, folder := range []string{"python_embeded", "ComfyUI"} {
		if err := os.MkdirAll(filepath.Join(portable, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	arguments := filepath.Join(r.Dir, "arguments")
	script := fmt.Sprintf("#!/bin/sh\npwd > '%s'\nprintf '%%s\\n' \"$PYTHONUTF8\" \"$@\" >> '%[1]s'\n"+
		"shift 2\nexec '%s' simulate --step-time 20ms --load-time 10ms \"$@\"\n", arguments, os.Args[0])
	if err := os.WriteFile(filepath.Join(portable, "python_embeded", "python.exe"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(portable, "ComfyUI", "main.py"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	r.Configuration["comfy_ui"] = map[string]any{
		"installation_type": "portable",
		"root_path":         "ComfyUI_windows_portable/ComfyUI",
		"python_executable": "../python_embeded/python.exe",
		"output_dir":        "output",
		"api_port":          fleettest.FreePort(t),
		"extra_args":        []string{"--cpu"},
	}
	w := r.Boot()
	if outcome := w.RunJob(r.NewJob("a fox")); outcome.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", outcome)
	}
	data, err := os.ReadFile(arguments)
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(portable, "ComfyUI")
	port := fmt.Sprint(r.Port())
	want := []string{
		root, "1", "-s", "main.py", "--windows-standalone-build", "--listen", "127.0.0.1", "--port", port,
		"--output-directory", filepath.Join(root, "output"), "--disable-auto-launch", "--preview-method", "auto",
		"--max-upload-size", "100", "--cpu",
	}
	if got := strings.TrimSpace(string(data)); got != strings.Join(want, "\n") {
		t.Errorf("started with\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	if files, err := os.ReadDir(filepath.Join(root, "output")); err != nil || len(files) == 0 {
		t.Errorf("nothing in the output folder: %v", err)
	}
}

// byHand is the port of a ComfyUI that no service started.
func byHand(t *testing.T) (port int) {
	t.Helper()
	port = fleettest.FreePort(t)
	command := exec.Command(os.Args[0], "simulate", "--start-time", "0", "--base-directory", t.TempDir(), "--port", strconv.Itoa(port))
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	for end := time.Now().Add(fleettest.Patience); time.Now().Before(end); {
		if response, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/system_stats", port)); err == nil {
			_ = response.Body.Close()
			return port
		}
	}
	t.Fatal("it does not start")
	return 0
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for version, older := range map[string]bool{
		"0.3.56":           true,
		"0.3.57":           false,
		"0.3.64":           false,
		"0.3.64-simulated": false,
		"0.33.0":           false,
		"0.2.99":           true,
		"1.0":              false,
		"":                 false,
		"nightly":          false,
	} {
		if got := launch.IsOlder(version, "0.3.57"); got != older {
			t.Errorf("%q is older: %v", version, got)
		}
	}
}
