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
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
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
		text := fmt.Sprintf(`{"1": {"class_type": "Paint", "inputs": {"seed": 1}, "_meta": {"title": %q}},
			"2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": %q}}}`, id, id)
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
		Judged:    func(string) { b.set(func() { b.judged++ }) },
		Ledger:    b.ledger,
		Every:     time.Hour,
		Now:       time.Now,
		Estimates: estimate.NewBenchmarks(estimate.Rules{}),
		DueWithin: func(_ context.Context, ms int64) bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return !b.dueAt.IsZero() && time.Until(b.dueAt) <= time.Duration(ms)*time.Millisecond
		},
		Earlier: b.store,
		File:    t.TempDir() + "/benchmark.json",
		Log:     slog.New(slog.DiscardHandler),
	})
	b.Estimates.Up("gpu")
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

func TestTheMostWantedIsMeasuredFirstAndOneInAnHour(t *testing.T) {
	play(t, []string{"first", "owl", "fox"}, func(b *bench) {
		b.set(func() { b.wanted["fox"] = 3 })
		time.Sleep(50 * time.Minute)
		if got := b.runs(); got != "fox fox" {
			t.Errorf("in the first hour: %s", got)
		}
		time.Sleep(time.Hour)
		if got := b.runs(); got != "fox fox first first" {
			t.Errorf("in the second: %s", got)
		}
		time.Sleep(3 * time.Hour)
		if got := b.runs(); got != "fox fox first first owl owl" {
			t.Errorf("in the end: %s", got)
		}
		e := b.ledger.Of(b.offers["fox"].GraphHash())
		length, _ := b.Estimates.Estimate("gpu", "fox", nil)
		if e.ColdMS < runTime.Milliseconds() || e.Bad != "" || length.Guess || length.Expected != e.WarmMS {
			t.Errorf("known: %+v, %+v", e, length)
		}
		again := measured.New(b.store, "gpu", slog.New(slog.DiscardHandler))
		if again.Read(b.t.Context()) != nil || again.Of(b.offers["fox"].GraphHash()) != e {
			t.Error("a restart forgets it")
		}
	})
}

func TestWhatIsNeverMeasured(t *testing.T) {
	play(t, []string{"paid"}, func(b *bench) {
		b.set(func() { b.never["paid"] = "it costs money" })
		if err := b.ledger.Ask(b.t.Context(), b.offers["paid"].GraphHash(), time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Hour)
		if got := b.runs(); got != "" {
			t.Errorf("ran %s", got)
		}
	})
}

func TestMeasurementWaitsForFreeTime(t *testing.T) {
	play(t, []string{"fox"}, func(b *bench) {
		b.set(func() { b.dueAt = time.Now().Add(2 * time.Minute) }) // a guess of one minute for each of three
		time.Sleep(90 * time.Second)
		if got := b.runs(); got != "" {
			t.Errorf("although a booking is due: %s", got)
		}
		b.set(func() { b.dueAt = time.Time{} })
		b.set(func() { b.others = 1 })
		time.Sleep(time.Minute)
		if got := b.runs(); got != "" {
			t.Errorf("although ComfyUI is at work for others: %s", got)
		}
		b.set(func() { b.others = 0 })
		b.Begin()
		time.Sleep(time.Minute)
		if got := b.runs(); got != "" {
			t.Errorf("although a job runs: %s", got)
		}
		b.End()
		b.Change(func(w *health.Worker) { w.Status = health.Restarting })
		time.Sleep(time.Minute)
		if got := b.runs(); got != "" {
			t.Errorf("although ComfyUI is not ready: %s", got)
		}
		b.Change(func(w *health.Worker) { w.Status = health.Ready })
		time.Sleep(time.Minute)
		if got := b.runs(); got != "fox fox" {
			t.Errorf("in free time: %s", got)
		}
	})
}

func TestAMeasurementMakesWayAtOnceAndIsTriedAgain(t *testing.T) {
	play(t, []string{"fox"}, func(b *bench) {
		time.Sleep(8 * time.Second)
		if !b.Measuring() || b.Runs() != "fox" {
			t.Fatal("nothing is being measured")
		}
		asked := time.Now()
		b.Begin()
		<-b.MakeWay()
		if took := time.Since(asked); took > 3*time.Second || b.Measuring() {
			t.Errorf("it made way after %v", took)
		}
		if got := b.runs(); got != "fox!" {
			t.Errorf("ran %s", got)
		}
		if b.ledger.Of(b.offers["fox"].GraphHash()).Tries != 0 {
			t.Error("making way counts as a failure")
		}
		b.End()
		time.Sleep(15 * time.Second) // the quiet that is waited for has doubled
		if got := b.runs(); got != "fox!" {
			t.Errorf("soon after: %s", got)
		}
		time.Sleep(time.Minute)
		if got := b.runs(); got != "fox! fox fox" {
			t.Errorf("later: %s", got)
		}
	})
}

