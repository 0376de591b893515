//go:build unix

package runner_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet/fleettest"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// What became of a prompt is known although ComfyUI does not know it any more: by its frames, and by the files that carry
// the job's own name.
func TestSuccessIsKnownWithoutHistory(t *testing.T) {
	for name, prompt := range map[string]string{
		"its history was cleared":                       "a fox [[empty-history]]",
		"its history was cleared, and no frame came":    "a fox [[empty-history]] [[mute-ws]]",
		"ComfyUI ended just after":                      "a fox [[crash-at-end]]",
		"ComfyUI ended just after, and no frame came":   "a fox [[crash-at-end]] [[mute-ws]]",
		"it failed to list what it has written":         "a fox [[lose-end]]",
		"another attempt, whose history was cleared":    "a fox [[empty-history]] [[mute-ws]]",
		"a job on a ComfyUI whose files cannot be read": "a fox [[empty-history]] [[mute-ws]]",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := fleettest.New(t)
			w := r.Supervised()
			j := r.NewJob(prompt)
			if strings.HasPrefix(name, "another") {
				j.Attempt = 2
			}
			if strings.HasPrefix(name, "a job on") {
				far := fleettest.New(t)
				far.Configuration["comfy_ui"] = map[string]any{"installation_type": "remote", "api_port": r.Port()}
				w = far.Boot()
				j.WorkflowVersion = far.Hash()
			}
			o := w.RunJob(j)
			if o.Verdict != dispatch.Completed || len(o.Results) != 1 || !strings.Contains(o.Results[0].Filename, j.ID) ||
				o.Results[0].Kind != job.Image {
				t.Errorf("outcome: %+v", o)
			}
		})
	}
}

