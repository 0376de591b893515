package comfy_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
)

// judge reads one history entry's outcome.
func judge(t *testing.T, entry string) comfy.Outcome {
	t.Helper()
	var o comfy.Outcome
	s := absent(t, promptID).on("GET /history/"+promptID, answer{200, `{"` + promptID + `": ` + entry + `}`})
	with(t, s, func(t *testing.T, c *comfy.Client) {
		e, err := c.History(t.Context(), promptID)
		if err != nil || e == nil {
			t.Fatalf("%+v, %v", e, err)
		}
		o = e.Outcome()
	})
	return o
}

func TestSuccessIsNeverAssumed(t *testing.T) {
	const outputs = `"outputs": {"9": {"images": [{"filename": "a.png", "subfolder": "", "type": "output"}], "text": ["t"]}}, `
	cases := map[string]struct {
		status string
		want   comfy.Kind
	}{
		"success": {`{"status_str": "success", "completed": true, "messages": []}`, comfy.Succeeded},
		"error":   {`{"status_str": "error", "completed": false, "messages": [["execution_error", {"node_id": "3"}]]}`, comfy.Failed},
		// An error raised while the next node is chosen does not reset ComfyUI's flag.
		"success beside an error": {
			`{"status_str": "success", "messages": [["execution_error", {}], ["execution_success", {}]]}`,
			comfy.Failed,
		},
		"success beside an interrupt": {
			`{"status_str": "success", "messages": [["execution_interrupted", {"node_id": "3"}]]}`,
			comfy.Interrupted,
		},
		"interrupt": {`{"status_str": "error", "messages": [["execution_interrupted", null]]}`, comfy.Interrupted},
		"error after an interrupt": {
			`{"status_str": "error", "messages": [["execution_interrupted", {}], ["execution_error", {}]]}`,
			comfy.Failed,
		},
		"no status":                      {`null`, comfy.Failed},
		"error without a message":        {`{"status_str": "error", "messages": []}`, comfy.Failed},
		"a status of the future":         {`{"status_str": "cancelled", "messages": null}`, comfy.Failed},
		"error details of another shape": {`{"status_str": "error", "messages": [["execution_error", [1]]]}`, comfy.Failed},
		"error without details":          {`{"status_str": "success", "messages": [["execution_error"]]}`, comfy.Failed},
	}
	for name, c := range cases {
		o := judge(t, `{`+outputs+`"status": `+c.status+`}`)
		if o.Kind != c.want {
			t.Errorf("%s: %v", name, o.Kind)
		}
		if succeeded := c.want == comfy.Succeeded; succeeded != (len(o.Files) == 1) || succeeded != (len(o.Texts) == 1) {
			t.Errorf("%s: files %v, texts %v", name, o.Files, o.Texts)
		}
		if (c.want == comfy.Succeeded) != (o.Error == nil) || o.Error != nil && o.Error.Error() == "" {
			t.Errorf("%s: error %v", name, o.Error)
		}
	}
}

func TestUnreadableHistoryIsNoOutcome(t *testing.T) {
	for _, entry := range []string{`5`, `{"status": "success"}`, `{"status": {"messages": [5]}}`, `{"status": {"messages": [[]]}}`} {
		s := absent(t, promptID).on("GET /history/"+promptID, answer{200, `{"` + promptID + `": ` + entry + `}`})
		with(t, s, func(t *testing.T, c *comfy.Client) {
			if e, err := c.History(t.Context(), promptID); err == nil {
				t.Errorf("%s: %+v", entry, e)
			}
		})
	}
}

func TestOutcomeDetails(t *testing.T) {
	o := judge(t, `{"outputs": {}, "status": {"status_str": "error", "messages": [
		["execution_start", {"timestamp": 1795374741039}], ["execution_cached", {"nodes": ["4", 5], "timestamp": 1795374741040}],
		["execution_error", {"timestamp": 1795374741195, "node_id": 13, "node_type": "KSampler", "exception_type": "torch.OutOfMemoryError",
			"exception_message": "Allocation on device\n", "traceback": ["a", "b"], "current_inputs": {"cfg": [NaN, -Infinity]}}]]}}`)
	want := comfy.Outcome{
		Kind:        comfy.Failed,
		Started:     time.UnixMilli(1795374741039),
		Finished:    time.UnixMilli(1795374741195),
		CachedNodes: []string{"4", "5"},
		Error: &comfy.NodeError{
			NodeID:    "13",
			NodeType:  "KSampler",
			Type:      "torch.OutOfMemoryError",
			Message:   "Allocation on device",
			Traceback: []string{"a", "b"},
		},
	}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("%+v", o)
	}
	if got := o.Error.Error(); got != "KSampler (node 13): torch.OutOfMemoryError: Allocation on device" {
		t.Error(got)
	}
}

