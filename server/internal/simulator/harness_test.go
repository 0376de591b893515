package simulator_test

import (
	"bytes"
	"context"
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

	"github.com/spf13/pflag"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator"
)

// patience bounds the wait for anything that must happen.
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
	"--sample-inputs=false",
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
