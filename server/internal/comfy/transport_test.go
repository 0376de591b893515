package comfy_test

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
)

// TestRecordedTransport speaks to the client byte by byte as a real ComfyUI did: its answer to the handshake, its first
// frame, its pongs. The client keeps such a connection; it offers no compression, so that the recorded answer to an offer
// cannot come.
func TestRecordedTransport(t *testing.T) {
	records := load(t, "17")
	find := func(has func(record) bool) record {
		t.Helper()
		i := slices.IndexFunc(records, has)
		if i < 0 {
			t.Fatal("not in the recording")
		}
		return records[i]
	}
	noted := func(prefix string) string {
		t.Helper()
		text, _ := strings.CutPrefix(find(func(r record) bool { return strings.HasPrefix(r.Text, prefix) }).Text, prefix)
		return text
	}
	shake := find(func(r record) bool { return r.Event == "handshake without extensions" })
	opening, err := hex.DecodeString(noted("first bytes of the first frame: "))
	if err != nil {
		t.Fatal(err)
	}
	payload := noted("payload: ")
	pong, err := hex.DecodeString(strings.Fields(noted("masked ping 'ping' answered by "))[0][:4])
	if err != nil || int(opening[1]) != len(payload) {
		t.Fatalf("recorded: %x, %d bytes, %v", opening, len(payload), err)
	}
	synctest.Test(t, func(t *testing.T) {
		spoken := make(chan string, 64)
		hc := &http.Client{
			Transport: &http.Transport{
				DialContext: func(context.Context, string, string) (net.Conn, error) {
					near, far := net.Pipe()
					go func() {
						defer close(spoken)
						defer far.Close()
						in := bufio.NewReader(far)
						request, err := http.ReadRequest(in)
						if err != nil {
							return
						}
						spoken <- "extensions " + request.Header.Get("Sec-WebSocket-Extensions")
						accept := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
						fmt.Fprintf(far, "%s\r\n%s\r\nSec-WebSocket-Accept: %s\r\n\r\n", shake.StatusLine,
							strings.Join(shake.HeaderLines, "\r\n"), base64.StdEncoding.EncodeToString(accept[:]))
						go func() { _, _ = far.Write(append(slices.Clone(opening), payload...)) }()
						for {
							head := make([]byte, 6) // two bytes and the mask: all that the client says is short
							if _, err := io.ReadFull(in, head); err != nil {
								return
							}
							body := make([]byte, head[1]&0x7f)
							if _, err := io.ReadFull(in, body); err != nil {
								return
							}
							for i := range body {
								body[i] ^= head[2+i%4]
							}
							spoken <- fmt.Sprintf("%x %s", head[0], body)
							if head[0] == 0x89 {
								_, _ = far.Write(append([]byte{pong[0], byte(len(body))}, body...))
							}
						}
					}()
					return near, nil
				},
			},
		}
		c := comfy.New(comfy.Options{BaseURL: "http://comfy.test", ClientID: "c1", HTTPClient: hc})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = c.Run(ctx) }()
		time.Sleep(5 * time.Minute)
		if !c.Connected() {
			t.Error("the connection was given up")
		}
		cancel()
		<-done
		pings := 0
		said := []string{<-spoken, <-spoken}
		for s := range spoken {
			if strings.HasPrefix(s, "89 ") {
				pings++
			}
		}
		if want := []string{"extensions ", `81 {"type":"feature_flags","data":{"supports_preview_metadata":true}}`}; !slices.Equal(said, want) ||
			pings < 10 {
			t.Errorf("said %q, %d pings", said, pings)
		}
	})
}

// TestRecordedHistoryTiming: of 300 recorded runs the history was empty for 43 when their success was told, and for none at
// the end frame, which came up to 55 ms later. The client knows the outcome as soon as it can be known.
func TestRecordedHistoryTiming(t *testing.T) {
	records := load(t, "14")
	i := slices.IndexFunc(records, func(r record) bool { return r.Measurement != nil })
	var m struct {
		Runs       int
		TooEarly   int `json:"success_first_get_empty"`
		NullEarly  int `json:"null_first_get_empty"`
		FrameFirst int `json:"frame_before_answer"`
		Gap        int `json:"max_ms_success_to_null"`
	}
	if err := json.Unmarshal(records[i].Measurement, &m); err != nil || m.TooEarly == 0 || m.NullEarly != 0 || m.FrameFirst != 0 {
		t.Fatalf("recorded: %+v, %v", m, err)
	}
	for late := range m.Gap + 1 {
		synctest.Test(t, func(t *testing.T) {
			s := absent(t, promptID).on("GET /queue", answer{200, isRunning})
			g := newGreeter(s)
			c, _ := start(t, g, "me", true)
			conn := <-g.conns
			run := c.Track(promptID)
			defer run.Close()
			var ended time.Time
			go func() {
				time.Sleep(10 * time.Millisecond)
				say(conn.Conn, `{"type": "execution_success", "data": {"prompt_id": "`+promptID+`", "timestamp": 1}}`)
				time.Sleep(time.Duration(late) * time.Millisecond)
				ended = time.Now()
				s.mu.Lock()
				s.on("GET /history/"+promptID, answer{200, finished(promptID)})
				s.mu.Unlock()
				say(conn.Conn, `{"type": "executing", "data": {"node": null, "prompt_id": "`+promptID+`"}}`)
			}()
			o, err := run.Wait(t.Context(), nil)
			if err != nil || o.Kind != comfy.Succeeded || !time.Now().Equal(ended) {
				t.Errorf("%d ms after the success: %+v, %v, %v after the end", late, o, err, time.Since(ended))
			}
		})
	}
}