// TestOutputsOfEveryShape: packs put lists, single values and anything else under any key. The case result_3d among them.
func TestOutputsOfEveryShape(t *testing.T) {
	o := judge(t, `{"status": {"status_str": "success", "messages": []}, "outputs": {
		"30": {"images": [{"filename": "w_1.webp", "subfolder": "", "type": "output"}], "animated": [true]},
		"9": {"images": [{"filename": "p_1.png", "subfolder": "a\\b", "type": "output", "asset": {"id": 4}},
			{"filename": "p_2.png", "subfolder": "a", "type": "temp"}, {"filename": "in.png", "subfolder": "", "type": "input"}, 7, null, "x"],
			"animated": [false]},
		"10": {"gifs": [{"filename": "v.mp4", "subfolder": "a/b", "type": "output", "frame_rate": 24.0, "fullpath": "/x/v.mp4"}]},
		"11": {"audio": {"filename": "s.flac", "subfolder": "", "type": "output"}},
		"12": {"text": ["one", 2, "two"], "result": ["x", {"a": 1}]}, "13": {"text": "three"},
		"14": {"images": [{"filename": "p_1.png", "subfolder": "a/b", "type": "output"}]},
		"15": {"images": [{"filename": "untold.png"}]},
		"16": {"images": [{"filename": "../up.png", "subfolder": "", "type": "output"},
			{"filename": "e.png", "subfolder": "/etc", "type": "output"},
			{"filename": "", "subfolder": "a", "type": "output"}, {"filename": "up.png", "subfolder": "..\\..", "type": "output"}]},
		"17": null, "18": [], "19": {"images": null}, "20": 4,
		"21": {"result": ["3d\\tri.GLB", null, "no.glb"]}, "22": {"result": ["in/tri.glb [input]"]}, "23": {"result": []}}}`)
	want := []comfy.File{
		{NodeID: "30", MediaKey: "images", Filename: "w_1.webp", Type: "output", Animated: true},
		{NodeID: "9", MediaKey: "images", Filename: "p_1.png", Subfolder: `a\b`, Type: "output"},
		{NodeID: "10", MediaKey: "gifs", Filename: "v.mp4", Subfolder: "a/b", Type: "output"},
		{NodeID: "11", MediaKey: "audio", Filename: "s.flac", Type: "output"},
		{NodeID: "15", MediaKey: "images", Filename: "untold.png", Type: "output"},
		{NodeID: "21", MediaKey: "result", Filename: "tri.GLB", Subfolder: "3d", Type: "output"},
	}
	if !reflect.DeepEqual(o.Files, want) {
		t.Errorf("files %+v", o.Files)
	}
	if want := []comfy.Text{{"12", "one"}, {"12", "two"}, {"13", "three"}}; !reflect.DeepEqual(o.Texts, want) {
		t.Errorf("texts %+v", o.Texts)
	}
	if got := o.Files[1].Path(); got != "a/b/p_1.png" {
		t.Errorf("path %q", got)
	}
}

func TestFilePath(t *testing.T) {
	for _, c := range []struct {
		f    comfy.File
		want string
	}{
		{comfy.File{Filename: "a.png", Type: "output"}, "a.png"},
		{comfy.File{Filename: "a.png", Subfolder: `x\y`, Type: "output"}, "x/y/a.png"},
		{comfy.File{Filename: "a.png", Subfolder: "x/./y/", Type: "output"}, "x/y/a.png"},
		{comfy.File{Filename: "a.png", Type: "temp"}, ""},
		{comfy.File{Filename: "a.png"}, ""},
		{comfy.File{Type: "output"}, ""},
		{comfy.File{Filename: "../a.png", Subfolder: "x/..", Type: "output"}, ""},
		{comfy.File{Filename: "a.png", Subfolder: "/x", Type: "output"}, ""},
		{comfy.File{Filename: "a.png", Subfolder: `\\host\x`, Type: "output"}, ""},
	} {
		if got := c.f.Path(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.f, got, c.want)
		}
	}
}
