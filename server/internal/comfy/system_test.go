package comfy_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
)

func TestSystemStats(t *testing.T) {
	var body string
	for _, r := range load(t, "01") {
		if r.Path == "/system_stats" && r.Method == "GET" {
			body = string(r.body())
		}
	}
	s := absent(t, promptID).on("GET /system_stats", answer{200, body}, answer{200, "<html>a router's page</html>"},
		answer{404, "404: Not Found"})
	with(t, s, func(t *testing.T, c *comfy.Client) {
		got, err := c.SystemStats(t.Context())
		if err != nil || got.Version != "0.3.64" || got.OS != "posix" || got.Argv[0] != "main.py" || len(got.Argv) != 9 ||
			len(got.Devices) != 1 || got.Devices[0].Type != "cpu" || got.Devices[0].VRAMTotal != 25276514304 || got.RAMTotal != 25276514304 {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := c.SystemStats(t.Context()); err == nil {
			t.Error("took a web page for ComfyUI")
		}
		var status *comfy.StatusError
		if _, err := c.SystemStats(t.Context()); !errors.As(err, &status) || status.Status != 404 {
			t.Errorf("error %v", err)
		}
	})
}

func TestLogs(t *testing.T) {
	s := absent(t, promptID).on("GET /internal/logs/raw", answer{200, `{"entries": [
		{"t": "x", "m": "Starting server\n\nTo see the GUI go to: http://127.0.0.1:8188\n"}, {"t": "x", "m": "\r  0%| | 0/4"},
		{"t": "x", "m": "\r100%|#| 4/4\n"}, {"t": "x", "m": "Prompt executed in "},
		{"t": "x", "m": "1.00 seconds\r\n"}, {"t": "x", "m": "last"}], "size": {}}`})
	with(t, s, func(t *testing.T, c *comfy.Client) {
		got, err := c.Logs(t.Context())
		want := []string{
			"Starting server", "", "To see the GUI go to: http://127.0.0.1:8188", "100%|#| 4/4", "Prompt executed in 1.00 seconds",
			"last",
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// TestOverTheNetwork uses a real listener, with the client's own transport.
func TestOverTheNetwork(t *testing.T) {
	g := newGreeter(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch q := r.URL.Query(); {
		case r.URL.Path != "/view":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case q.Get("filename") != "ä b.png" || q.Get("subfolder") != `x\y` || q.Get("type") != "output":
			http.Error(w, "404: Not Found", http.StatusNotFound)
		default:
			w.Header().Set("Content-Type", "image/png")
			_, _ = io.WriteString(w, "picture")
		}
	}))
	server := httptest.NewServer(g)
	defer server.Close()
	c := comfy.New(comfy.Options{BaseURL: server.URL})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = c.Run(ctx) }()
	defer func() { cancel(); <-done }()
	if err := c.WaitConnected(ctx); err != nil {
		t.Fatal(err)
	}
	if conn := <-g.conns; conn.id == "" || conn.id != c.ClientID() {
		t.Errorf("connected as %q", conn.id)
	}

	res, err := c.View(ctx, comfy.File{Filename: "ä b.png", Subfolder: `x\y`, Type: "output"}, "")
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(res.Body)
	if err != nil || string(data) != "picture" || res.Header.Get("Content-Type") != "image/png" {
		t.Errorf("%q %v %v", data, res.Header, err)
	}
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
	var status *comfy.StatusError
	if _, err := c.View(ctx, comfy.File{Filename: "gone.png", Type: "output"}, ""); !errors.As(err, &status) || status.Status != 404 {
		t.Errorf("a file that is gone: %v", err)
	}
	// A redirected POST would become a GET: it is refused instead, and nothing was queued.
	err = c.Submit(ctx, comfy.Prompt{ID: promptID, Graph: smallGraph})
	if !errors.Is(err, comfy.ErrUnreachable) || !strings.Contains(err.Error(), "302") {
		t.Errorf("redirect: %v", err)
	}
}
