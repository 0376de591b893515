package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"sync"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
)

// compressFrom is the service's own threshold for compression, in bytes: without it the echo would compress its small answers.
const compressFrom = 4096

// durable is the workflow of a booking whose answer waits until its rows are on disk.
const durable = "durable"

// echo answers a booking with what it was sent: the RPC stack and nothing else, or the rows of a booking too.
type echo struct {
	comfyschedulerv1connect.UnimplementedSchedulerServiceHandler
	rows *rows
}

func (e echo) BookJob(_ context.Context, r *pb.BookJobRequest) (*pb.BookJobResponse, error) {
	if r.WorkflowId == durable {
		if err := e.rows.write(); err != nil {
			return nil, err
		}
	}
	return &pb.BookJobResponse{
		Job: &pb.Job{
			Id:       r.RequestId,
			TimeSlot: &pb.TimeSlot{StartMs: r.GetStartMs()},
			Inputs:   r.Inputs,
			Prompt:   r.Inputs["prompt"].GetText(),
		},
	}, nil
}

// fan writes what is posted to it, as it is, to every connection that watches.
type fan struct {
	mu       sync.Mutex
	watchers map[chan []byte]bool
}

func (f *fan) watch(w http.ResponseWriter, r *http.Request) {
	frames := make(chan []byte, 64)
	f.mu.Lock()
	f.watchers[frames] = true
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.watchers, frames)
	}()
	flusher := http.NewResponseController(w)
	_, _ = w.Write([]byte{0, 0, 0, 0, 0}) // an empty frame, as a first answer
	_ = flusher.Flush()
	for {
		select {
		case frame := <-frames:
			if _, err := w.Write(frame); err != nil || flusher.Flush() != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

func (f *fan) send(_ http.ResponseWriter, r *http.Request) {
	frame, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for frames := range f.watchers {
		frames <- frame
	}
}

// serveLimit is the bare limit as a process of its own.
func serveLimit(ctx context.Context, folder string) error {
	written, err := openRows(ctx, filepath.Join(folder, "rows.db"))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle(comfyschedulerv1connect.NewSchedulerServiceHandler(echo{rows: written}, connect.WithCompressMinBytes(compressFrom)))
	f := &fan{watchers: map[chan []byte]bool{}}
	mux.HandleFunc("/watch", f.watch)
	mux.HandleFunc("/send", f.send)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	fmt.Printf("limit is at http://%s\n", listener.Addr())
	go func() { _ = (&http.Server{Handler: mux, Protocols: &protocols}).Serve(listener) }()
	<-ctx.Done()
	return nil
}
