package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

const generations = 60

// measureGeneration compares a generation in its slot, as a watcher sees it, with the same graph posted straight to ComfyUI,
// as a client of ComfyUI sees it. ComfyUI's own time is taken off both: it varies by more than is added.
func measureGeneration(ctx context.Context, r *run) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	token, err := signIn(ctx, r.service.url)
	if err != nil {
		return err
	}
	client := scheduler(r.service.url, token)
	watch, err := client.WatchState(ctx, &pb.WatchStateRequest{Client: "bench"})
	if err != nil {
		return err
	}
	straight, err := newStraight(ctx, r.service.comfyUI)
	if err != nil {
		return err
	}
	defer straight.close()
	defer quiet()()
	var direct, booked durations
	for n := range generations {
		took, err := straight.generate(ctx, n)
		if err != nil {
			return err
		}
		own, err := straight.own(ctx)
		if err != nil {
			return err
		}
		direct = append(direct, took-own)
		response, err := client.BookJob(ctx, &pb.BookJobRequest{
			Start:  &pb.BookJobRequest_EarliestStartMs{EarliestStartMs: time.Now().Add(200 * time.Millisecond).UnixMilli()},
			Inputs: smallInputs(fmt.Sprint("booked ", n)),
		})
		if err != nil {
			return err
		}
		for ended := false; !ended; {
			if !watch.Receive() {
				return watch.Err()
			}
			for _, delta := range watch.Msg().Deltas {
				for _, j := range delta.Jobs {
					ended = ended || (j.Id == response.Job.Id && j.FinishedAtMs > 0)
				}
			}
		}
		took = time.Since(time.UnixMilli(response.Job.TimeSlot.GetStartMs()))
		if own, err = straight.own(ctx); err != nil {
			return err
		}
		booked = append(booked, took-own)
	}
	r.table.compare(fmt.Sprintf("a generation in its slot, and posted straight to ComfyUI, %d each, beyond ComfyUI's own time, p50",
		generations), milliseconds, booked.quantile(.5), direct.quantile(.5), reported)
	// The straight ones spread too: what is added at the far end is told from their far end.
	r.table.compare("... p99", milliseconds, booked.quantile(.99), direct.quantile(.99), reported)
	r.table.note("... added at p99", milliseconds, booked.quantile(.99)-direct.quantile(.99), atMost(10))
	return nil
}

// straight is a client of ComfyUI's own.
type straight struct {
	address string
	id      string
	socket  *websocket.Conn
	graph   map[string]map[string]any
	seen    string // the generation whose own time was asked for last
}

func newStraight(ctx context.Context, address string) (*straight, error) {
	s := &straight{address: address, id: uuid.NewString()}
	template, err := servicetest.Template()
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(template)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &s.graph); err != nil {
		return nil, err
	}
	s.socket, _, err = websocket.Dial(ctx, "ws://"+address+"/ws?clientId="+s.id, nil)
	if err != nil {
		return nil, err
	}
	s.socket.SetReadLimit(16 << 20)
	s.seen, _, _, err = s.latest(ctx) // the benchmark of the service's start
	return s, err
}

func (s *straight) close() { _ = s.socket.CloseNow() }

func (s *straight) set(node, field string, value any) {
	s.graph[node]["inputs"].(map[string]any)[field] = value
}

// own is the time that ComfyUI itself gives for the generation that has just ended. It tells of the end before its history
// does.
func (s *straight) own(ctx context.Context) (time.Duration, error) {
	for {
		id, _, took, err := s.latest(ctx)
		if err != nil {
			return 0, err
		}
		if id != s.seen {
			s.seen = id
			return took, nil
		}
		time.Sleep(time.Millisecond)
	}
}

// latest is the latest generation of ComfyUI's history, with the moment at which it began, in milliseconds since the Unix epoch, and
// the time from its first node to its last.
func (s *straight) latest(ctx context.Context) (id string, began int64, took time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+"/history?max_items=1", nil)
	if err != nil {
		return "", 0, 0, err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", 0, 0, err
	}
	defer func() { _ = response.Body.Close() }()
	var history map[string]struct {
		Status struct {
			Messages [][2]json.RawMessage `json:"messages"`
		} `json:"status"`
	}
	if err := json.NewDecoder(response.Body).Decode(&history); err != nil {
		return "", 0, 0, err
	}
	for id, entry := range history {
		at := map[string]int64{}
		for _, message := range entry.Status.Messages {
			var name string
			var data struct {
				Timestamp int64 `json:"timestamp"`
			}
			if err := errors.Join(json.Unmarshal(message[0], &name), json.Unmarshal(message[1], &data)); err != nil {
				return "", 0, 0, err
			}
			at[name] = data.Timestamp
		}
		began, ended := at["execution_start"], at["execution_success"]
		if began == 0 || ended == 0 {
			return "", 0, 0, fmt.Errorf("generation %s did not succeed", id)
		}
		return id, began, time.Duration(ended-began) * time.Millisecond, nil
	}
	return "", 0, 0, errors.New("ComfyUI's history is empty")
}

// generate posts a fresh graph and returns when ComfyUI says that it has ended.
func (s *straight) generate(ctx context.Context, n int) (time.Duration, error) {
	id, body, err := s.prepare(n)
	if err != nil {
		return 0, err
	}
	return s.post(ctx, id, body)
}

// prepare makes the request that posts a fresh graph.
func (s *straight) prepare(n int) (id string, body []byte, err error) {
	s.set("6", "text", fmt.Sprint("straight ", n))
	s.set("25", "noise_seed", 1_000_000+n)
	for name, value := range small {
		if name != "steps" {
			s.set("47", name, value)
		}
		s.set("48", name, value)
	}
	id = uuid.NewString()
	body, err = json.Marshal(map[string]any{"prompt": s.graph, "prompt_id": id, "client_id": s.id})
	return id, body, err
}

// post posts a graph and returns when ComfyUI says that it has ended.
func (s *straight) post(ctx context.Context, id string, body []byte) (time.Duration, error) {
	began := time.Now()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.address+"/prompt", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("post to ComfyUI: %s", response.Status)
	}
	for {
		var message struct {
			Type string `json:"type"`
			Data struct {
				PromptID string `json:"prompt_id"`
			} `json:"data"`
		}
		kind, data, err := s.socket.Read(ctx)
		if err != nil {
			return 0, err
		}
		if kind != websocket.MessageText {
			continue // a preview
		}
		if err := json.Unmarshal(data, &message); err != nil {
			return 0, err
		}
		if message.Type == "execution_success" && message.Data.PromptID == id {
			return time.Since(began), nil
		}
	}
}
