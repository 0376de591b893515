package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

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
func serveLimit(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.Handle(comfyschedulerv1connect.NewSchedulerServiceHandler(echo{}))
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

// insertRows is how many rows of a booking's size the database writes in a second, 16 to a commit, each commit on disk.
func insertRows(ctx context.Context, folder string, length time.Duration) (float64, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(folder, "limit.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, `CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)`); err != nil {
		return 0, err
	}
	text := string(make([]byte, 400))
	n := 0
	began := time.Now()
	for time.Since(began) < length {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return 0, err
		}
		for range 16 {
			if _, err := tx.ExecContext(ctx, `INSERT INTO rows (text) VALUES (?)`, text); err != nil {
				return 0, err
			}
			n++
		}
		if err := tx.Commit(); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(began).Seconds(), nil
}