// A job that was adopted after both processes had died has its picture, if it is whole.
func TestFilesOfADeadRun(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	first := r.Boot()
	whole, cut, none := r.NewJob("a fox"), r.NewJob("a fox"), r.NewJob("a fox")
	for _, j := range []job.Job{whole, cut} {
		if o := first.RunJob(j); o.Verdict != dispatch.Completed {
			t.Fatalf("outcome: %+v", o)
		}
	}
	for _, file := range r.Written() {
		if strings.Contains(file, cut.ID) {
			if err := os.Truncate(file, 1000); err != nil {
				t.Fatal(err)
			}
		}
	}
	first.Leave()
	fleettest.Kill(t, first.PID(), syscall.SIGKILL)
	r.Eventually("ComfyUI is dead", func() bool { return !fleettest.Alive(first.PID()) })
	w := r.Boot()
	if o := w.Adopt(w.Ctx, whole); o.Verdict != dispatch.Completed || len(o.Results) != 1 || o.Results[0].Filename == "" {
		t.Errorf("whole: %+v", o)
	} else if _, err := os.Stat(filepath.Join(r.Dir, "data", "simulated", "output", o.Results[0].Filename)); err != nil {
		t.Error(err)
	}
	for name, j := range map[string]job.Job{"cut": cut, "none": none} {
		if o := w.Adopt(w.Ctx, j); o.Verdict != dispatch.Lost {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

func TestFate(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Boot()
	done, failed, running, never := r.NewJob("a fox"), r.NewJob("[[error]]"), r.NewJob("a fox [[slow=1s]]"), r.NewJob("a fox")
	w.RunJob(done)
	w.RunJob(failed)
	outcome := w.BeginJob(running)
	for name, tc := range map[string]struct {
		job  job.Job
		want dispatch.Verdict
	}{
		"done":       {done, dispatch.Completed},
		"failed":     {failed, dispatch.Failed},
		"running":    {running, dispatch.Unknown},
		"never seen": {never, dispatch.Unknown},
	} {
		if o := w.Fate(t.Context(), tc.job); o.Verdict != tc.want {
			t.Errorf("%s: %+v", name, o)
		}
	}
	w.Interrupt(running)
	<-outcome
	w.Freeze()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if o := w.Fate(ctx, done); o.Verdict != dispatch.Unknown {
		t.Errorf("of one that does not answer: %+v", o)
	}
	fleettest.Kill(t, w.PID(), syscall.SIGCONT)
}

// What ComfyUI has not answered by the end of the slot does not run in the slots of others.
func TestUnansweredPostIsWithdrawn(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Boot()
	w.Freeze()
	j := r.NewJob("a fox [[slow=20s]]")
	j.Duration = 100
	outcome := make(chan dispatch.Outcome, 1)
	go func() { outcome <- w.RunJob(j) }()
	r.Eventually("the job is withdrawn", func() bool {
		select {
		case o := <-outcome:
			t.Fatalf("before ComfyUI answered: %+v", o)
		default:
		}
		return strings.Contains(r.Logged(), "the job is withdrawn")
	})
	fleettest.Kill(t, w.PID(), syscall.SIGCONT)
	if o := <-outcome; o.Verdict != dispatch.Withdrawn || !strings.Contains(o.Reason, "did not answer") {
		t.Errorf("outcome: %+v", o)
	}
	j.Inputs, j.Attempt = workflow.Values{"prompt": workflow.Text("a fox")}, 2
	j.Duration = time.Hour.Milliseconds()
	if o := w.RunJob(j); o.Verdict != dispatch.Completed {
		t.Errorf("the next attempt: %+v", o)
	}
	if files := r.Written(); len(files) != 1 {
		t.Errorf("it ran more than once: %v", files)
	}
}

// A ComfyUI that is silent before a job has begun has nothing to say against the job: it is booked again.
func TestSilenceBeforeARunIsNotTheJobs(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	r.Configuration["scheduler"] = map[string]any{"silence_factor": 1, "silence_min": "2s"}
	w := r.Boot()
	w.Freeze()
	j := r.NewJob("a fox [[slow=20s]]")
	j.Duration, j.Estimate = 100, 100
	outcome := make(chan dispatch.Outcome, 1)
	go func() { outcome <- w.RunJob(j) }()
	r.Eventually("the run is taken for silent", func() bool { return strings.Contains(r.Logged(), "no sign of life") })
	fleettest.Kill(t, w.PID(), syscall.SIGCONT)
	if o := <-outcome; o.Verdict != dispatch.Withdrawn || !strings.Contains(o.Reason, "did not answer") {
		t.Errorf("outcome: %+v", o)
	}
	if files := r.Written(); len(files) != 0 {
		t.Errorf("it ran: %v", files)
	}
}

// A prompt of a job that was given up and shows up in ComfyUI's queue all the same is taken back, and no stranger's.
func TestGivenUpRunIsTakenBack(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Boot()
	lost := r.NewJob("a fox")
	if o := w.Adopt(w.Ctx, lost); o.Verdict != dispatch.Lost {
		t.Fatalf("outcome: %+v", o)
	}
	post(t, r, lost.PromptID(), "a fox [[slow=20s]]")
	r.Eventually("it is seen for what it is", func() bool {
		_, why := w.Ready(t.Context())
		return strings.Contains(why, "given up")
	})
	r.Eventually("it is taken back", func() bool {
		ready, _ := w.Ready(t.Context())
		return ready
	})
	if files := r.Written(); len(files) > 0 {
		t.Errorf("files: %v", files)
	}
}

// A ComfyUI that fails every prompt is started again after two failures, and the second job is not one of them.
func TestComfyUIThatFailsEverythingIsStartedAgain(t *testing.T) {
	for name, poison := range map[string]string{"CUDA error": "[[lose-gpu]]", "an error that says nothing": "[[spoil]]"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := fleettest.New(t)
			w := r.Supervised()
			pid := w.PID()
			if o := w.RunJob(r.NewJob("a fox " + poison)); o.Verdict != dispatch.Failed {
				t.Errorf("the first: %+v", o)
			}
			second := r.NewJob("a fox")
			o := w.RunJob(second)
			if o.Verdict != dispatch.Withdrawn || !strings.Contains(o.Reason, "failed every prompt") {
				t.Errorf("the second: %+v", o)
			}
			r.Eventually("it is started again", func() bool { return w.State().Status == health.Ready && w.PID() != pid })
			second.Attempt = 2
			if o := w.RunJob(second); o.Verdict != dispatch.Completed {
				t.Errorf("the second, again: %+v", o)
			}
		})
	}
}

// Jobs that are wrong themselves are no reason to start ComfyUI again.
func TestJobsThatFailAreNotComfyUIsFault(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Supervised()
	pid := w.PID()
	for range 5 {
		if o := w.RunJob(r.NewJob("[[error]]")); o.Verdict != dispatch.Failed {
			t.Errorf("outcome: %+v", o)
		}
	}
	if w.PID() != pid || w.State().Status != health.Ready {
		t.Errorf("pid %d, was %d; %+v", w.PID(), pid, w.State())
	}
}

// A remote ComfyUI that fails every prompt is shown as failing and burns no more bookings, until it computes again.
func TestRemoteThatFailsEverything(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	there := r.Supervised()
	far := fleettest.New(t)
	far.Configuration["comfy_ui"] = map[string]any{"installation_type": "remote", "api_port": r.Port()}
	w := far.Supervised()
	w.RunJob(far.NewJob("a fox [[lose-gpu]]"))
	if o := w.RunJob(far.NewJob("a fox")); o.Verdict != dispatch.Withdrawn {
		t.Errorf("outcome: %+v", o)
	}
	if s := w.State(); s.Status != health.Offline || !strings.Contains(s.Reason, "failed every prompt") {
		t.Errorf("state: %+v", s)
	}
	if ready, reason := w.Ready(t.Context()); ready || !strings.Contains(reason, "CUDA error") {
		t.Errorf("ready: %v, %s", ready, reason)
	}
	if err := there.Restart(); err != nil {
		t.Fatal(err)
	}
	far.Eventually("it is back", func() bool { return w.State().Status == health.Ready })
	if o := w.RunJob(far.NewJob("a fox")); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
}
