package comfy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzTextFrame: no frame may do harm, whoever wrote the node that sent it.
func FuzzTextFrame(f *testing.F) {
	for _, line := range recordedLines(f) {
		var r struct{ Frame json.RawMessage }
		if json.Unmarshal([]byte(line), &r) == nil && len(r.Frame) > 0 {
			f.Add([]byte(r.Frame))
		}
	}
	f.Add([]byte(`{"type": "progress", "data": {"value": NaN, "max": 1e400, "node": 5, "prompt_id": null}}`))
	f.Add([]byte(`{"type": "executing", "data": {"node": "13"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := parseText(data)
		checkEvent(t, e, err)
	})
}

func FuzzBinaryFrame(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x01\x00\x00\x00\x02picture"))
	f.Add([]byte("\x00\x00\x00\x03\x00\x00\x00\x0213note"))
	f.Add([]byte("\x00\x00\x00\x04\x00\x00\x00\x1a" + `{"image_type":"image/png"}` + "picture"))
	f.Add([]byte("\x00\x00\x00\x04\xff\xff\xff\xff{}"))
	f.Add([]byte("\x00\x00\x00\x02"))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := parseBinary(data)
		checkEvent(t, e, err)
		if len(e.data) > len(data) {
			t.Error("a picture longer than its frame")
		}
	})
}

// checkEvent hands an event on as dispatch does.
func checkEvent(t *testing.T, e event, err error) {
	c := New(Options{})
	r := c.Track("p")
	if err == nil && e.kind == preview && e.media == "" {
		t.Error("a preview without a type")
	}
	if e.prompt == "" {
		e.prompt = "p"
	}
	c.dispatch(&socket{}, e)
	if n, _, data := r.Preview(); n > 1 || n == 0 && data != nil {
		t.Errorf("preview %d", n)
	}
}

// FuzzHistoryEntry: an entry is read or refused, and a success has no error.
func FuzzHistoryEntry(f *testing.F) {
	for _, line := range recordedLines(f) {
		var r struct {
			Path     string
			Response json.RawMessage
		}
		var h map[string]json.RawMessage
		if json.Unmarshal([]byte(line), &r) == nil && strings.HasPrefix(r.Path, "/history/") && json.Unmarshal(r.Response, &h) == nil {
			for _, entry := range h {
				f.Add([]byte(entry))
			}
		}
	}
	f.Add([]byte(`{"outputs": {"1": {"images": {"filename": "..\\a", "type": "output"}}}, "status": {"status_str": "success"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := parseEntry("p", data)
		if err != nil {
			return
		}
		o := e.Outcome()
		if (o.Kind == Succeeded) != (o.Error == nil) || o.Kind == 0 || o.Kind == Gone {
			t.Errorf("%+v", o)
		}
		for _, file := range o.Files {
			if p := file.Path(); p == "" || !filepath.IsLocal(p) || o.Kind != Succeeded {
				t.Errorf("%v: %+v", o.Kind, file)
			}
		}
	})
}

// FuzzDecode: what Python calls JSON, and no more, becomes JSON.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"a": [NaN, -Infinity, "NaN \" Infinity"], "b": Infinity}`))
	f.Add([]byte(`"\`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var v, again any
		if decode(data, &v) == nil && json.Valid(data) {
			if err := json.Unmarshal(nullNonFinite(data), &again); err != nil {
				t.Errorf("valid JSON was damaged: %v", err)
			}
		}
	})
}

func recordedLines(f *testing.F) []string {
	names, err := filepath.Glob("testdata/recordings/*.jsonl")
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	var lines []string
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		lines = append(lines, strings.Split(string(data), "\n")...)
	}
	return lines
}
