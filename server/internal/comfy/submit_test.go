package comfy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
)

const promptID = "0d9e4a3e-6c6f-4c1e-9a3e-6f5e5f0f7a11"

// submit posts smallGraph to a handler.
func submit(t *testing.T, h http.Handler) error {
	t.Helper()
	var err error
	synctest.Test(t, func(t *testing.T) {
		c, _ := start(t, h, "me", false)
		err = c.Submit(t.Context(), comfy.Prompt{ID: promptID, Graph: smallGraph})
	})
	return err
}

func TestSubmitSendsTheGraphUnchanged(t *testing.T) {
	s := absent(t, promptID).on("POST /prompt", answer{200, `{"prompt_id": "` + promptID + `", "number": 3, "node_errors": {}}`})
	synctest.Test(t, func(t *testing.T) {
		c, _ := start(t, s, "me", false)
		err := c.Submit(t.Context(), comfy.Prompt{
			ID:       promptID,
			Graph:    smallGraph,
			Workflow: json.RawMessage(`{"nodes":[{"id":9007199254740993}]}`),
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	posts := s.requests("POST /prompt")
	if len(posts) != 1 || len(s.asked) != 1 {
		t.Fatalf("asked %q", s.asked)
	}
	for _, want := range []string{
		`"noise_seed":18446744073709551615`, `"filename_prefix":"<a>&b"`, `"client_id":"me"`,
		`"prompt_id":"` + promptID + `"`, `"extra_data":{"extra_pnginfo":{"workflow":{"nodes":[{"id":9007199254740993}]}}}`,
	} {
		if !strings.Contains(posts[0], want) {
			t.Errorf("%s is not in %s", want, posts[0])
		}
	}
}

// TestRecordedRefusals feeds every refusal a real ComfyUI gave to Submit.
func TestRecordedRefusals(t *testing.T) {
	var b strings.Builder
	for _, number := range recorded(t) {
		note := ""
		for _, r := range load(t, number) {
			if r.Text != "" {
				note = r.Text
			}
			if r.Method != "POST" || r.Path != "/prompt" || r.Status != 400 {
				continue
			}
			err := submit(t, absent(t, promptID).on("POST /prompt", answer{400, string(r.body())}))
			var rejected *comfy.RejectedError
			if !errors.As(err, &rejected) || rejected.Status != 400 || rejected.Type == "" {
				t.Fatalf("%s: %#v", note, err)
			}
			fmt.Fprintf(&b, "%s\n  %s\n", note, rejected)
		}
	}
	golden(t, "testdata/refusals.golden", b.String())
}

func TestPartialAcceptanceIsCancelled(t *testing.T) {
	records := load(t, "04")
	i := slices.IndexFunc(records, func(r record) bool {
		return r.Path == "/prompt" && r.Status == 200 && strings.Contains(string(r.Response), `"errors"`)
	})
	body := strings.Replace(string(records[i].body()), records[i].promptID(), promptID, 1)
	s := absent(t, promptID).on("POST /prompt", answer{200, body})
	err := submit(t, s)
	var rejected *comfy.RejectedError
	if !errors.As(err, &rejected) || rejected.Status != 200 || rejected.Type != "partly_accepted" || len(rejected.Nodes) == 0 {
		t.Fatalf("%#v", err)
	}
	if !strings.Contains(err.Error(), "EmptyImage (node 2): Value 0 smaller than min of 1: width") {
		t.Errorf("error %q", err)
	}
	for _, want := range []string{
		`POST /queue {"delete":["` + promptID + `"]}`, `POST /interrupt {"prompt_id":"` + promptID + `"}`,
	} {
		if !slices.Contains(s.asked, want) {
			t.Errorf("no %s in %q", want, s.asked)
		}
	}
}

func TestSubmitNeverGuesses(t *testing.T) {
	const (
		trouble  = "500 Internal Server Error\n\nServer got itself in trouble"
		accepted = `{"prompt_id": "` + promptID + `", "number": 1, "node_errors": {}}`
		queued   = `{"queue_running": [], "queue_pending": [[1, "` + promptID + `", {}, {}, []]]}`
		running  = `{"queue_running": [[1, "` + promptID + `", {}, {}, []]], "queue_pending": []}`
	)
	var rejected *comfy.RejectedError
	isRejected := func(err error) bool { return errors.As(err, &rejected) }
	is := func(target error) func(error) bool {
		return func(err error) bool { return errors.Is(err, target) && !isRejected(err) }
	}
	accept := func(err error) bool { return err == nil }
	cases := map[string]struct {
		post    answer
		queue   []answer
		history []answer
		want    func(error) bool
		says    string
	}{
		"500 but queued":           {post: answer{500, trouble}, queue: []answer{{200, queued}}, want: accept},
		"500 but running":          {post: answer{500, trouble}, queue: []answer{{200, running}}, want: accept},
		"500 and nowhere":          {post: answer{500, trouble}, want: isRejected, says: "could not handle"},
		"500 and no look possible": {post: answer{500, trouble}, history: []answer{{0, ""}}, want: is(comfy.ErrUncertain)},
		"lost but queued":          {post: answer{0, ""}, queue: []answer{{200, queued}}, want: accept},
		"lost, queued a bit later": {post: answer{0, ""}, queue: []answer{{200, nowhere}, {200, queued}}, want: accept},
		"lost but finished":        {post: answer{0, ""}, history: []answer{{200, finished(promptID)}}, want: accept},
		"lost and nowhere":         {post: answer{0, ""}, want: is(comfy.ErrUncertain)},
		"gateway timeout, nowhere": {post: answer{504, "x"}, want: is(comfy.ErrUncertain), says: "504"},
		"gateway timeout, queued":  {post: answer{504, "x"}, queue: []answer{{200, queued}}, want: accept},
		"garbage 200, queued":      {post: answer{200, "<html>"}, queue: []answer{{200, queued}}, want: accept},
		"garbage 200, nowhere":     {post: answer{200, "<html>"}, want: is(comfy.ErrUncertain)},
		"accepted":                 {post: answer{200, accepted}, want: accept},
		"accepted, no node_errors": {post: answer{200, `{"prompt_id": "` + promptID + `"}`}, want: accept},
		"accepted, list of errors": {post: answer{200, `{"prompt_id": "` + promptID + `", "node_errors": []}`}, want: accept},
		"another id":               {post: answer{200, `{"prompt_id": "other", "node_errors": {}}`}, want: isRejected, says: "0.3.57"},
		"too large":                {post: answer{413, "Maximum request body size exceeded"}, want: isRejected, says: "larger"},
		"a stranger":               {post: answer{404, "404: Not Found"}, want: is(comfy.ErrUnreachable), says: "404"},
		"method not allowed":       {post: answer{405, "405"}, want: is(comfy.ErrUnreachable)},
		"foreign origin":           {post: answer{403, ""}, want: is(comfy.ErrUnreachable)},

		// Shapes of newer versions.
		"invalid_prompt_id": {
			post: answer{400, `{"error": {"type": "invalid_prompt_id", "message": "prompt_id must be a valid UUID",
				"details": "canonical form", "extra_info": {}}, "node_errors": {}}`},
			want: isRejected,
			says: "prompt_id must be a valid UUID (canonical form)",
		},
		"missing_node_type": {
			post: answer{400, `{"error": {"type": "missing_node_type", "message": "Node 'X' not found", "details": "Node ID '#47'",
				"extra_info": {"node_id": "47", "class_type": "X", "node_title": "X"}}, "node_errors": {}}`},
			want: isRejected,
			says: "Node 'X' not found (Node ID '#47')",
		},
		"plain string": {
			post: answer{403, `{"error": "prompts are disabled here"}`},
			want: isRejected,
			says: "prompts are disabled here",
		},
		"409 and we have it":    {post: answer{409, `{"error": "prompt_id already exists"}`}, queue: []answer{{200, running}}, want: accept},
		"409 and it is nowhere": {post: answer{409, `{"error": "prompt_id already exists"}`}, want: isRejected, says: "already exists"},
		"error without details": {
			post: answer{400, `{"error": {"type": "dependency_cycle", "message": null}, "node_errors": null}`},
			want: isRejected,
			says: "refused",
		},
		"node error, odd shapes": {
			post: answer{400, `{"error": {}, "node_errors": {"5": {"errors": [{"type": 3}]}, "6": 7}}`},
			want: isRejected,
			says: "node 6",
		},
		"400 that is no JSON": {post: answer{400, "Bad Request"}, want: isRejected, says: "Bad Request"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := absent(t, promptID).on("POST /prompt", c.post)
			if c.queue != nil {
				s.on("GET /queue", c.queue...)
			}
			if c.history != nil {
				s.on("GET /history/"+promptID, c.history...)
			}
			err := submit(t, s)
			if !c.want(err) {
				t.Errorf("got %#v", err)
			}
			if err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q does not say %q", err, c.says)
			}
			if n := len(s.requests("POST /prompt")); n != 1 {
				t.Errorf("posted %d times", n)
			}
		})
	}
}

// TestRecordedDuplicate: the same id and number twice is answered with 500, yet queued.
func TestRecordedDuplicate(t *testing.T) {
	records := load(t, "07")
	i := slices.IndexFunc(records, func(r record) bool { return r.Path == "/prompt" && r.Status == 500 })
	q := i + slices.IndexFunc(records[i:], func(r record) bool { return r.Path == "/queue" && r.Method == "GET" })
	s := absent(t, "same").on("POST /prompt", answer{500, string(records[i].body())}).
		on("GET /queue", answer{200, string(records[q].body())})
	synctest.Test(t, func(t *testing.T) {
		c, _ := start(t, s, "me", false)
		if err := c.Submit(t.Context(), comfy.Prompt{ID: "same", Graph: smallGraph}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSubmitWhenNothingListens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, n := start(t, absent(t, promptID), "me", false)
		n.cut(true)
		err := c.Submit(t.Context(), comfy.Prompt{ID: promptID, Graph: smallGraph})
		if !errors.Is(err, comfy.ErrUnreachable) || errors.Is(err, comfy.ErrUncertain) {
			t.Errorf("got %v", err)
		}
	})
}

func TestSubmitGivenUpMidwayIsLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held := make(chan struct{})
		t.Cleanup(func() { close(held) })
		looks := absent(t, promptID).on("GET /history/"+promptID, answer{200, finished(promptID)})
		ctx, cancel := context.WithCancel(t.Context())
		c, _ := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				cancel()
				<-held
				return
			}
			looks.ServeHTTP(w, r)
		}), "me", false)
		if err := c.Submit(ctx, comfy.Prompt{ID: promptID, Graph: smallGraph}); err != nil {
			t.Errorf("a prompt that ComfyUI has run counts as submitted, got %v", err)
		}
	})
}

