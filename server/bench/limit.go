package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
)

// echo answers a booking with what it was sent: the RPC stack and nothing else.
type echo struct {
	comfyschedulerv1connect.UnimplementedSchedulerServiceHandler
}

func (echo) BookJob(_ context.Context, r *pb.BookJobRequest) (*pb.BookJobResponse, error) {
	return &pb.BookJobResponse{Job: &pb.Job{Id: r.RequestId, TimeSlot: r.GetTimeSlot(), Prompt: r.Prompt}}, nil
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
	flusher := http.NewResponseController(w)
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
func serveLimit() {
	mux := http.NewServeMux()
	mux.Handle(comfyschedulerv1connect.NewSchedulerServiceHandler(echo{}))
	f := &fan{watchers: map[chan []byte]bool{}}
	mux.HandleFunc("/watch", f.watch)
	mux.HandleFunc("/send", f.send)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	fmt.Printf("limit is at http://%s\n", listener.Addr())
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	go func() { _ = (&http.Server{Handler: mux, Protocols: &protocols}).Serve(listener) }()
	<-ended
}
