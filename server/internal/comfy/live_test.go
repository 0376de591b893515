package comfy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
)

// live connects to the ComfyUI at COMFYUI_URL, which no one else should be using.
func live(t *testing.T) *comfy.Client {
	t.Helper()
	address := os.Getenv("COMFYUI_URL")
	if address == "" {
		t.Skip("COMFYUI_URL names no running ComfyUI")
	}
	c := comfy.New(comfy.Options{BaseURL: address})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = c.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	within, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if err := c.WaitConnected(within); err != nil {
		t.Fatal(err)
	}
	return c
}

// run submits a graph and follows it; started is called once it runs.
func run(t *testing.T, c *comfy.Client, graph string, started func(id string)) comfy.Outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	id := uuid.NewString()
	r := c.Track(id)
	defer r.Close()
	if err := c.Submit(ctx, comfy.Prompt{ID: id, Graph: json.RawMessage(graph)}); err != nil {
		t.Fatal(err)
	}
	o, err := r.Wait(ctx, func(p comfy.Progress) {
		if p.Step > 0 && started != nil {
			started(id)
			started = nil
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s in %v, last progress %+v", o.Kind, o.Finished.Sub(o.Started), r.Progress())
	return o
}

func picture(color int, prefix string) string {
	return fmt.Sprintf(`{"1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 2, "color": %d}},
		"9": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": %q}}}`, color, prefix)
}

func TestRealRun(t *testing.T) {
	c := live(t)
	color := rand.IntN(1 << 24)
	first := run(t, c, picture(color, "client/test"), nil)
	if first.Kind != comfy.Succeeded || len(first.Files) != 2 || !strings.HasPrefix(first.Files[0].Path(), "client/test_") ||
		first.Started.IsZero() || first.CachedNodes != nil {
		t.Fatalf("%+v", first)
	}
	res, err := c.View(t.Context(), first.Files[0], "")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if data, err := io.ReadAll(res.Body); err != nil || res.Header.Get("Content-Type") != "image/png" ||
		!strings.HasPrefix(string(data), "\x89PNG") {
		t.Errorf("%d bytes, %v, %v", len(data), res.Header, err)
	}
	if again := run(t, c, picture(color, "client/test"), nil); len(again.CachedNodes) != 2 || len(again.Files) != 2 ||
		again.Files[0] != first.Files[0] {
		t.Errorf("cached: %+v", again)
	}
	if escape := run(t, c, picture(color, "../../out"), nil); escape.Kind != comfy.Failed || escape.Error.NodeID != "9" ||
		escape.Files != nil {
		t.Errorf("escape: %+v", escape)
	}
}

func TestRealRefusals(t *testing.T) {
	c := live(t)
	for graph, says := range map[string]string{
		picture(-1, "x"): "EmptyImage (node 1): Value -1 smaller than min of 0",
		strings.Replace(picture(1, "x"), "EmptyImage", "NoSuchNode", 1): "NoSuchNode",
	} {
		err := c.Submit(t.Context(), comfy.Prompt{ID: uuid.NewString(), Graph: json.RawMessage(graph)})
		var rejected *comfy.RejectedError
		if !errors.As(err, &rejected) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not say %q", err, says)
		}
	}
}

// TestRealCancel needs a node that takes time and ticks.
func TestRealCancel(t *testing.T) {
	c := live(t)
	answer, err := c.ObjectInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var classes map[string]struct {
		Input map[string]map[string]json.RawMessage `json:"input"`
	}
	if err := json.Unmarshal(answer, &classes); err != nil {
		t.Fatal(err)
	}
	class, ok := classes["ProbeSleep"]
	if !ok {
		t.Skip("this ComfyUI does not have the node ProbeSleep (one that sleeps in steps, from the custom nodes of its test installation)")
	}
	values := map[string]any{
		"steps":      600,
		"seconds":    0.1,
		"width":      64,
		"height":     64,
		"seed":       rand.Uint64(),
		"noise_seed": 1,
		"fail_at":    -1,
		"preview":    "none",
	}
	inputs := make(map[string]any)
	for _, group := range class.Input {
		for name := range group {
			inputs[name] = values[name]
		}
	}
	graph, err := json.Marshal(map[string]any{
		"1": map[string]any{"class_type": "ProbeSleep", "inputs": inputs},
		"9": map[string]any{"class_type": "SaveImage", "inputs": map[string]any{"images": []any{"1", 0}, "filename_prefix": "client/slow"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	waiting := uuid.NewString()
	o := run(t, c, string(graph), func(id string) {
		if err := c.Submit(t.Context(), comfy.Prompt{ID: waiting, Graph: json.RawMessage(picture(rand.IntN(1<<24), "client/test"))}); err != nil {
			t.Error(err)
		}
		where := func(id string, want comfy.Presence) {
			if got, _, err := c.Lookup(t.Context(), id); got != want || err != nil {
				t.Errorf("%v, %v, want %v", got, err, want)
			}
		}
		where(id, comfy.Running)
		where(waiting, comfy.Pending)
		if err := c.Cancel(t.Context(), waiting); err != nil {
			t.Error(err)
		}
		where(id, comfy.Running)
		where(waiting, comfy.Unknown)
		if err := c.Cancel(t.Context(), id); err != nil {
			t.Error(err)
		}
	})
	if o.Kind != comfy.Interrupted || o.Error.NodeID != "1" {
		t.Errorf("%+v", o)
	}
	r := c.Track(waiting)
	defer r.Close()
	if o, err := r.Wait(t.Context(), nil); err != nil || o.Kind != comfy.Gone {
		t.Errorf("%+v, %v", o, err)
	}
}
