//go:build unix

package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// elsewhere is a ComfyUI that is not the service's: somebody has started it on another machine.
type elsewhere struct {
	port   int
	base   string
	pid    int
	output string
}

func (i installation) elsewhere(t *testing.T) elsewhere {
	t.Helper()
	e := elsewhere{port: freePort(t), base: baseDirectory(t)}
	e.output = filepath.Join(e.base, "output")
	command := exec.Command(i.python, "main.py", "--cpu", "--disable-api-nodes", "--disable-auto-launch", "--base-directory", e.base,
		"--database-url", database(e.base), "--listen", "127.0.0.1", "--port", strconv.Itoa(e.port), "--output-directory", e.output,
		"--preview-method", "auto")
	command.Dir = i.root
	var log bytes.Buffer
	command.Stderr = &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	e.pid = command.Process.Pid
	ended := make(chan struct{})
	go func() {
		_ = command.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			t.Logf("ComfyUI's log:\n%s", lastLines(log.String(), 30))
		}
	})
	eventually(t, "ComfyUI opens its port", func() bool {
		res, err := http.Get(e.url() + "/system_stats")
		if err == nil {
			res.Body.Close()
		}
		return err == nil
	})
	return e
}

func (e elsewhere) url() string { return fmt.Sprintf("http://127.0.0.1:%d", e.port) }

// TestRemote works with a ComfyUI that the service neither starts nor stops, over a connection that breaks.
func TestRemote(t *testing.T) {
	there := comfyUI(t).elsewhere(t)
	line := newProxy(t, fmt.Sprintf("127.0.0.1:%d", there.port))
	place := newSite(t, map[string]any{"installation_type": "remote", "api_port": line.port})
	v := place.start()
	v.comfyURL = there.url()
	t.Run("boot", func(t *testing.T) {
		for _, step := range v.worker().GetBootSteps() {
			t.Logf("%v %v  %s", step.GetStage(), step.GetOutcome(), step.GetDetail())
			if launch := step.GetStage() == pb.BootStage_BOOT_STAGE_LAUNCH; launch != (step.GetOutcome() == pb.BootOutcome_BOOT_OUTCOME_SKIPPED) {
				t.Errorf("%v: %v", step.GetStage(), step.GetOutcome())
			}
		}
	})
	t.Run("results through its interface", func(t *testing.T) { testFetched(t, there, v) })
	t.Run("websocket dropped", func(t *testing.T) { testDropped(t, line, v) })
	t.Run("websocket doubled", func(t *testing.T) { testDoubled(t, there, line, v) })
	t.Run("waiting in ComfyUI's own queue", func(t *testing.T) { testQueued(t, there, line, v) })
	t.Run("out of reach for a while", func(t *testing.T) { testOutOfReach(t, line, v) })
	t.Run("a workflow that it cannot run", func(t *testing.T) { testKlein(t, there) })
	t.Run("shipped example", func(t *testing.T) { testShippedExample(t, there) })
	t.Run("left alone", func(t *testing.T) {
		if err := v.stop(); err != nil {
			t.Errorf("the service ended with %v", err)
		}
		if res, err := http.Get(there.url() + "/queue"); err != nil {
			t.Errorf("ComfyUI is gone: %v", err)
		} else {
			res.Body.Close()
		}
	})
}

