//go:build unix

package worker_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/worker"
)

func kill(t *testing.T, pid int, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, signal); err != nil {
		t.Fatal(err)
	}
}

// freeze makes ComfyUI deaf without ending it.
func (w *running) freeze() {
	kill(w.rig.t, w.pid(), syscall.SIGSTOP)
	client := http.Client{Timeout: 200 * time.Millisecond}
	w.rig.eventually("ComfyUI is frozen", func() bool {
		res, err := client.Get(fmt.Sprintf("http://127.0.0.1:%v/system_stats", w.rig.configuration["comfy_ui"].(map[string]any)["api_port"]))
		if err == nil {
			_ = res.Body.Close()
		}
		return err != nil
	})
}

func TestKilledServiceLeavesComfyUIToTheNext(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := r.boot()
	j := r.newJob("a fox [[slow=300ms]]")
	outcome := first.begin(j)
	first.leave()
	if o := <-outcome; o.Verdict != dispatch.Unknown {
		t.Errorf("outcome for the killed service: %+v", o)
	}
	w := r.worker()
	adopted := make(chan dispatch.Outcome, 1)
	go func() { adopted <- w.Adopt(w.ctx, j) }() // as the dispatcher does, before ComfyUI is up
	if err := w.Boot(w.ctx); err != nil {
		t.Fatal(err)
	}
	if w.pid() != first.pid() || w.benchmark() != first.benchmark() {
		t.Errorf("pid %d, benchmark %d; before: %d, %d", w.pid(), w.benchmark(), first.pid(), first.benchmark())
	}
	if s := w.step("benchmark"); s.Outcome != health.Skipped {
		t.Errorf("benchmark: %+v", s)
	}
	if o := <-adopted; o.Verdict != dispatch.Completed || len(r.written()) != 1 {
		t.Errorf("adopted: %+v, files %v", o, r.written())
	}
	stop(t, w)
	if alive(w.pid()) {
		t.Error("a clean stop left ComfyUI behind")
	}
}

func TestServiceKilledWhileComfyUIStarts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.comfy("extra_args", []string{"--start-time", "2s", "--step-time", "10ms", "--load-time", "10ms"})
	first := r.worker()
	booting := make(chan error, 1)
	go func() { booting <- first.Boot(first.ctx) }()
	r.eventually("ComfyUI is launched", func() bool { return len(first.State().BootSteps) > 2 })
	first.leave()
	if err := <-booting; err == nil {
		t.Error("the killed service booted")
	}
	w := r.boot()
	if w.pid() != first.pid() {
		t.Errorf("pid %d, was %d", w.pid(), first.pid())
	}
	if s := w.step("benchmark"); s.Outcome != health.Done {
		t.Errorf("benchmark: %+v", s)
	}
}

func TestSickComfyUIIsEndedFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := r.boot()
	first.leave()
	first.freeze()
	w := r.boot()
	if w.pid() == first.pid() || alive(first.pid()) {
		t.Errorf("pid %d after %d, which is alive: %v", w.pid(), first.pid(), alive(first.pid()))
	}
	says(t, r.logged(), "ending the ComfyUI of the service before", "it does not answer")
}

func TestComfyUIOfAnotherConfigurationIsEndedFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := r.boot()
	first.leave()
	r.comfy("extra_args", []string{"--step-time", "10ms", "--load-time", "10ms"})
	w := r.boot()
	if w.pid() == first.pid() || alive(first.pid()) {
		t.Errorf("pid %d after %d, which is alive: %v", w.pid(), first.pid(), alive(first.pid()))
	}
	says(t, r.logged(), "it was started for another configuration")
}

func TestEndedComfyUIIsStartedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.supervised()
	pid := w.pid()
	outcome := w.begin(r.newJob("a fox [[slow=1s]]"))
	kill(t, pid, syscall.SIGKILL)
	if o := <-outcome; o.Verdict != dispatch.Lost || o.Reason != "ComfyUI ended (signal: killed) in mid-run" {
		t.Errorf("outcome: %+v", o)
	}
	r.eventually("it is ready again", func() bool { return w.State().Status == health.Ready && w.pid() != pid })
	if o := w.run(r.newJob("another fox")); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
}

func TestHungComfyUIIsStartedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.supervised()
	pid := w.pid()
	w.freeze()
	r.eventually("it is ready again", func() bool { return w.State().Status == health.Ready && w.pid() != pid })
	says(t, r.logged(), "ComfyUI does not answer any more")
	if alive(pid) {
		t.Error("the one that hung lives on")
	}
}

func TestComfyUIThatDoesNotStartAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.supervised()
	r.edit("flux2-vae.safetensors", "gone.safetensors") // seen, and refused
	r.eventually("the edit is refused", func() bool { return strings.Contains(w.State().Reason, "is not used") })
	if err := w.Restart(); err != nil {
		t.Fatal(err)
	}
	r.eventually("the version before goes on", func() bool {
		return w.State().Status == health.Ready && strings.Contains(r.logged(), "an administrator restarted ComfyUI")
	})
	says(t, w.State().Reason, "models/vae")
}

func TestRemoteComesAndGoes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	there := r.boot()
	far := newRig(t)
	far.configuration["comfy_ui"] = map[string]any{"installation_type": "remote", "api_port": r.configuration["comfy_ui"].(map[string]any)["api_port"]}
	w := far.supervised()
	if err := w.Restart(); !errors.Is(err, worker.ErrRemote) {
		t.Errorf("restart: %v", err)
	}
	if s := w.step("launch"); s.Outcome != health.Skipped {
		t.Errorf("launch: %+v", s)
	}
	there.freeze()
	far.eventually("it is offline", func() bool { return w.State().Status == health.Offline })
	says(t, w.State().Reason, "ComfyUI does not answer at http://127.0.0.1:")
	kill(t, there.pid(), syscall.SIGCONT)
	far.eventually("it is back", func() bool { return w.State().Status == health.Ready })
	if o := w.run(far.newJob("a fox")); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
	w.leave()
	stop(t, w)
	if !alive(there.pid()) {
		t.Error("a remote ComfyUI was stopped")
	}
}

func TestInterruptedJob(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.boot()
	j := r.newJob("a fox [[slow=1s]]")
	outcome := w.begin(j)
	w.Interrupt(j)
	if o := <-outcome; o.Verdict != dispatch.Interrupted {
		t.Errorf("outcome: %+v", o)
	}
	// One that is interrupted before it has reached ComfyUI.
	j = r.newJob("a fox [[slow=1s]]")
	w.Interrupt(j)
	if o := w.run(j); o.Verdict != dispatch.NotStarted || len(r.written()) > 0 {
		t.Errorf("outcome: %+v", o)
	}
}

func TestFailuresOfAJob(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.boot()
	if o := w.run(r.newJob("[[error]]")); o.Verdict != dispatch.Failed || o.Failure.Reason != job.Execution || o.Failure.NodeID == "" {
		t.Errorf("outcome: %+v", o)
	}
	if o := w.run(r.newJob("[[no-result]]")); o.Verdict != dispatch.Completed || len(o.Results) != 0 {
		t.Errorf("outcome: %+v", o)
	}
	gone := r.newJob("a fox")
	gone.Template = "0123"
	if o := w.run(gone); o.Verdict != dispatch.Failed || o.Failure.Reason != job.Rejected {
		t.Errorf("outcome: %+v", o)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if o := w.Run(ctx, r.newJob("a fox"), func() {}); o.Verdict == dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
}
