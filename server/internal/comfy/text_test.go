package comfy

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestShorten(t *testing.T) {
	for _, tc := range []struct {
		text  string
		limit int
		want  string
	}{
		{"as it is", 8, "as it is"},
		{strings.Repeat("x", 12_345), 40, strings.Repeat("x", 17) + "… (cut, 12,345 bytes)"},
		{strings.Repeat("é", 500), 29, "ééé… (cut, 1,000 bytes)"}, // seven bytes of room: half a character would be left
		{strings.Repeat("x", 500), 0, "… (cut, 500 bytes)"},
	} {
		if got := shorten(tc.text, tc.limit); got != tc.want || !utf8.ValidString(got) {
			t.Errorf("%q", got)
		}
	}
	if got := clean("a\x00b\x1b[31mc\r\n\td\u0085\xfc\xc3"); got != "ab[31mc\n\td\ufffd" {
		t.Errorf("%q", got)
	}
}

func TestRunWithMoreThanAnybodyLooksAt(t *testing.T) {
	var files, texts []string
	for i := range maxFiles + 1234 {
		files = append(files, fmt.Sprintf(`{"filename": "t%d.png", "type": "temp"}, {"filename": "%d.png"}, {"filename": "0.png"}`, i, i))
	}
	for range 3 {
		texts = append(texts, `"`+strings.Repeat("ä", 400<<10)+`"`)
	}
	e, err := parseEntry("p", json.RawMessage(`{"status": {"status_str": "success", "messages": []}, "outputs": {
		"8": {"text": ["first", `+strings.Join(texts, ",")+`]}, "9": {"images": [`+strings.Join(files, ",")+`]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	o := e.Outcome()
	if len(o.Files) != maxFiles || o.Files[0].Filename != "0.png" || o.Files[maxFiles-1].Filename != "999.png" {
		t.Errorf("%d files", len(o.Files))
	}
	size := 0
	for _, text := range o.Texts {
		size += len(text.Text)
	}
	want := "… and 1,234 more files and 1 more texts, which are not listed here"
	if n := len(o.Texts); n != 4 || o.Texts[0].Text != "first" || o.Texts[n-1].Text != want || size > outputLimit+len(want) {
		t.Errorf("%d texts of %d bytes, the last %.80q", n, size, o.Texts[n-1].Text)
	}
	if cut := o.Texts[2].Text; !strings.HasSuffix(cut, "… (cut, 819,200 bytes)") || !utf8.ValidString(cut) {
		t.Errorf("cut text ends %q", cut[max(0, len(cut)-30):])
	}
}

// nasty is a JSON string, or another value, as a careless or hostile program writes it.
func nasty(t *rapid.T) string {
	piece := rapid.OneOf(
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 20), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{
			`\u0000`, `\ud800`, `\u001b[2J`, `\n`, "\xff", "é", `\u0085`, strings.Repeat("ü\xfc", 20_000), "prompt",
		}),
	)
	raw := strings.Join(rapid.SliceOfN(piece, 0, 3).Draw(t, "pieces"), "")
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return raw // no JSON at all, or another scalar
	case 1:
		return strings.Repeat("9", 20_000)
	}
	// Quotes are kept out so that most documents stay whole; control characters come by their escapes.
	return `"` + strings.Map(func(r rune) rune {
		if r < ' ' || r == '"' {
			return '_'
		}
		return r
	}, strings.ReplaceAll(raw, `\x`, "_")) + "\xfe" + `"`
}

// template puts nasty values where % stands; %k is a nasty key.
func template(t *rapid.T, document string) []byte {
	var out bytes.Buffer
	for i := range len(document) {
		if document[i] == '%' {
			out.WriteString(nasty(t))
		} else {
			out.WriteByte(document[i])
		}
	}
	return out.Bytes()
}

func isControl(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }

// checkTexts walks a value to its texts.
func checkTexts(t *rapid.T, path string, v reflect.Value, limit int) {
	switch v.Kind() {
	case reflect.String:
		s := v.String()
		if !utf8.ValidString(s) || len(s) > limit ||
			strings.ContainsFunc(s, isControl) {
			t.Fatalf("%s: %d bytes, %.200q", path, len(s), s)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			checkTexts(t, path, v.Elem(), limit)
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			if !utf8.Valid(v.Bytes()) || v.Len() > limit {
				t.Fatalf("%s: %d bytes, %.200q", path, v.Len(), v.Bytes())
			}
			return
		}
		for i := range v.Len() {
			checkTexts(t, fmt.Sprintf("%s[%d]", path, i), v.Index(i), limit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && field.Type.PkgPath() != "time" {
				own := limit
				if v.Type() == reflect.TypeFor[Text]() {
					own = outputLimit
				}
				checkTexts(t, path+"."+field.Name, v.Field(i), own)
			}
		}
	}
}

// Whatever ComfyUI answers, in whichever field, the client passes on nothing but text that can be kept and shown.
func TestAnswersBecomeText(t *testing.T) {
	documents := map[string]string{
		"/history/prompt": `{"prompt": {"outputs": {%: {"images": [{"filename": %, "subfolder": %, "type": %}, {"filename": "a.png"}],
			%: {"filename": %}, "text": [%, %]}}, "status": {"status_str": %, "messages": [[%, {"nodes": [%]}],
			["execution_error", {"node_id": %, "node_type": %,
			"exception_type": %, "exception_message": %, "traceback": [%, %, %]}]]}}}`,
		"/queue": `{"queue_running": [[1, %, {}]], "queue_pending": [[2, %], [%, "x"]]}`,
		"/system_stats": `{"system": {"os": %, "comfyui_version": %, "python_version": %, "pytorch_version": %, "argv": [%, %]},
			"devices": [{"name": %, "type": %}]}`,
		"/object_info/Node": `{"Node": {"display_name": %, "input": {"required": {%: [%, {"default": %, "min": %, "max": %, "step": %}],
			"c": [[%, %]]}, "optional": {%: ["COMBO", {"options": [%]}]}}}}`,
		"/prompt": `{"error": {"type": %, "message": %, "details": %}, "node_errors": {%: {"class_type": %, "errors": [
			{"type": %, "message": %, "details": %, "extra_info": {"input_name": %}}, {"message": %}]}}}`,
		"/internal/logs/raw": `{"entries": [{"m": %}]}`,
	}
	graph := json.RawMessage(`{"1": {"class_type": "A", "inputs": {}}}`)
	rapid.Check(t, func(t *rapid.T) {
		status := rapid.SampledFrom([]int{200, 200, 400, 404, 409, 500, 502}).Draw(t, "status")
		answers := map[string][]byte{}
		for path, document := range documents {
			if answers[path] = template(t, document); rapid.IntRange(0, 5).Draw(t, "plain") == 0 {
				answers[path] = []byte(nasty(t) + strings.Repeat("é\xff", 10_000))
			}
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write(answers[r.URL.Path])
		}))
		defer server.Close()
		c := New(Options{BaseURL: server.URL})
		c.timings.submitCheck = 0
		told := func(call string, v any, err error) {
			checkTexts(t, call, reflect.ValueOf(v), textLimit)
			checkTexts(t, call+" error", reflect.ValueOf(err), textLimit)
			if err != nil {
				checkTexts(t, call+" error text", reflect.ValueOf(err.Error()), 3*textLimit)
			}
		}
		entry, err := c.History(t.Context(), "prompt")
		told("history", entry, err)
		if entry != nil {
			told("outcome", entry.Outcome(), nil)
		}
		queue, err := c.Queue(t.Context())
		told("queue", queue, err)
		stats, err := c.SystemStats(t.Context())
		told("stats", stats, err)
		lines, err := c.Logs(t.Context())
		told("logs", lines, err)
		told("submit", nil, c.Submit(t.Context(), Prompt{ID: "prompt", Graph: graph}))
		_, err = c.View(t.Context(), File{Filename: "a", Type: "output"}, "")
		told("view", nil, err)
	})
}

