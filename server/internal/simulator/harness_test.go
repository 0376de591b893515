package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/spf13/pflag"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// comfy is a simulated ComfyUI under test.
type comfy struct {
	t    *testing.T
	base string // its base directory
	host string // address and port
	log  *record
	stop func() error // ends it and returns Run's error
}

// start runs a simulator in this process, fast and on a free port.
func start(t *testing.T, flags ...string) *comfy {
	t.Helper()
	c := &comfy{t: t, base: t.TempDir(), log: newRecord()}
	var options simulator.Options
	set := pflag.NewFlagSet("simulate", pflag.ContinueOnError)
	options.Bind(set)
	if err := set.Parse(slices.Concat(fast, []string{"--base-directory", c.base}, flags)); err != nil {
		t.Fatal(err)
	}
	options.Log = c.log
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- simulator.Run(ctx, options) }()
	c.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := c.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	c.host = c.log.await(t, `GUI go to: http://(\S+)`)
	return c
}

var fast = []string{
	"--port", "0", "--start-time", "0s", "--load-time", "0s", "--encode-time", "0s", "--step-time", "1ms", "--decode-time", "0s",
}

// do makes a request and decodes a JSON answer; a text answer comes as a string.
func (c *comfy) do(method, path, body string) (int, any) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://"+c.host+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		return response.StatusCode, decode(c.t, content)
	}
	return response.StatusCode, string(content)
}

func (c *comfy) get(path string) any {
	c.t.Helper()
	code, answer := c.do("GET", path, "")
	if code != http.StatusOK {
		c.t.Fatalf("GET %s: %d %v", path, code, answer)
	}
	return answer
}

func (c *comfy) post(path string, body any) any {
	c.t.Helper()
	code, answer := c.do("POST", path, encode(body))
	if code != http.StatusOK {
		c.t.Fatalf("POST %s: %d %v", path, code, answer)
	}
	return answer
}

// submit posts a graph and returns the prompt's id.
func (c *comfy) submit(g graph, more ...object) string {
	c.t.Helper()
	body := object{"prompt": g, "client_id": "me"}
	for _, m := range more {
		maps.Copy(body, m)
	}
	return at(c.post("/prompt", body), "prompt_id").(string)
}

// finished waits for a prompt's history entry.
func (c *comfy) finished(id string) any {
	c.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if entry := at(c.get("/history/"+id), id); entry != nil {
			return entry
		}
	}
	c.t.Fatalf("%s never appeared in the history\n%s", id, c.log)
	return nil
}

// run submits a graph and waits for its end.
func (c *comfy) run(g graph, more ...object) any {
	c.t.Helper()
	return c.finished(c.submit(g, more...))
}

// picture returns the content of the i-th file of an output node.
func (c *comfy) picture(entry any, node string, i int) []byte {
	c.t.Helper()
	file := at(entry, "outputs", node, "images", i)
	content, err := os.ReadFile(filepath.Join(c.base, "output", at(file, "subfolder").(string), at(file, "filename").(string)))
	if err != nil {
		c.t.Fatal(err)
	}
	return content
}

// socket is a websocket client. Its frames arrive as they come: JSON values, or []byte.
type socket struct {
	t      *testing.T
	conn   *websocket.Conn
	frames chan any
}

