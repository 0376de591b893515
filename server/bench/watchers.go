package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// audience is many open streams that note when each frame arrives.
type audience struct {
	began    atomic.Int64 // of the change under way, nanoseconds
	mu       sync.Mutex
	took     durations
	bytes    int64
	arrivals sync.WaitGroup
	ready    sync.WaitGroup
}

// open opens the streams and waits until all are current. frame reads one frame and tells its size, and whether it counts.
func (a *audience) open(ctx context.Context, n int, connect func(context.Context) (*http.Response, error), frame func(*bufio.Reader) (int, bool, error)) error {
	failures := make(chan error, n)
	a.ready.Add(n)
	for range n {
		go func() {
			response, err := connect(ctx)
			if err == nil && response.StatusCode != http.StatusOK {
				err = fmt.Errorf("watch: %s", response.Status)
			}
			a.ready.Done()
			if err != nil {
				failures <- err
				return
			}
			defer func() { _ = response.Body.Close() }()
			for reader := bufio.NewReader(response.Body); ; {
				size, counts, err := frame(reader)
				if err != nil {
					return
				}
				if counts {
					took := time.Duration(time.Now().UnixNano() - a.began.Load())
					a.mu.Lock()
					a.took, a.bytes = append(a.took, took), a.bytes+int64(size)
					a.mu.Unlock()
					a.arrivals.Done()
				}
			}
		}()
	}
	a.ready.Wait()
	select {
	case err := <-failures:
		return err
	default:
		return nil
	}
}

// run sends changes one after the other, each when the one before has reached everybody.
func (a *audience) run(n, changes int, send func() error) error {
	for range changes {
		a.arrivals.Add(n)
		a.began.Store(time.Now().UnixNano())
		if err := send(); err != nil {
			return err
		}
		a.arrivals.Wait()
		time.Sleep(20 * time.Millisecond) // each change meets a quiet server
	}
	return nil
}

// readDelta reads one message of a Connect stream; it counts when it brings a job.
func readDelta(r *bufio.Reader) (int, bool, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, false, err
	}
	body := make([]byte, binary.BigEndian.Uint32(head[1:]))
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, false, err
	}
	if head[0] != 0 { // compressed, as a snapshot is, or the end
		return len(body), false, nil
	}
	var message pb.WatchStateResponse
	if err := proto.Unmarshal(body, &message); err != nil {
		return 0, false, err
	}
	for _, delta := range message.Deltas {
		if len(delta.Jobs) > 0 {
			return len(head) + len(body), true, nil
		}
	}
	return len(body), false, nil
}

func measureWatchers(ctx context.Context, o options, service, limit *process, t *table) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	token, err := signIn(ctx, service.url)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	encoded, err := proto.Marshal(&pb.WatchStateRequest{Client: "bench"})
	if err != nil {
		return err
	}
	envelope := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(encoded))), encoded...)
	ours := &audience{}
	before := service.memory()
	opening := time.Now()
	err = ours.open(ctx, o.watchers, func(ctx context.Context) (*http.Response, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, service.url+"/comfyscheduler.v1.SchedulerService/WatchState", bytes.NewReader(envelope))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/connect+proto")
		r.Header.Set("Authorization", "Bearer "+token)
		return client.Do(r)
	}, readDelta)
	if err != nil {
		return err
	}
	opened := time.Since(opening)
	time.Sleep(time.Second) // the presence of all has reached all
	memory := float64(service.memory()-before) / float64(o.watchers) / 1024
	send := bookByConnect(service.url, token)
	var size int
	cpu := service.cpu()
	if err := ours.run(o.watchers, o.changes, func() error { return send(ctx, request()) }); err != nil {
		return err
	}
	ourCPU := service.cpu() - cpu
	size = int(ours.bytes / int64(len(ours.took)))

	bare := &audience{}
	err = bare.open(ctx, o.watchers, func(ctx context.Context) (*http.Response, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, limit.url+"/watch", nil)
		if err != nil {
			return nil, err
		}
		return client.Do(r)
	}, func(r *bufio.Reader) (int, bool, error) {
		n, err := io.CopyN(io.Discard, r, int64(size))
		return int(n), true, err
	})
	if err != nil {
		return err
	}
	frame := make([]byte, size)
	cpu = limit.cpu()
	if err := bare.run(o.watchers, o.changes, func() error {
		response, err := http.Post(limit.url+"/send", "application/octet-stream", bytes.NewReader(frame))
		if err != nil {
			return err
		}
		return response.Body.Close()
	}); err != nil {
		return err
	}
	bareCPU := limit.cpu() - cpu
	deliveries := float64(o.watchers * o.changes)
	t.add(fmt.Sprintf("a booking reaches %d watchers, p50", o.watchers), short(ours.took.quantile(.5)), short(bare.took.quantile(.5)), ratio(float64(ours.took.quantile(.5)), float64(bare.took.quantile(.5))))
	t.add("  p99", short(ours.took.quantile(.99)), short(bare.took.quantile(.99)), ratio(float64(ours.took.quantile(.99)), float64(bare.took.quantile(.99))))
	t.add("  server CPU per 1,000 deliveries", short(time.Duration(float64(ourCPU)/deliveries*1000)), short(time.Duration(float64(bareCPU)/deliveries*1000)), ratio(float64(ourCPU), float64(bareCPU)))
	t.add("  bytes per watcher", fmt.Sprint(size), "", "")
	t.add("  memory per watcher", fmt.Sprintf("%.0f KiB", memory), "", "")
	t.add(fmt.Sprintf("%d watchers connect", o.watchers), short(opened), "", "")
	return nil
}
