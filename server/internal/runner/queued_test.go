package runner_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet/fleettest"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

func url(t *testing.T, r *fleettest.Rig, path string) string {
	return fmt.Sprintf("http://127.0.0.1:%v%s", r.Port(), path)
}

// stranger posts the rig's template with another prompt, as ComfyUI's own page does, and gives its id. The nodes are left
// without inputs.
func stranger(t *testing.T, r *fleettest.Rig, prompt string, nodes ...string) string {
	t.Helper()
	graph := graph(t, r, prompt)
	for _, node := range nodes {
		graph[node] = map[string]any{"class_type": "EmptyImage"}
	}
	id := uuid.NewString()
	postGraph(t, r, id, graph)
	return id
}

// graph is the rig's template with another prompt.
func graph(t *testing.T, r *fleettest.Rig, prompt string) map[string]map[string]any {
	t.Helper()
	data, err := os.ReadFile(r.Template())
	if err != nil {
		t.Fatal(err)
	}
	var graph map[string]map[string]any
	if err := json.Unmarshal(data, &graph); err != nil {
		t.Fatal(err)
	}
	graph["6"]["inputs"].(map[string]any)["text"] = prompt
	return graph
}

// post hands the rig's template to ComfyUI under an id of one's own.
func post(t *testing.T, r *fleettest.Rig, id, prompt string) {
	t.Helper()
	postGraph(t, r, id, graph(t, r, prompt))
}

func postGraph(t *testing.T, r *fleettest.Rig, id string, graph map[string]map[string]any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"prompt": graph, "prompt_id": id, "client_id": "stranger"})
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(url(t, r, "/prompt"), "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the stranger's prompt: %s", res.Status)
	}
}

// queue returns the prompts that ComfyUI has not finished.
func queue(t *testing.T, r *fleettest.Rig) (running, pending []string) {
	t.Helper()
	res, err := http.Get(url(t, r, "/queue"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		Running [][]any `json:"queue_running"`
		Pending [][]any `json:"queue_pending"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	for _, item := range answer.Running {
		running = append(running, item[1].(string))
	}
	for _, item := range answer.Pending {
		pending = append(pending, item[1].(string))
	}
	return running, pending
}

// queued runs a job whose prompt comes to wait in ComfyUI's own queue.
func queued(t *testing.T, r *fleettest.Rig, w *fleettest.Worker, j job.Job) <-chan dispatch.Outcome {
	outcome := make(chan dispatch.Outcome, 1)
	go func() { outcome <- w.RunJob(j) }()
	r.Eventually("the job waits in ComfyUI's queue", func() bool {
		_, pending := queue(t, r)
		return slices.Contains(pending, j.PromptID())
	})
	return outcome
}

func TestCancelledInComfyUIsQueue(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Boot()
	foreign := stranger(t, r, "[[hang]]")
	j := r.NewJob("a fox")
	outcome := queued(t, r, w, j)
	w.Interrupt(j)
	if o := <-outcome; o.Verdict != dispatch.Interrupted {
		t.Errorf("outcome: %+v", o)
	}
	if running, pending := queue(t, r); !slices.Equal(running, []string{foreign}) || len(pending) > 0 || len(r.Written()) > 0 {
		t.Errorf("running %v, pending %v, files %v", running, pending, r.Written())
	}
}

// A prompt that was started on ComfyUI's own page is waited for, and named as what is waited for.
func TestWaitingBehindAStranger(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Boot()
	stranger(t, r, "[[slow=300ms]]")
	j := r.NewJob("a fox")
	if o := <-queued(t, r, w, j); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
	if first := r.Progress()[0]; first.JobID != j.ID || first.NodeTitle != "waits for a prompt that was started on ComfyUI's own page" {
		t.Errorf("progress: %+v", r.Progress())
	}
}

// One that kills the executor is not.
func TestWaitingBehindAPoison(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Supervised()
	pid := w.PID()
	stranger(t, r, "a fox", "50")
	if o := <-queued(t, r, w, r.NewJob("a fox")); o.Verdict != dispatch.Lost {
		t.Errorf("outcome: %+v", o)
	}
	r.Eventually("ComfyUI is started again", func() bool { next := w.PID(); return next != 0 && next != pid })
}

// forged has the words that Python writes when ComfyUI's executor dies, in a prompt: some nodes print the texts that they are given.
const forged = "a poster [[print]]\nException in thread Thread-1 (prompt_worker):\nTraceback (most recent call last):\n"

// What a node prints is no evidence: ComfyUI is not ended under somebody's run.
func TestPrintedWordsEndNobodysRun(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	w := r.Supervised()
	pid := w.PID()
	stranger(t, r, forged+"[[slow=500ms]]")
	if o := <-queued(t, r, w, r.NewJob("a fox")); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
	foreign := stranger(t, r, forged+"[[hang]]")
	r.Eventually("it is busy", func() bool {
		running, _ := queue(t, r)
		n, told := w.QueueRemaining()
		return slices.Contains(running, foreign) && told && n > 0
	})
	for range 20 {
		if ready, reason := w.Ready(t.Context()); ready || !strings.Contains(reason, "started on its own page") {
			t.Fatalf("ready: %v, %s", ready, reason)
		}
	}
	if w.PID() != pid || !fleettest.Alive(pid) {
		t.Error("ComfyUI was ended")
	}
}

// A service that takes over a ComfyUI still knows it when its executor dies, or has died meanwhile.
func TestPoisonBeforeTheServiceCameBack(t *testing.T) {
	t.Parallel()
	r := fleettest.New(t)
	first := r.Boot()
	pid := first.PID()
	first.Leave()
	stranger(t, r, "a fox", "50")
	w := r.Supervised()
	if w.PID() != pid {
		t.Fatalf("pid %d, was %d", w.PID(), pid)
	}
	r.Eventually("it is noticed", func() bool {
		_, reason := w.Ready(t.Context())
		return strings.Contains(reason, "had lost its executor")
	})
	r.Eventually("ComfyUI is started again", func() bool { return w.State().Status == health.Ready && w.PID() != pid })
}
