package measure_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/learned"
	"github.com/comfyscheduler/comfyscheduler/server/internal/measure"
	"github.com/comfyscheduler/comfyscheduler/server/internal/measured"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/memory"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflowfile"
)

// bench is a meter on a ComfyUI that is no more than its queue, its history and one picture, all in the time of a bubble.
type bench struct {
	*measure.Meter
	t      *testing.T
	ledger *measured.Ledger
	offers map[string]workflow.Offer
	store  *memory.Store

	mu      sync.Mutex
	never   map[string]string
	wanted  map[string]int
	judged  int
	done    []string  // measurements: what came of them, and models that they displaced
	dueAt   time.Time // of a booking; zero: there is none
	takes   time.Duration
	picture []byte // that every run leaves
	silent  bool   // runs do not list what they leave
	left    string // ending of the name of a file that a run has left all the same; empty: none
	others  int
	posts   []post
	state   health.Worker
}

// post is a prompt that was posted.
type post struct {
	id, graph   string
	began, ends time.Time
	gone        bool
}

const runTime = 10 * time.Second

const spareClasses = `{
 "Paint": {"input": {"required": {"seed": ["INT", {"min": 0, "max": 1000000, "control_after_generate": true}]}}, "output": ["IMAGE"]},
 "SaveImage": {"input": {"required": {"images": ["IMAGE"], "filename_prefix": ["STRING", {}]}}, "output_node": true}
}`

func newBench(t *testing.T, ids ...string) *bench {
	b := &bench{t: t, offers: map[string]workflow.Offer{}, never: map[string]string{}, wanted: map[string]int{}}
	b.store = memory.Open(memory.NewState())
	b.picture, b.takes = encodedPicture(t, color.White), runTime
	b.state.Status = health.Ready
	info, err := objectinfo.Parse([]byte(spareClasses))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		text := fmt.Sprintf(`{"1": {"class_type": "Paint", "inputs": {"seed": 1, "ckpt_name": "%[1]s.safetensors"}, "_meta": {"title": %[1]q}},
			"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": %[1]q}}}`, id)
		content, err := graphfile.Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		file, err := workflowfile.Convert(content, editor.Options{Info: info})
		if err != nil {
			t.Fatal(err)
		}
		b.offers[id] = workflow.New(id, id, file, form.Find(file.Graph, info, file.Author), "").On(info)
	}
	b.ledger = measured.New(b.store, "gpu", slog.New(slog.DiscardHandler))
	if err := b.ledger.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	known := learned.New(learned.Config{
		Offer:   func(_, id string) (workflow.Offer, bool) { return b.offer(id) },
		Version: func(id string) *workflow.Version { return b.offers[id].Version },
		Store:   b.store,
		Now:     time.Now,
		Log:     slog.New(slog.DiscardHandler),
	})
	b.Meter = measure.New(measure.Config{
		Worker:   "gpu",
		Client:   comfy.New(comfy.Options{BaseURL: "http://comfy.test", HTTPClient: &http.Client{Transport: b}}),
		Engine:   b,
		Status:   b,
		Workflow: "first",
		First:    func() (workflow.Offer, bool) { return b.offer("first") },
		Offer:    b.offer,
		Candidates: func(context.Context) (all []measured.Candidate) {
			b.mu.Lock()
			defer b.mu.Unlock()
			for _, id := range ids {
				all = append(all, measured.Candidate{ID: id, Graph: b.offers[id].GraphHash(), Wanted: b.wanted[id], Never: b.never[id]})
			}
			return all
		},
		Found: func(_ context.Context, _ *workflow.Version, name string) (found []string) {
			b.set(func() {
				if b.left != "" {
					found = []string{"fox/" + name + b.left}
				}
			})
			return found
		},
		Judged:  func(string) { b.set(func() { b.judged++ }) },
		OnDone:  func(d measure.Done) { b.set(func() { b.done = append(b.done, fmt.Sprint(d.Outcome, " ", d.Evicted)) }) },
		Ledger:  b.ledger,
		Every:   time.Hour,
		Now:     time.Now,
		Learned: known.Worker("gpu"),
		DueWithin: func(_ context.Context, ms int64) bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return !b.dueAt.IsZero() && time.Until(b.dueAt) <= time.Duration(ms)*time.Millisecond
		},
		Earlier: b.store,
		File:    t.TempDir() + "/benchmark.json",
		Log:     slog.New(slog.DiscardHandler),
	})
	b.Learned.Up()
	return b
}

