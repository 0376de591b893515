package comfy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
)

// TestEveryRecordedExchange has the client send each recorded request, gives it the recorded answer, and holds what it
// makes of it against a golden file. What it does not send must be on the list of what it never does.
func TestEveryRecordedExchange(t *testing.T) {
	var b strings.Builder
	used := make(map[string]bool)
	for _, number := range recorded(t) {
		fmt.Fprintf(&b, "recording %s\n", number)
		for i, r := range load(t, number) {
			if r.Text != "" {
				fmt.Fprintf(&b, "# %s\n", r.Text)
			}
			if r.Dir != "http" {
				continue
			}
			why, call := r.unsent(), r.call()
			switch {
			case why != "":
				used[why] = true
			case call == nil:
				t.Errorf("recording %s, record %d: %s is neither replayed nor on the list of what the client never sends", number, i, r.line())
			default:
				fmt.Fprintf(&b, "%.160s\n  -> %s\n", r.line(), r.exchange(t, call))
			}
		}
	}
	for _, never := range unsent {
		if !used[never.why] {
			t.Errorf("nothing recorded is excused by %q", never.why)
		}
	}
	golden(t, "testdata/exchanges.golden", b.String())
}

// line is the request in one line: method, path, the recorder's own headers and body.
func (r record) line() string {
	s := r.Method + " " + r.Path
	for name, value := range r.Headers {
		if name != "Content-Type" {
			s += fmt.Sprintf(" (%s: %s)", name, value)
		}
	}
	var body bytes.Buffer
	if json.Compact(&body, r.Request) == nil && body.String() != "null" {
		s += " " + body.String()
	}
	return s
}

// call is a use of the client that sends one recorded request; it tells what the client makes of the answer.
type call func(t *testing.T, c *comfy.Client) string

// call returns the one for a record; nil when there is none.
func (r record) call() call {
	path, _, _ := strings.Cut(r.Path, "?")
	var body struct {
		PromptID     string `json:"prompt_id"`
		Delete       []string
		UnloadModels bool `json:"unload_models"`
		FreeMemory   bool `json:"free_memory"`
	}
	_ = json.Unmarshal(r.Request, &body)
	switch r.Method + " " + path {
	case "GET /system_stats":
		return told(func(t *testing.T, c *comfy.Client) (any, error) { return c.SystemStats(t.Context()) })
	case "GET /queue":
		return told(func(t *testing.T, c *comfy.Client) (any, error) { return c.Queue(t.Context()) })
	case "GET /internal/logs/raw":
		return told(func(t *testing.T, c *comfy.Client) (any, error) { return c.Logs(t.Context()) })
	case "GET /object_info":
		return told(func(t *testing.T, c *comfy.Client) (any, error) {
			answer, err := c.ObjectInfo(t.Context())
			return json.Valid(answer), err
		})
	case "GET /view":
		return r.view
	case "POST /prompt":
		return r.submit
	case "POST /queue", "POST /interrupt":
		id := body.PromptID
		if path == "/queue" {
			id = strings.Join(body.Delete, "")
		}
		return told(func(t *testing.T, c *comfy.Client) (any, error) { return "cancelled", c.Cancel(t.Context(), id) })
	case "POST /free":
		return told(func(t *testing.T, c *comfy.Client) (any, error) {
			return "freed", c.Free(t.Context(), body.UnloadModels, body.FreeMemory)
		})
	}
	if id, ok := strings.CutPrefix(path, "/history/"); ok {
		return told(func(t *testing.T, c *comfy.Client) (any, error) {
			e, err := c.History(t.Context(), id)
			if e == nil {
				return "not there", err
			}
			o := e.Outcome()
			return fmt.Sprintf("%s, %d files, error %v, cached %v", o.Kind, len(o.Files), o.Error, o.CachedNodes), err
		})
	}
	return nil
}

func told(ask func(t *testing.T, c *comfy.Client) (any, error)) call {
	return func(t *testing.T, c *comfy.Client) string {
		got, err := ask(t, c)
		if err != nil {
			if errors.Is(err, comfy.ErrUnreachable) {
				return "unreachable"
			}
			return err.Error()
		}
		return fmt.Sprintf("%+v", got)
	}
}

