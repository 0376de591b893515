package comfy_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// record is one line of a recording: an exchange with a real ComfyUI 0.3.64, or a frame it sent.
type record struct {
	At       float64         `json:"t_ms"`
	Dir      string          `json:"dir"`
	Text     string          `json:"text"` // of notes
	Conn     string          `json:"conn"`
	Event    string          `json:"event"`
	Code     int             `json:"code"` // of a closed websocket
	Frame    json.RawMessage `json:"frame"`
	Method   string          `json:"method"`
	Path     string          `json:"path"`
	Request  json.RawMessage `json:"request"`
	Status   int             `json:"status"`
	Response json.RawMessage `json:"response"`
	// Headers are those that the recorder added. Failure is why there is no answer: nothing listened.
	Headers     map[string]string `json:"request_headers"`
	Failure     string            `json:"error"`
	StatusLine  string            `json:"status_line"` // of a websocket's handshake
	HeaderLines []string          `json:"headers"`
	Measurement json.RawMessage   `json:"result"`
}

// died tells of the moment in which the recorded ComfyUI was gone: its websockets broke, or another process has opened
// the port.
func (r record) died() bool {
	return r.Event == "closed" && r.Code == 1006 || r.Event == portOpen
}

const portOpen = "port open"

// recordings holds those read so far, which nothing changes.
var recordings = make(map[string][]record)

func load(t testing.TB, number string) []record {
	t.Helper()
	if list := recordings[number]; list != nil {
		return list
	}
	names, err := filepath.Glob("testdata/recordings/" + number + "_*.jsonl")
	if err != nil || len(names) != 1 {
		t.Fatalf("recording %s: %v %v", number, names, err)
	}
	f, err := os.Open(names[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []record
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("%s: %v", names[0], err)
		}
		list = append(list, r)
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	// A recording is ordered by when things were noted; replaying needs when they began.
	slices.SortStableFunc(list, func(a, b record) int { return int(a.At*10) - int(b.At*10) })
	recordings[number] = list
	return list
}

// body is the answer as it went over the wire.
func (r record) body() []byte {
	var plain string
	if json.Unmarshal(r.Response, &plain) == nil {
		return []byte(plain)
	}
	return r.Response
}

// post holds the body of a POST /prompt.
type post struct {
	Prompt   json.RawMessage `json:"prompt"`
	ClientID string          `json:"client_id"`
	Extra    map[string]any  `json:"extra_data"`
}

func (r record) post() (p post, ok bool) {
	return p, r.Method == "POST" && r.Path == "/prompt" && json.Unmarshal(r.Request, &p) == nil
}

func (p post) client() string {
	if id, ok := p.Extra["client_id"].(string); ok {
		return id
	}
	return p.ClientID
}

// promptID of an accepted post.
func (r record) promptID() string {
	var v struct {
		ID string `json:"prompt_id"`
	}
	_ = json.Unmarshal(r.Response, &v)
	return v.ID
}

// clientID of a websocket's opening.
func (r record) clientID() string {
	u, _ := url.Parse(r.Path)
	return u.Query().Get("clientId")
}

// wire returns a recorded frame as it was sent. Recordings keep only the head of binary frames; the rest is zeros.
func (r record) wire(t testing.TB) (data []byte, binary bool) {
	var b struct {
		Length   int             `json:"binary_length"`
		Head     string          `json:"first_64_hex"`
		Kind     int             `json:"event_type"`
		Metadata json.RawMessage `json:"metadata"`
	}
	if err := json.Unmarshal(r.Frame, &b); err != nil {
		t.Fatal(err)
	}
	if b.Length == 0 {
		return r.Frame, false
	}
	head, err := hex.DecodeString(b.Head)
	if err != nil {
		t.Fatal(err)
	}
	data = make([]byte, b.Length)
	copy(data, head)
	if b.Kind == 4 {
		copy(data[8:], b.Metadata)
	}
	return data, true
}

// text is a recorded text frame.
type textFrame struct {
	Type string `json:"type"`
	Data struct {
		PromptID  string          `json:"prompt_id"`
		Node      *string         `json:"node"`
		Output    json.RawMessage `json:"output"`
		Timestamp int64           `json:"timestamp"`
	} `json:"data"`
}

func (r record) text() (f textFrame) {
	_ = json.Unmarshal(r.Frame, &f)
	return f
}

func (r record) String() string {
	return fmt.Sprintf("%s %s %s %s %.120s", r.Dir, r.Conn, r.Method, r.Path, r.Frame)
}

// life holds the moments at which a recorded prompt was queued, started and finished, as indexes into the recording.
type life struct {
	id                   string
	graph                json.RawMessage
	client               string
	posted, began, ended int
	gone                 bool // removed from the queue, or lost with the process
	entry                json.RawMessage
}

// lives finds every accepted prompt of a recording.
func lives(t testing.TB, records []record) []*life {
	var list []*life
	byID := make(map[string]*life)
	for i, r := range records {
		if p, ok := r.post(); ok && r.Status == 200 {
			l := &life{id: r.promptID(), graph: p.Prompt, client: p.client(), posted: i, began: -1, ended: -1}
			list, byID[l.id] = append(list, l), l
		}
		if l := byID[r.text().Data.PromptID]; l != nil {
			if l.began < 0 {
				l.began = i
			}
			if l.ended < 0 && r.text().Type == "executing" && r.text().Data.Node == nil {
				l.ended = i
			}
		}
		id, isHistory := strings.CutPrefix(r.Path, "/history/")
		if l := byID[id]; l != nil && isHistory {
			var h map[string]json.RawMessage
			if json.Unmarshal(r.Response, &h) == nil && h[id] != nil {
				l.entry = h[id]
				if l.ended < 0 {
					l.ended = i
				}
			}
		}
		var q struct {
			Delete []string
			Clear  bool
		}
		if r.Path == "/queue" && json.Unmarshal(r.Request, &q) == nil {
			for _, l := range list {
				if l.began < 0 && l.ended < 0 && (q.Clear || slices.Contains(q.Delete, l.id)) {
					l.ended, l.gone = i, true
				}
			}
		}
		for _, l := range list {
			if l.ended < 0 && r.died() {
				l.ended, l.gone = i, true
			}
		}
	}
	for _, l := range list {
		if l.entry == nil && !l.gone && l.ended >= 0 {
			l.entry = entryFromFrames(t, records, l.id)
		}
	}
	return list
}

// entryFromFrames makes the history entry of a run whose own was not recorded.
func entryFromFrames(t testing.TB, records []record, id string) json.RawMessage {
	outputs := make(map[string]json.RawMessage)
	status := map[string]any{"status_str": "error", "completed": false}
	var messages [][]any
	for _, r := range records {
		f := r.text()
		if f.Data.PromptID != id {
			continue
		}
		switch f.Type {
		case "executed":
			outputs[*f.Data.Node] = f.Data.Output
		case "execution_success":
			status["status_str"], status["completed"] = "success", true
			fallthrough
		case "execution_start", "execution_cached", "execution_error", "execution_interrupted":
			var whole struct{ Data json.RawMessage }
			if err := json.Unmarshal(r.Frame, &whole); err != nil {
				t.Fatal(err)
			}
			messages = append(messages, []any{f.Type, whole.Data})
		}
	}
	status["messages"] = messages
	entry, err := json.Marshal(map[string]any{"outputs": outputs, "status": status})
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

// gap is the recorded time from one record to the next.
func gap(from, to record) time.Duration {
	return max(0, time.Duration((to.At-from.At)*float64(time.Millisecond)))
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