func TestCheckGraph(t *testing.T) {
	save := `"9": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}`
	cases := map[string]struct{ graph, says string }{
		"good":         {`{"1": {"class_type": "A", "inputs": {}, "_meta": {"title": "x"}}, ` + save + `}`, ""},
		"subgraph ids": {`{"75:1": {"class_type": "A", "inputs": {"x": ["75:2", 0]}}, "75:2": {"class_type": "B", "inputs": {}}}`, ""},
		"lists are no links": {
			`{"1": {"class_type": "A", "inputs": {"x": [1, 2], "y": ["a", "b"], "z": [], "w": [null, 0], "v": ["a", null]}}}`,
			"",
		},
		"no JSON":            {`{"1": `, "not valid JSON"},
		"empty":              {``, "not valid JSON"},
		"a list":             {`[]`, "must be a JSON object"},
		"no nodes":           {`{}`, "no nodes"},
		"editor's format":    {`{"nodes": [], "links": [], "version": 0.4}`, "Export (API)"},
		"a node is a number": {`{"1": 5}`, "node 1: no class_type; node 1: no inputs object"},
		"no class_type":      {`{"1": {"inputs": {}}}`, "node 1: no class_type"},
		"poison, missing":    {`{"1": {"class_type": "A", "inputs": {}}, "5": {"class_type": "Note"}}`, "Note (node 5): no inputs object"},
		"poison, null":       {`{"5": {"class_type": "Note", "inputs": null}}`, "Note (node 5): no inputs object"},
		"dangling link":      {`{` + save + `}`, "SaveImage (node 9): images: link to node 1, which is not in the workflow"},
	}
	for name, c := range cases {
		err := comfy.CheckGraph(json.RawMessage(c.graph))
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v", name, err)
		}
		var rejected *comfy.RejectedError
		if err != nil && (!errors.As(err, &rejected) || rejected.Status != 0) {
			t.Errorf("%s: %#v", name, err)
		}
	}
}

// TestCheckGraphPassesWhatRuns: nothing a real ComfyUI accepted is held back.
func TestCheckGraphPassesWhatRuns(t *testing.T) {
	accepted := 0
	for _, number := range []string{"02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "15", "16"} {
		for _, r := range load(t, number) {
			if p, ok := r.post(); ok && r.Status == 200 {
				accepted++
				if err := comfy.CheckGraph(p.Prompt); err != nil {
					t.Errorf("recording %s, %s: %v", number, r.promptID(), err)
				}
			}
		}
	}
	if accepted < 50 {
		t.Errorf("only %d graphs", accepted)
	}
}