// submit posts the record's graph under the id that it was accepted with.
func (r record) submit(t *testing.T, c *comfy.Client) string {
	p, _ := r.post()
	if len(p.Prompt) == 0 { // not recorded, for its size
		p.Prompt = smallGraph
	}
	id := r.promptID()
	if id == "" {
		id = promptID
	}
	err := c.Submit(t.Context(), comfy.Prompt{ID: id, Graph: p.Prompt})
	refused := new(comfy.RejectedError)
	switch {
	case err == nil:
		return "accepted"
	case !errors.As(err, &refused):
		t.Errorf("%s: %v", r.line(), err)
	case refused.Status == 0:
		return "refused by the client itself: " + err.Error()
	case refused.Status != r.Status || refused.Type == "":
		t.Errorf("%s: %#v", r.line(), refused)
	}
	return "refused: " + err.Error()
}

func (r record) view(t *testing.T, c *comfy.Client) string {
	u, err := url.Parse(r.Path)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	res, err := c.View(t.Context(), comfy.File{Filename: q.Get("filename"), Subfolder: q.Get("subfolder"), Type: q.Get("type")}, "")
	if status := new(comfy.StatusError); errors.As(err, &status) && status.Status == r.Status {
		return err.Error()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s, %d bytes, begins %.8x", res.Header.Get("Content-Type"), len(data), data)
}

// exchange lets the client send the record's request to somebody who gives the recorded answer to it, and to all else
// that of a ComfyUI with nothing to do. It fails when the request is not sent although it is one of the client's own.
func (r record) exchange(t *testing.T, ask call) (said string) {
	t.Helper()
	var sent, others atomic.Int32
	synctest.Test(t, func(t *testing.T) {
		c, n := start(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			body, _ := io.ReadAll(q.Body)
			switch {
			case r.asks(q, body):
				sent.Add(1)
				r.answer(w)
			case q.Method == http.MethodPost: // the other half of a cancellation
				others.Add(1)
			case q.URL.Path == "/queue":
				_, _ = io.WriteString(w, nowhere)
			default:
				_, _ = io.WriteString(w, "{}")
			}
		}), "me", false)
		if r.Failure != "" {
			n.cut(true)
		}
		said = ask(t, c)
	})
	itself := strings.HasPrefix(said, "refused by the client itself")
	if want := r.Failure == "" && !itself; want != (sent.Load() > 0) || itself && others.Load() > 0 {
		t.Errorf("%s was sent %d times, %q", r.line(), sent.Load(), said)
	}
	return said
}

// asks reports whether a request is the recorded one: what the client adds, and what ComfyUI assumes, counts for nothing.
func (r record) asks(q *http.Request, body []byte) bool {
	u, err := url.Parse(r.Path)
	if err != nil || q.Method != r.Method || q.URL.Path != u.Path {
		return false
	}
	if u.Path == "/view" {
		want := u.Query()
		for _, key := range []string{"filename", "subfolder", "type"} {
			if q.URL.Query().Get(key) != want.Get(key) {
				return false
			}
		}
	}
	var got, want map[string]json.RawMessage
	if r.Method == http.MethodGet || json.Unmarshal(r.Request, &want) != nil {
		return true
	}
	if json.Unmarshal(body, &got) != nil {
		return false
	}
	for _, key := range []string{"prompt", "delete", "unload_models", "free_memory"} {
		if want[key] != nil && !sameJSON(got[key], want[key]) {
			return false
		}
	}
	return r.Path != "/interrupt" || sameJSON(got["prompt_id"], want["prompt_id"])
}

// answer gives the recorded answer. Recordings keep only the head of a file; the rest is zeros.
func (r record) answer(w http.ResponseWriter) {
	var file struct {
		ContentType string `json:"content_type"`
		Length      int
		Head        string `json:"first_bytes_hex"`
		Headers     map[string]string
		Last        json.RawMessage // of a log of which only the end was recorded
	}
	_ = json.Unmarshal(r.Response, &file)
	for name, value := range file.Headers {
		w.Header().Set(name, value)
	}
	body := r.body()
	switch {
	case file.ContentType != "":
		w.Header().Set("Content-Type", file.ContentType)
		body = make([]byte, file.Length)
		_, _ = fmt.Sscanf(file.Head, "%x", &body)
		body = append(body, make([]byte, file.Length-len(body))...)
	case file.Last != nil:
		body = fmt.Appendf(nil, `{"entries": %s, "size": {}}`, file.Last)
	}
	w.WriteHeader(r.Status)
	_, _ = w.Write(body)
}
