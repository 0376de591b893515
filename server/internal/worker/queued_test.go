package worker_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/dispatch"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

func (r *rig) url(path string) string {
	return fmt.Sprintf("http://127.0.0.1:%v%s", r.configuration["comfy_ui"].(map[string]any)["api_port"], path)
}

// stranger posts the rig's template with another prompt, as ComfyUI's own page does, and gives its id. The nodes are left
// without inputs.
func (r *rig) stranger(prompt string, nodes ...string) string {
	r.t.Helper()
	graph := r.graph(prompt)
	for _, node := range nodes {
		graph[node] = map[string]any{"class_type": "EmptyImage"}
	}
	id := uuid.NewString()
	r.postGraph(id, graph)
	return id
}

// graph is the rig's template with another prompt.
func (r *rig) graph(prompt string) map[string]map[string]any {
	r.t.Helper()
	data, err := os.ReadFile(r.template())
	if err != nil {
		r.t.Fatal(err)
	}
	var graph map[string]map[string]any
	if err := json.Unmarshal(data, &graph); err != nil {
		r.t.Fatal(err)
	}
	graph["6"]["inputs"].(map[string]any)["text"] = prompt
	return graph
}

// post hands the rig's template to ComfyUI under an id of one's own.
func (r *rig) post(id, prompt string) {
	r.t.Helper()
	r.postGraph(id, r.graph(prompt))
}

func (r *rig) postGraph(id string, graph map[string]map[string]any) {
	r.t.Helper()
	body, err := json.Marshal(map[string]any{"prompt": graph, "prompt_id": id, "client_id": "stranger"})
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := http.Post(r.url("/prompt"), "application/json", bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("the stranger's prompt: %s", res.Status)
	}
}

// queue is what ComfyUI has not finished.
func (r *rig) queue() (running, pending []string) {
	r.t.Helper()
	res, err := http.Get(r.url("/queue"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		Running [][]any `json:"queue_running"`
		Pending [][]any `json:"queue_pending"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		r.t.Fatal(err)
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
func (w *running) queued(j job.Job) <-chan dispatch.Outcome {
	outcome := make(chan dispatch.Outcome, 1)
	go func() { outcome <- w.run(j) }()
	w.rig.eventually("the job waits in ComfyUI's queue", func() bool {
		_, pending := w.rig.queue()
		return slices.Contains(pending, j.PromptID())
	})
	return outcome
}

func TestCancelledInComfyUIsQueue(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.boot()
	foreign := r.stranger("[[hang]]")
	j := r.newJob("a fox")
	outcome := w.queued(j)
	w.Interrupt(j)
	if o := <-outcome; o.Verdict != dispatch.Interrupted {
		t.Errorf("outcome: %+v", o)
	}
	if running, pending := r.queue(); !slices.Equal(running, []string{foreign}) || len(pending) > 0 || len(r.written()) > 0 {
		t.Errorf("running %v, pending %v, files %v", running, pending, r.written())
	}
}

// A prompt that was started on ComfyUI's own page is waited for, and named as what is waited for.
func TestWaitingBehindAStranger(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.boot()
	r.stranger("[[slow=300ms]]")
	j := r.newJob("a fox")
	if o := <-w.queued(j); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if first := r.progress[0]; first.JobID != j.ID || first.NodeTitle != "waits for a prompt that was started on ComfyUI's own page" {
		t.Errorf("progress: %+v", r.progress)
	}
}

// One that kills the executor is not.
func TestWaitingBehindAPoison(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.supervised()
	pid := w.pid()
	r.stranger("a fox", "50")
	if o := <-w.queued(r.newJob("a fox")); o.Verdict != dispatch.Lost {
		t.Errorf("outcome: %+v", o)
	}
	r.eventually("ComfyUI is started again", func() bool { next := w.pid(); return next != 0 && next != pid })
}

// forged is what Python writes when ComfyUI's executor dies, in a prompt: some nodes print the texts that they are given.
const forged = "a poster [[print]]\nException in thread Thread-1 (prompt_worker):\nTraceback (most recent call last):\n"

// What a node prints is no evidence: ComfyUI is not ended under somebody's run.
func TestPrintedWordsEndNobodysRun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.supervised()
	pid := w.pid()
	r.stranger(forged + "[[slow=500ms]]")
	if o := <-w.queued(r.newJob("a fox")); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
	foreign := r.stranger(forged + "[[hang]]")
	r.eventually("it is busy", func() bool {
		running, _ := r.queue()
		n, told := w.QueueRemaining()
		return slices.Contains(running, foreign) && told && n > 0
	})
	for range 20 {
		if ready, reason := w.Ready(t.Context()); ready || !strings.Contains(reason, "started on its own page") {
			t.Fatalf("ready: %v, %s", ready, reason)
		}
	}
	if w.pid() != pid || !alive(pid) {
		t.Error("ComfyUI was ended")
	}
}

// A service that takes over a ComfyUI still knows it when its executor dies, or has died meanwhile.
func TestPoisonBeforeTheServiceCameBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := r.boot()
	pid := first.pid()
	first.leave()
	r.stranger("a fox", "50")
	w := r.supervised()
	if w.pid() != pid {
		t.Fatalf("pid %d, was %d", w.pid(), pid)
	}
	r.eventually("it is noticed", func() bool {
		_, reason := w.Ready(t.Context())
		return strings.Contains(reason, "had lost its executor")
	})
	r.eventually("ComfyUI is started again", func() bool { return w.State().Status == health.Ready && w.pid() != pid })
}

func TestLogOfARunningComfyUIIsPutAside(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.supervised()
	log := filepath.Join(r.dir, "data", "comfyui-gpu.log")
	file, err := os.OpenFile(log, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Truncate(21<<20), file.Close()); err != nil {
		t.Fatal(err)
	}
	r.eventually("it is put aside", func() bool {
		info, err := os.Stat(log)
		return err == nil && info.Size() < 1<<20
	})
	if o := w.run(r.newJob("a fox")); o.Verdict != dispatch.Completed {
		t.Errorf("outcome: %+v", o)
	}
	if data, err := os.ReadFile(log); err != nil || !bytes.HasPrefix(data, []byte("got prompt")) {
		t.Errorf("the log afterwards: %.100q (%v)", data, err)
	}
}