func testFetched(t *testing.T, there elsewhere, v *service) {
	j := v.end(t, v.book(t, booking("from afar", nil)).GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	file := filepath.Join(there.output, filepath.FromSlash(j.GetResultFilename()))
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	status, kind, body := v.fetch(t, "/images/"+j.GetResultFilename())
	if status != 200 || kind != "image/png" || !bytes.Equal(body, written) {
		t.Errorf("%d %s, %d bytes of %d", status, kind, len(body), len(written))
	}
	if status, _, _ := v.fetch(t, "/thumbnails/"+j.GetResultFilename()); status != 200 {
		t.Errorf("thumbnail: %d", status)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if status, _, body := v.fetch(t, "/images/"+j.GetResultFilename()); status != 404 || !strings.Contains(string(body), "deleted") {
		t.Errorf("vanished: %d %s", status, body)
	}
}

func testDropped(t *testing.T, line *proxy, v *service) {
	j := v.book(t, booking("cut off", map[string]any{"seconds": 4.0, "steps": 40}))
	v.underWay(t, j.GetId())
	before, _ := line.websockets()
	line.cut(func(websocket bool) bool { return websocket })
	line.mend()
	eventually(t, "the websocket comes back", func() bool { opened, _ := line.websockets(); return opened > before })
	step := v.job(t, j.GetId()).GetProgress().GetStep()
	v.until(t, j.GetId(), "progress goes on", func(j *pb.Job) bool {
		return j.GetProgress().GetStep() > step || j.GetFinishedAtMs() != 0
	})
	v.end(t, j.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)

	// The end of the run falls into the gap.
	j = v.book(t, booking("deaf", map[string]any{"seconds": 2.0, "steps": 20}))
	v.underWay(t, j.GetId())
	before, _ = line.websockets()
	line.cut(func(websocket bool) bool { return websocket })
	v.end(t, j.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	line.mend()
	eventually(t, "the websocket comes back", func() bool { opened, _ := line.websockets(); return opened > before })
}

// A second websocket with the same id takes the frames away, for good when it is closed.
func testDoubled(t *testing.T, there elsewhere, line *proxy, v *service) {
	j := v.book(t, booking("two of us", map[string]any{"seconds": 3.0, "steps": 30}))
	v.underWay(t, j.GetId())
	before, id := line.websockets()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	second, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(there.url(), "http")+"/ws?clientId="+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = second.Read(ctx)
	deaf := err == nil
	if !deaf {
		t.Logf("the second websocket was refused: %v", err) // some versions want a proof
	}
	v.end(t, j.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	_ = second.CloseNow()
	v.end(t, v.book(t, booking("alone again", nil)).GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	if deaf {
		eventually(t, "the deaf websocket is opened anew", func() bool { opened, _ := line.websockets(); return opened > before })
	}
}

// A prompt from ComfyUI's own page that comes just before a job's is in front of it. The job waits, longer than a run may be
// silent, and can be cancelled while it does.
func testQueued(t *testing.T, there elsewhere, line *proxy, v *service) {
	other := stranger{t, there.url()}
	behind := func(prompt string, seconds float64) (*pb.Job, string) {
		gate := line.close()
		opened := sync.OnceFunc(func() { close(gate.open) })
		defer opened()
		j := v.book(t, booking(prompt, nil))
		select {
		case <-gate.reached:
		case <-time.After(patience):
			t.Fatal("no prompt came")
		}
		foreign := other.post(seconds)
		eventually(t, "the stranger's prompt runs", func() bool { return slices.Contains(other.queue().running, foreign) })
		opened()
		eventually(t, "the job's prompt waits behind it", func() bool { return slices.Contains(other.queue().pending, j.GetId()) })
		return j, foreign
	}

	j, foreign := behind("let me go", 6)
	if _, err := v.CancelJob(t.Context(), &pb.CancelJobRequest{JobId: j.GetId()}); err != nil {
		t.Fatal(err)
	}
	j = v.end(t, j.GetId(), pb.JobStatus_JOB_STATUS_CANCELLED)
	if q := other.queue(); !slices.Contains(q.running, foreign) || len(q.pending) > 0 || len(j.GetResults()) > 0 {
		t.Errorf("queue %+v, results %v", q, j.GetResults())
	}
	eventually(t, "the stranger's prompt goes on", func() bool { return other.outcome(foreign) == "success" })

	j, foreign = behind("patience", silence+5)
	if j := v.end(t, j.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED); j.GetAttempt() != 1 {
		t.Errorf("attempt %d", j.GetAttempt())
	}
	if got := other.outcome(foreign); got != "success" {
		t.Errorf("the stranger's prompt: %q", got)
	}
}

func testOutOfReach(t *testing.T, line *proxy, v *service) {
	j := v.book(t, booking("through the dark", map[string]any{"seconds": 8.0, "steps": 80}))
	v.underWay(t, j.GetId())
	line.cut(func(bool) bool { return true })
	eventually(t, "the service is offline", func() bool { return v.worker().GetStatus() == pb.WorkerStatus_WORKER_STATUS_OFFLINE })
	says(t, v.worker().GetReason(), "ComfyUI does not answer at http://127.0.0.1:")
	later := v.book(t, booking("booked in the dark", nil))
	line.mend()
	if j := v.end(t, j.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED); j.GetAttempt() != 1 {
		t.Errorf("attempt %d", j.GetAttempt())
	}
	eventually(t, "the service is back", func() bool { return v.worker().GetStatus() == pb.WorkerStatus_WORKER_STATUS_READY })
	v.end(t, later.GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
}

// testShippedExample books with the example of the documentation, whose workflow needs no models.
func testShippedExample(t *testing.T, there elsewhere) {
	s := newSite(t, map[string]any{"installation_type": "remote", "api_port": there.port})
	data, err := os.ReadFile("../../docs/examples/config.comfyui-remote.json")
	if err != nil {
		t.Fatal(err)
	}
	var shipped map[string]map[string]any
	if err := json.Unmarshal(bytes.Replace(data, []byte(`"$schema": "../../config.schema.json",`), nil, 1), &shipped); err != nil {
		t.Fatal(err)
	}
	template, err := filepath.Abs("../../workflows/model_free_api.json")
	if err != nil {
		t.Fatal(err)
	}
	shipped["workflow"]["template_file"] = template
	s.Config["workflow"] = shipped["workflow"]
	v := s.start()
	defer func() { _ = v.stop() }()
	j := v.end(t, v.book(t, booking("clouds over a lake", map[string]any{
		"width":  256,
		"height": 192,
	})).GetId(), pb.JobStatus_JOB_STATUS_COMPLETED)
	_, _, body := v.fetch(t, "/images/"+j.GetResultFilename())
	picture, err := png.DecodeConfig(bytes.NewReader(body))
	if err != nil || picture.Width != 256 || picture.Height != 192 {
		t.Errorf("%s: %+v %v", j.GetResultFilename(), picture, err)
	}
}

func TestRemoteThatIsNotThere(t *testing.T) {
	comfyUI(t)
	s := newSite(t, map[string]any{"installation_type": "remote", "api_port": freePort(t), "start_timeout": "1s"})
	v := s.launch()
	if v.Wait() == nil {
		t.Error("the service ended well")
	}
	says(t, v.log.String(), "no ComfyUI answers yet: is it running", "there is no ComfyUI at "+s.comfyURL,
		"start it, or correct comfy_ui.api_host and api_port")
}

func TestStrangersComfyUIOnThePort(t *testing.T) {
	place := comfyUI(t).local(t)
	// Any ComfyUI will do; the simulated one starts fast.
	command := exec.Command(place.Program, "simulate", "--port", strings.TrimPrefix(place.comfyURL, "http://127.0.0.1:"), "--start-time", "0s")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	}()
	eventually(t, "the stranger listens", func() bool {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(place.comfyURL, "http://"), time.Second)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	v := place.launch()
	<-v.Ended()
	says(t, v.log.String(), "that the service did not start", `use installation_type "remote"`)
}
