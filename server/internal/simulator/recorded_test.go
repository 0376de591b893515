package simulator_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The files in testdata are excerpts of what a real ComfyUI 0.3.64 answered; ids of prompts
// are "ID" there, timestamps 0 and tracebacks empty.

func TestRunsSendTheRecordedFramesAndHistory(t *testing.T) {
	c := start(t)
	s := c.dial("client-a", false)
	for i, run := range at(fixture(t, "runs.json"), "runs").([]any) {
		_, posted := c.do("POST", "/prompt", at(run, "request").(string))
		id := at(posted, "prompt_id").(string)
		frames := s.until(end)
		if diff := cmp.Diff(at(run, "frames"), anonymous(frames, id)); diff != "" {
			t.Errorf("run %d: frames (-recorded +simulated):\n%s", i, diff)
		}
		entry := anonymous(c.finished(id), id)
		at(entry, "prompt").([]any)[0] = json.Number("0")
		if diff := cmp.Diff(at(run, "entry"), entry); diff != "" {
			t.Errorf("run %d: history (-recorded +simulated):\n%s", i, diff)
		}
	}
}

// anonymous puts "ID" for the prompt's id and 0 for timestamps.
func anonymous(value any, id string) any {
	switch v := value.(type) {
	case object:
		v = maps.Clone(v)
		for key, member := range v {
			v[key] = anonymous(member, id)
			if key == "timestamp" {
				v[key] = json.Number("0")
			}
		}
		return v
	case []any:
		v = slices.Clone(v)
		for i := range v {
			v[i] = anonymous(v[i], id)
		}
		return v
	case string:
		if v == id {
			return "ID"
		}
	}
	return value
}

func TestRefusalsAreTheRecordedOnes(t *testing.T) {
	c := start(t)
	for _, recorded := range at(fixture(t, "validation.json"), "cases").([]any) {
		t.Run(at(recorded, "note").(string), func(t *testing.T) {
			code, answer := c.do("POST", "/prompt", at(recorded, "request").(string))
			if want := at(recorded, "status"); want != json.Number(encode(code)) {
				t.Fatalf("status %d, recorded %v; answer %v", code, want, answer)
			}
			if code == http.StatusOK {
				delete(answer.(object), "prompt_id")
				delete(answer.(object), "number")
			}
			if diff := cmp.Diff(at(recorded, "response"), answer); diff != "" {
				t.Errorf("answer (-recorded +simulated):\n%s", diff)
			}
		})
	}
}

func TestAnswersHaveTheRecordedShapes(t *testing.T) {
	c := start(t)
	recorded := fixture(t, "answers.json").(object)
	for path, want := range recorded {
		if path[0] != '/' {
			continue
		}
		for _, prefix := range []string{"", "/api"} {
			got := c.get(prefix + path)
			if diff := cmp.Diff(shape(want), shape(got)); diff != "" {
				t.Errorf("%s%s (-recorded +simulated):\n%s", prefix, path, diff)
			}
		}
	}
	t.Run("object_info", func(t *testing.T) {
		for _, class := range []string{"EmptyImage", "RandomNoise"} {
			path := "/object_info/" + class
			if diff := cmp.Diff(recorded[path], c.get(path)); diff != "" {
				t.Errorf("%s (-recorded +simulated):\n%s", class, diff)
			}
			if diff := cmp.Diff(at(recorded[path], class), at(c.get("/object_info"), class)); diff != "" {
				t.Errorf("%s among all (-recorded +simulated):\n%s", class, diff)
			}
		}
	})
	t.Run("frames of bad ends", func(t *testing.T) {
		s := c.dial("me", false)
		c.submit(klein(t, "[[fail]]", "1"))
		compareShape(t, recorded["execution_error"], last(s.until(ofType("execution_error"))))
		id := c.submit(endless(t))
		s.until(ofType("progress"))
		c.post("/interrupt", object{"prompt_id": id})
		compareShape(t, recorded["execution_interrupted"], last(s.until(ofType("execution_interrupted"))))
	})
}

func compareShape(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(shape(want), shape(got)); diff != "" {
		t.Errorf("(-recorded +simulated):\n%s", diff)
	}
}

// shape keeps keys and JSON types. Of a list it keeps the first element's. The keys of
// current_inputs are a node's own, and executed may be empty: their content is left out.
func shape(value any) any {
	switch v := value.(type) {
	case object:
		v = maps.Clone(v)
		for key := range v {
			v[key] = shape(v[key])
			if key == "current_inputs" || key == "executed" {
				v[key] = "any"
			}
		}
		return v
	case []any:
		if len(v) == 0 {
			return "list"
		}
		return []any{shape(v[0])}
	case json.Number:
		return "number"
	case string:
		return "string"
	case bool:
		return "bool"
	}
	return nil
}

func last(frames []any) any { return frames[len(frames)-1] }

func TestView(t *testing.T) {
	c := start(t)
	g := simple(1, "day/user1/pic")
	entry := c.run(g)
	content := c.picture(entry, "9", 0)
	for path, want := range map[string]int{ // as recorded
		"/view?filename=pic_00001_.png&subfolder=day/user1&type=output":          200,
		"/view?filename=pic_00001_.png&subfolder=day%2Fuser1":                    200,
		"/api/view?filename=pic_00001_.png&subfolder=day/user1&type=output":      200,
		"/view?filename=pic_00001_.png%20[output]&subfolder=day/user1&type=temp": 200,
		"/view?filename=nosuch.png&type=output":                                  404,
		"/view?filename=pic_00001_.png&type=output":                              404,
		"/view": 404,
		"/view?filename=day/user1/pic_00001_.png&type=output": 404,
		"/view?filename=":                                                           400,
		"/view?filename=../x.png&type=output":                                       400,
		"/view?filename=/etc/passwd":                                                400,
		"/view?filename=pic_00001_.png&type=nosuchtype":                             400,
		"/view?filename=pic_00001_.png&subfolder=../..&type=output":                 403,
		"/view?filename=pic_00001_.png&subfolder=" + filepath.ToSlash(os.TempDir()): 403,
	} {
		code, body := c.do("GET", path, "")
		if code != want {
			t.Errorf("GET %s: %d, want %d", path, code, want)
		}
		if code == 200 && body != string(content) {
			t.Errorf("GET %s: not the file's content", path)
		}
	}
}
