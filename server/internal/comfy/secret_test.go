package comfy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
)

// partnerKey needs quoting in JSON, as none of theirs does.
const partnerKey = `comfyui-sesame"2e\3d`

// quoting is a ComfyUI that quotes what it was sent wherever it can.
type quoting struct {
	refuses bool

	mu     sync.Mutex
	posted string
	socket *websocket.Conn
}

func (q *quoting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := new(bytes.Buffer)
	_, _ = body.ReadFrom(r.Body)
	key, _ := json.Marshal(partnerKey)
	failure := fmt.Sprintf(`{"prompt_id": %q, "node_id": "3", "node_type": "Paid", "exception_type": "Exception", "exception_message": %s,
		"traceback": [%s], "current_inputs": {"api_key_comfy_org": [%s]}}`, promptID, key, key, key)
	q.mu.Lock()
	defer q.mu.Unlock()
	switch r.URL.Path {
	case "/ws":
		q.socket, _ = websocket.Accept(w, r, nil)
		q.say(`{"type": "status", "data": {"sid": "me", "status": {"exec_info": {"queue_remaining": 0}}}}`)
	case "/prompt":
		q.posted = body.String()
		if q.refuses {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"error": {"type": "no", "message": %s, "details": %s}, "node_errors": {"3": {"class_type": "Paid",
				"errors": [{"type": "no", "message": "no", "details": %s}]}}}`, key, key, key)
			return
		}
		_, _ = fmt.Fprintf(w, `{"prompt_id": %q}`, promptID)
		q.say(`{"type": "execution_error", "data": ` + failure + `}`)
	case "/history/" + promptID:
		_, _ = fmt.Fprintf(w, `{%q: {"prompt": [1, %q, {}, {"api_key_comfy_org": %s}, []], "outputs": {}, "status": {"status_str": "error",
			"completed": false, "messages": [["execution_error", %s]]}}}`, promptID, promptID, key, failure)
	case "/internal/logs/raw":
		_, _ = fmt.Fprintf(w, `{"entries": [{"t": "", "m": %s}]}`, key)
	default:
		http.Error(w, "what of "+partnerKey, http.StatusInternalServerError)
	}
}

// say sends a frame. q.mu is held.
func (q *quoting) say(frame string) {
	if q.socket != nil {
		_ = q.socket.Write(context.Background(), websocket.MessageText, []byte(frame))
	}
}

func TestThePartnerKeyIsNeverSaidAgain(t *testing.T) {
	var log bytes.Buffer
	q := &quoting{}
	server := httptest.NewServer(q)
	t.Cleanup(server.Close)
	c := comfy.New(comfy.Options{
		BaseURL:    server.URL,
		ClientID:   "me",
		PartnerKey: partnerKey,
		Log:        slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	ended := make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	go func() { defer close(ended); _ = c.Run(ctx) }()
	if err := c.WaitConnected(t.Context()); err != nil {
		t.Fatal(err)
	}
	run := c.Track(promptID)
	defer run.Close()
	if err := c.Submit(t.Context(), comfy.Prompt{ID: promptID, Graph: smallGraph, Paid: true}); err != nil {
		t.Fatal(err)
	}
	quoted, _ := json.Marshal(partnerKey)
	if !strings.Contains(q.posted, `"extra_data":{"api_key_comfy_org":`+string(quoted)+`}`) {
		t.Errorf("posted %s", q.posted)
	}
	outcome, err := run.Wait(t.Context(), nil)
	if err != nil || outcome.Kind != comfy.Failed {
		t.Fatalf("%+v, %v", outcome, err)
	}
	logs, _ := c.Logs(t.Context())
	_, page := c.PageFile(t.Context(), "/x", 10)
	_, view := c.View(t.Context(), comfy.File{Filename: "x"}, "")
	q.refuses = true
	refused := c.Submit(t.Context(), comfy.Prompt{ID: promptID, Graph: smallGraph, Paid: true})
	stop()
	<-ended
	said := fmt.Sprintf("%+v %+v %v %v %+v %s %s", outcome, *outcome.Error, logs, refused, page, view, log.String())
	if strings.Contains(said, "sesame") || !strings.Contains(said, "(secret)") || refused == nil || len(logs) == 0 {
		t.Errorf("said: %s", said)
	}
	q.refuses = false
	if err := c.Submit(t.Context(), comfy.Prompt{ID: promptID, Graph: smallGraph}); err != nil || strings.Contains(q.posted, "extra_data") {
		t.Errorf("for a graph that is not paid: %s, %v", q.posted, err)
	}
	if text := c.Clear("it wrote " + partnerKey); text != "it wrote (secret)" {
		t.Error(text)
	}
}