func (c *comfy) dial(clientID string, announce bool) *socket {
	c.t.Helper()
	conn, _, err := websocket.Dial(c.t.Context(), "ws://"+c.host+"/ws?clientId="+clientID, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	conn.SetReadLimit(-1)
	s := &socket{c.t, conn, make(chan any, 10000)}
	if announce {
		message := []byte(`{"type": "feature_flags", "data": {"supports_preview_metadata": true}}`)
		if err := conn.Write(c.t.Context(), websocket.MessageText, message); err != nil {
			c.t.Fatal(err)
		}
	}
	go s.read()
	c.t.Cleanup(func() { conn.CloseNow() })
	s.until(func(f any) bool { return at(f, "data", "sid") == clientID })
	if announce {
		s.until(ofType("feature_flags"))
	}
	return s
}

func (s *socket) read() {
	defer close(s.frames)
	for {
		kind, body, err := s.conn.Read(context.Background())
		if err != nil {
			return
		}
		var frame any = body
		if kind == websocket.MessageText {
			decoder := json.NewDecoder(bytes.NewReader(body))
			decoder.UseNumber()
			if decoder.Decode(&frame) != nil {
				frame = string(body)
			}
		}
		s.frames <- frame
	}
}

// until returns the frames up to the first one that is wanted.
func (s *socket) until(wanted func(frame any) bool) []any {
	s.t.Helper()
	var seen []any
	timeout := time.After(patience)
	for {
		select {
		case frame, open := <-s.frames:
			if !open {
				s.t.Fatalf("socket closed; frames: %s", brief(seen))
			}
			seen = append(seen, frame)
			if wanted(frame) {
				return seen
			}
		case <-timeout:
			s.t.Fatalf("no such frame; frames: %s", brief(seen))
		}
	}
}

// rest returns the frames that the server sent before it answered a ping.
func (s *socket) rest() []any {
	s.t.Helper()
	if err := s.conn.Ping(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	var seen []any
	for {
		select {
		case frame := <-s.frames:
			seen = append(seen, frame)
		default:
			return seen
		}
	}
}

// brief renders frames without the content of the binary ones.
func brief(frames []any) string {
	frames = slices.Clone(frames)
	for i, frame := range frames {
		if body, binary := frame.([]byte); binary {
			frames[i] = fmt.Sprintf("%d bytes %x...", len(body), body[:min(8, len(body))])
		}
	}
	return encode(frames)
}

func ofType(kind string) func(any) bool {
	return func(frame any) bool { return at(frame, "type") == kind }
}

// end is the last frame of a run.
func end(frame any) bool {
	return at(frame, "type") == "executing" && at(frame, "data", "prompt_id") != nil && at(frame, "data", "node") == nil
}

// idle is the status frame of an empty queue.
func idle(frame any) bool {
	return at(frame, "data", "status", "exec_info", "queue_remaining") == json.Number("0")
}

// record collects a log and lets tests wait for a line.
type record struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func newRecord() *record { return &record{changed: make(chan struct{}, 1)} }

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case r.changed <- struct{}{}:
	default:
	}
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// await waits for the pattern and returns its first group, or all of the match.
func (r *record) await(t *testing.T, pattern string) string {
	t.Helper()
	timeout := time.After(patience)
	for {
		if match := regexp.MustCompile(pattern).FindStringSubmatch(r.String()); match != nil {
			return match[len(match)-1]
		}
		select {
		case <-r.changed:
		case <-timeout:
			t.Fatalf("no %q in the log:\n%s", pattern, r)
		}
	}
}

type (
	object = map[string]any
	graph  = map[string]any
)

func node(class string, inputs object) object {
	return object{"class_type": class, "inputs": inputs}
}

// klein is the shipped FLUX.2 klein workflow with a prompt, a seed and a small size.
func klein(t *testing.T, prompt, seed string) graph {
	t.Helper()
	g := shipped(t, "flux_klein_api.json")
	set(g, "6", "text", prompt)
	set(g, "25", "noise_seed", json.Number(seed))
	for _, id := range []string{"47", "48"} {
		set(g, id, "width", 96)
		set(g, id, "height", 64)
	}
	return g
}

// endless is a graph that runs long enough to be interrupted.
func endless(t *testing.T) graph {
	g := klein(t, "long", "5")
	set(g, "48", "steps", 4096)
	return g
}

func shipped(t *testing.T, name string) graph {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "..", "workflows", name))
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, content).(graph)
}

func set(g graph, id, input string, value any) { at(g, id, "inputs").(object)[input] = value }

// simple is the smallest graph: a picture of one colour, saved.
func simple(colour int, prefix string) graph {
	return graph{
		"1": node("EmptyImage", object{"width": 64, "height": 64, "batch_size": 1, "color": colour}),
		"9": node("SaveImage", object{"images": []any{"1", 0}, "filename_prefix": prefix}),
	}
}

// at walks into decoded JSON; it returns nil where the path ends.
func at(value any, path ...any) any {
	for _, step := range path {
		switch v := value.(type) {
		case object:
			key, _ := step.(string)
			value = v[key]
		case []any:
			i, ok := step.(int)
			if ok && i < 0 {
				i += len(v)
			}
			if !ok || i < 0 || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

func decode(t *testing.T, content []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%v in %s", err, content)
	}
	return value
}

func encode(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

func fixture(t *testing.T, name string) any {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, content)
}