// set changes what the meter sees.
func (b *bench) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

func (b *bench) offer(id string) (workflow.Offer, bool) {
	o, there := b.offers[id]
	return o, there
}

func encodedPicture(t *testing.T, dot color.Color) []byte {
	p := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	for i := range p.Pix {
		p.Pix[i] = [4]uint8{0, 0, 0, 255}[i%4]
	}
	p.Set(3, 3, dot)
	var data bytes.Buffer
	if err := png.Encode(&data, p); err != nil {
		t.Fatal(err)
	}
	return data.Bytes()
}

// Bind implements measure.Engine.
func (b *bench) Bind(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

// Working implements measure.Engine.
func (b *bench) Working() {}

// Get implements measure.Status.
func (b *bench) Get() health.Worker {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state
}

// Change implements measure.Status.
func (b *bench) Change(change func(*health.Worker)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(&b.state)
}

// Notice implements measure.Status.
func (b *bench) Notice(string, string) {}

// RoundTrip implements http.RoundTripper: it is the ComfyUI.
func (b *bench) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var sent struct {
		ID     string          `json:"prompt_id"`
		Prompt json.RawMessage `json:"prompt"`
		Delete []string        `json:"delete"`
	}
	if r.Body != nil {
		_ = json.NewDecoder(r.Body).Decode(&sent)
	}
	answer := []byte("{}")
	switch path := r.URL.Path; {
	case path == "/prompt":
		b.posts = append(b.posts, post{sent.ID, string(sent.Prompt), time.Now(), time.Now().Add(b.takes), false})
		answer = fmt.Appendf(nil, `{"prompt_id": %q}`, sent.ID)
	case path == "/interrupt":
		for i := range b.posts {
			if b.posts[i].id == sent.ID && time.Now().Before(b.posts[i].ends) {
				b.posts[i].gone = true
			}
		}
	case path == "/queue" && r.Method == http.MethodGet:
		var running []any
		for _, p := range b.posts {
			if !p.gone && time.Now().Before(p.ends) {
				running = append(running, []any{1, p.id})
			}
		}
		for i := range b.others {
			running = append(running, []any{2, fmt.Sprint("other", i)})
		}
		answer, _ = json.Marshal(map[string]any{"queue_running": running, "queue_pending": []any{}})
	case strings.HasPrefix(path, "/history/"):
		id := strings.TrimPrefix(path, "/history/")
		for _, p := range b.posts {
			if p.id == id && !p.gone && !time.Now().Before(p.ends) {
				outputs := `{"2": {"images": [{"filename": "a.png", "subfolder": "", "type": "output"}]}}`
				if b.silent {
					outputs = "{}"
				}
				answer = fmt.Appendf(nil, `{%q: {"prompt": [1, %q], "outputs": %s, "status": {"status_str": "success", "completed": true,
					"messages": []}}}`, id, id, outputs)
			}
		}
	case path == "/view":
		answer = b.picture
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(answer)), Request: r}, nil
}

// runs names the workflows that were run, in order; one that was taken back has a mark.
func (b *bench) runs() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var names []string
	for _, p := range b.posts {
		for id := range b.offers {
			if strings.Contains(p.graph, `"`+id+`/`) {
				if p.gone {
					id += "!"
				}
				names = append(names, id)
			}
		}
	}
	return strings.Join(names, " ")
}

// play runs the meter in a bubble. It goes on until the test has done what it is to do.
func play(t *testing.T, ids []string, test func(*bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, ids...)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); b.Run(ctx) }()
		test(b)
		stop()
		<-ended
		synctest.Wait()
		if way := b.MakeWay(); way != nil {
			<-way
		}
	})
}