// The same for what comes by the websocket.
func TestFramesBecomeText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := New(Options{})
		r := c.Track("prompt")
		apply := func(e event, err error) {
			if err != nil {
				checkTexts(t, "error", reflect.ValueOf(err.Error()), textLimit)
			}
			if rapid.Bool().Draw(t, "ours") {
				e.prompt = "prompt"
			}
			c.dispatch(&socket{}, e)
		}
		for _, document := range []string{
			`{"type": %, "data": {%: %}}`, `{"type": "status", "data": {"status": {"exec_info": {"queue_remaining": %}}, "sid": %}}`,
			`{"type": "executing", "data": {"prompt_id": %, "node": %, "display_node": %}}`,
			`{"type": "progress", "data": {"node": %, "value": %, "max": 3}}`,
			`{"type": "execution_cached", "data": {"nodes": [%, %], "prompt_id": %}}`,
			`{"type": "progress_state", "data": {"prompt_id": %, "nodes": {%: {"state": "finished", "display_node_id": %}}}}`,
		} {
			apply(parseText(template(t, document)))
		}
		block := func(s string) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(s))), s...) }
		apply(parseBinary(append(append([]byte{0, 0, 0, 3}, block(nasty(t))...), nasty(t)...)))
		apply(parseBinary(append([]byte{0, 0, 0, 4}, block(string(template(t, `{"prompt_id": %, "node_id": %, "image_type": %}`)))...)))
		apply(parseBinary([]byte(nasty(t))))
		_, kind, _ := r.Preview()
		checkTexts(t, "preview", reflect.ValueOf(kind), textLimit)
		checkTexts(t, "progress", reflect.ValueOf(r.Progress()), textLimit)
	})
}
