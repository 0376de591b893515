//go:build unix

package launch_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet/fleettest"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/launch"
)

func TestKilledServiceLeavesComfyUIToTheNext(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	first := r.Boot()
	j := r.NewJob("a fox [[slow=300ms]]")
	outcome := first.BeginJob(j)
	first.Leave()
	if o := <-outcome; o.Verdict != dispatch.Unknown {
		t.Errorf("outcome for the killed service: %+v", o)
	}
	w := r.Worker()
	adopted := make(chan dispatch.Outcome, 1)
	go func() { adopted <- w.Adopt(w.Ctx, j) }() // as the dispatcher does, before ComfyUI is up
	if err := w.Boot(w.Ctx); err != nil {
		t.Fatal(err)
	}
	if w.PID() != first.PID() || w.Benchmark() != first.Benchmark() {
		t.Errorf("pid %d, benchmark %d; before: %d, %d", w.PID(), w.Benchmark(), first.PID(), first.Benchmark())
	}
	if s := w.Step("benchmark"); s.Outcome != health.Skipped {
		t.Errorf("benchmark: %+v", s)
	}
	if o := <-adopted; o.Verdict != dispatch.Completed || len(r.Written()) != 1 {
		t.Errorf("adopted: %+v, files %v", o, r.Written())
	}
	fleettest.StopWell(t, w)
	if fleettest.Alive(w.PID()) {
		t.Error("a clean stop left ComfyUI behind")
	}
}

func TestServiceKilledWhileComfyUIStarts(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	r.Comfy("extra_args", []string{"--start-time", "2s", "--step-time", "10ms", "--load-time", "10ms"})
	first := r.Worker()
	booting := make(chan error, 1)
	go func() { booting <- first.Boot(first.Ctx) }()
	r.Eventually("ComfyUI is launched", func() bool { return len(first.State().BootSteps) > 2 })
	first.Leave()
	if err := <-booting; err == nil {
		t.Error("the killed service booted")
	}
	w := r.Boot()
	if w.PID() != first.PID() {
		t.Errorf("pid %d, was %d", w.PID(), first.PID())
	}
	if s := w.Step("benchmark"); s.Outcome != health.Done {
		t.Errorf("benchmark: %+v", s)
	}
}

// One that ends while its port is waited for is not waited for any longer.
func TestComfyUIThatEndsWhileItIsTakenOverIsReplaced(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	r.Comfy("start_timeout", "10m")
	r.Comfy("extra_args", []string{"--start-time", "10m"})
	first := r.Worker()
	launched := func(w *fleettest.Worker) func() bool { return func() bool { return w.PID() != 0 } }
	go func() { _ = first.Boot(first.Ctx) }()
	r.Eventually("ComfyUI is launched", launched(first))
	first.Leave()
	second := r.Worker()
	booting := make(chan error, 1)
	go func() { booting <- second.Boot(second.Ctx) }()
	r.Eventually("it is looked for", func() bool { return len(second.State().BootSteps) > 1 })
	pid := first.PID()
	fleettest.Kill(t, pid, syscall.SIGKILL)
	r.Eventually("another one is launched", launched(second))
	if second.PID() == pid {
		t.Errorf("pid %d again", pid)
	}
	second.Leave()
	<-booting
	fleettest.Kill(t, second.PID(), syscall.SIGKILL)
}

func TestSickComfyUIIsEndedFirst(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	first := r.Boot()
	first.Leave()
	first.Freeze()
	w := r.Boot()
	if w.PID() == first.PID() || fleettest.Alive(first.PID()) {
		t.Errorf("pid %d after %d, which is alive: %v", w.PID(), first.PID(), fleettest.Alive(first.PID()))
	}
	fleettest.Says(t, r.Logged(), "ending the ComfyUI of the service before", "it does not answer")
}

func TestComfyUIOfAnotherConfigurationIsEndedFirst(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	first := r.Boot()
	first.Leave()
	r.Comfy("extra_args", []string{"--step-time", "10ms", "--load-time", "10ms"})
	w := r.Boot()
	if w.PID() == first.PID() || fleettest.Alive(first.PID()) {
		t.Errorf("pid %d after %d, which is alive: %v", w.PID(), first.PID(), fleettest.Alive(first.PID()))
	}
	fleettest.Says(t, r.Logged(), "it was started for another configuration")
}

func TestEndedComfyUIIsStartedAgain(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Supervised()
	pid := w.PID()
	outcome := w.BeginJob(r.NewJob("a fox [[slow=1s]]"))
	fleettest.Kill(t, pid, syscall.SIGKILL)
	if o := <-outcome; o.Verdict != dispatch.Lost || o.Reason != "ComfyUI ended (signal: killed) in mid-run" {
		t.Errorf("outcome: %+v", o)
	}
	r.Eventually("it is ready again", func() bool { return w.State().Status == health.Ready && w.PID() != pid })
	if o := w.RunJob(r.NewJob("another fox")); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
}

func TestHungComfyUIIsStartedAgain(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Supervised()
	pid := w.PID()
	w.Freeze()
	r.Eventually("it is ready again", func() bool { return w.State().Status == health.Ready && w.PID() != pid })
	fleettest.Says(t, r.Logged(), "ComfyUI does not answer any more")
	if fleettest.Alive(pid) {
		t.Error("the one that hung lives on")
	}
}

func TestComfyUIThatDoesNotStartAgain(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Supervised()
	r.Edit("flux2-vae.safetensors", "gone.safetensors") // seen, and refused
	r.Eventually("the edit is refused", func() bool { return strings.Contains(w.State().Reason, "is not used") })
	if err := w.Restart(); err != nil {
		t.Fatal(err)
	}
	r.Eventually("the version before goes on", func() bool {
		return w.State().Status == health.Ready && strings.Contains(r.Logged(), "an administrator restarted ComfyUI")
	})
	fleettest.Says(t, w.State().Reason, "models/vae")
}

func TestRemoteComesAndGoes(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	there := r.Boot()
	far := fleettest.New(t)
	far.Configuration["comfy_ui"] = map[string]any{"installation_type": "remote", "api_port": r.Port()}
	w := far.Supervised()
	if err := w.Restart(); !errors.Is(err, launch.ErrRemote) {
		t.Errorf("restart: %v", err)
	}
	if s := w.Step("launch"); s.Outcome != health.Skipped {
		t.Errorf("launch: %+v", s)
	}
	there.Freeze()
	far.Eventually("it is offline", func() bool { return w.State().Status == health.Offline })
	fleettest.Says(t, w.State().Reason, "ComfyUI does not answer at http://127.0.0.1:")
	fleettest.Kill(t, there.PID(), syscall.SIGCONT)
	far.Eventually("it is back", func() bool { return w.State().Status == health.Ready })
	if o := w.RunJob(far.NewJob("a fox")); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
	w.Leave()
	fleettest.StopWell(t, w)
	if !fleettest.Alive(there.PID()) {
		t.Error("a remote ComfyUI was stopped")
	}
}
