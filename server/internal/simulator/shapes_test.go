package simulator_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recordings holds answers of a real ComfyUI 0.3.64.
const recordings = "../comfy/testdata/recordings"

// told collects the shapes of all that was said, by what it was: the route of an answer, or the type of a frame.
type told map[string]map[string]bool

func (k told) add(what string, value any) {
	if k[what] == nil {
		k[what] = make(map[string]bool)
	}
	k[what][encode(shape(plainIDs(value)))] = true
}

// plainIDs puts one "ID" for the keys that are ids of prompts or nodes, and a list of all values there.
func plainIDs(value any) any {
	switch v := value.(type) {
	case object:
		plain := object{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			member := plainIDs(v[key])
			if id := len(key) == 36 && strings.Count(key, "-") == 4 || strings.Trim(key, "0123456789") == ""; id {
				key = "ID"
			}
			plain[key] = member
		}
		return plain
	case []any:
		v = slices.Clone(v)
		for i := range v {
			v[i] = plainIDs(v[i])
		}
		return v
	}
	return value
}

// frame adds one; of a picture its kind and what is told beside it.
func (k told) frame(t *testing.T, frame any) {
	body, binary := frame.([]byte)
	switch {
	case !binary && at(frame, "data", "sid") != nil:
		k.add("frame greeting", frame)
	case !binary:
		k.add("frame "+at(frame, "type").(string), frame)
	case body[3] == 4:
		k.add("preview 4", decode(t, body[8:8+int(body[6])<<8+int(body[7])]))
	default:
		k.add("preview 1", string(body[4:8]))
	}
}

// asRecorded reads the recordings.
func asRecorded(t *testing.T) told {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(recordings, "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	known := told{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			r := decode(t, []byte(line))
			frame := at(r, "frame")
			switch {
			case at(r, "dir") == "http" && encode(at(r, "status")) == "200":
				known.add(route(at(r, "method").(string), at(r, "path").(string)), at(r, "response"))
			case frame == nil || at(r, "event") == "sent":
			case at(frame, "binary_length") == nil:
				known.frame(t, frame)
			case at(frame, "metadata") != nil:
				known.add("preview 4", at(frame, "metadata"))
			case encode(at(frame, "event_type")) == "1":
				known.add("preview 1", "format")
			}
		}
	}
	return known
}

// route is a request without ids.
func route(method, path string) string {
	path, _, _ = strings.Cut(path, "?")
	for _, folder := range []string{"/history/", "/object_info/"} {
		if strings.HasPrefix(path, folder) {
			path = folder + "ID"
		}
	}
	return method + " " + path
}

// TestShapesAreTheRecordedOnes has the simulated ComfyUI do all that it ordinarily does, and looks for the shape of
// every answer and frame in the recordings. Whatever ordinary thing was recorded must have been said.
func TestShapesAreTheRecordedOnes(t *testing.T) {
	c := start(t, "--preview-method", "auto")
	said := told{}
	for _, client := range []string{"plain", "with-metadata"} {
		s := c.dial(client, client == "with-metadata")
		for _, frame := range s.opened {
			said.frame(t, frame)
		}
		as := object{"client_id": client}
		run := func(g graph, until func(any) bool) string {
			body := object{"prompt": g, "client_id": client}
			answer := c.post("/prompt", body)
			said.add("POST /prompt", answer)
			for _, frame := range s.until(until) {
				said.frame(t, frame)
			}
			return at(answer, "prompt_id").(string)
		}
		fox := klein(t, client, "1")
		ids := []string{run(fox, end), run(fox, end), run(klein(t, "[[fail]]", "1"), end), run(simple(1, "a/b"), end)}
		id := c.submit(endless(t), as)
		for _, frame := range s.until(ofType("progress")) {
			said.frame(t, frame)
		}
		said.add("GET /queue", c.get("/queue"))
		waiting := c.submit(simple(2, "x"), as)
		said.add("GET /queue", c.get("/queue"))
		said.add("POST /queue", c.post("/queue", object{"delete": []string{waiting}}))
		said.add("POST /interrupt", c.post("/interrupt", object{"prompt_id": id}))
		for _, frame := range s.until(end) {
			said.frame(t, frame)
		}
		for _, id := range append(ids, id) {
			said.add("GET /history/ID", c.get("/history/"+id))
		}
	}
	for _, path := range []string{
		"/system_stats", "/prompt", "/queue", "/features", "/history/nothing", "/object_info/EmptyImage",
		"/object_info/SaveImage", "/object_info/NoSuchNode",
	} {
		said.add(route("GET", path), c.get(path))
	}
	said.add("POST /free", c.post("/free", object{"unload_models": true}))
	said.add("POST /history", c.post("/history", object{"delete": []string{"nothing"}}))

	known := asRecorded(t)
	for what, shapes := range said {
		for one := range shapes {
			if !known[what][one] {
				t.Errorf("%s was never recorded as %s\nbut as %s", what, one, strings.Join(slices.Sorted(maps.Keys(known[what])), "\n       "))
			}
		}
	}
	for what := range known {
		if strings.HasPrefix(what, "frame ") && said[what] == nil {
			t.Errorf("%s was recorded and is never said", what)
		}
	}
}