func TestABadResultIsKept(t *testing.T) {
	play(t, []string{"fox"}, func(b *bench) {
		b.set(func() { b.picture = encodedPicture(b.t, color.Black) })
		time.Sleep(2 * time.Minute)
		hash := b.offers["fox"].GraphHash()
		b.set(func() {
			if got := b.ledger.Of(hash); !strings.Contains(got.Problem(), "black all over") || b.judged == 0 {
				t.Errorf("%+v, judged %d times", got, b.judged)
			}
		})
		if got := b.runs(); got != "fox" {
			t.Errorf("ran %s", got)
		}
		if len(b.Get().Estimates) > 0 {
			t.Error("slots go by a run that left nothing")
		}
		b.set(func() { b.picture = encodedPicture(b.t, color.White) })
		if err := b.ledger.Ask(b.t.Context(), hash, time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		if got := b.ledger.Of(hash); got.Problem() != "" || got.WarmMS == 0 {
			t.Errorf("after it was asked for: %+v", got)
		}
	})
}

func TestAnEditedWorkflowIsMeasuredAnew(t *testing.T) {
	play(t, []string{"fox"}, func(b *bench) {
		time.Sleep(2*time.Minute + time.Second) // between two looks at what there is to measure
		b.Edited("fox")
		if length, _ := b.Estimates.Estimate("gpu", "fox", nil); !length.Guess || len(b.Get().Estimates) != 0 {
			t.Errorf("after an edit: %+v", length)
		}
		time.Sleep(time.Minute) // its graph is the same: only its form was edited
		if length, _ := b.Estimates.Estimate("gpu", "fox", nil); length.Guess || len(b.Get().Estimates) != 1 || b.runs() != "fox fox" {
			t.Errorf("a while after: %+v, ran %s", length, b.runs())
		}
	})
}

// One that has become what is never run is not run again after its edit either.
func TestAnEditThatCostsMoney(t *testing.T) {
	play(t, []string{"owl"}, func(b *bench) {
		b.set(func() { b.never["owl"] = "it costs money" })
		b.Doubt() // of the first, which is not there
		time.Sleep(5 * time.Minute)
		if got := b.runs(); got != "" {
			t.Errorf("ran %s", got)
		}
	})
}

func TestWhatARunLeavesWithoutListingItIsFound(t *testing.T) {
	play(t, []string{"fox"}, func(b *bench) {
		hash := b.offers["fox"].GraphHash()
		b.set(func() { b.silent, b.left = true, "_00001_.png" })
		time.Sleep(2 * time.Minute)
		if got := b.ledger.Of(hash); got.At == 0 || got.Problem() != "" {
			t.Errorf("with a file: %+v", got)
		}
		b.set(func() { b.left = "" })
		if err := b.ledger.Ask(b.t.Context(), hash, time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		if got := b.ledger.Of(hash); !strings.Contains(got.Problem(), "it wrote nothing: node 2 (SaveImage) kept nothing") {
			t.Errorf("without: %+v", got)
		}
	})
}

// Whether ComfyUI works is tried with a workflow that went well before, and with nothing else.
func TestAComfyUIIsTriedWithWhatWentWell(t *testing.T) {
	play(t, []string{"fox", "paid"}, func(b *bench) {
		b.set(func() { b.never["paid"] = "it costs money" })
		if err := b.Check(b.t.Context(), time.Minute); err != nil || b.runs() != "" {
			t.Errorf("with nothing: %v, ran %s", err, b.runs())
		}
		time.Sleep(2 * time.Minute)
		if err := b.Check(b.t.Context(), time.Minute); err != nil || b.runs() != "fox fox fox" {
			t.Errorf("%v, ran %s", err, b.runs())
		}
	})
}

func TestAMeasurementThatDoesNotEnd(t *testing.T) {
	play(t, []string{"fox"}, func(b *bench) {
		b.set(func() { b.takes = 5 * time.Hour })
		time.Sleep(70 * time.Minute)
		e := b.ledger.Of(b.offers["fox"].GraphHash())
		if e.Tries != 1 || !strings.Contains(e.Failed, "it had not ended after 1h") || b.runs() != "fox!" {
			t.Errorf("%+v, ran %s", e, b.runs())
		}
	})
}
