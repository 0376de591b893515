package rpc

import (
	"context"
	"math/rand/v2"
	"time"

	"connectrpc.com/connect"
	"github.com/google/uuid"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

const (
	// heartbeat is how long a stream is silent at most, and pulse how often all streams look whether that is near.
	heartbeat = 15 * time.Second
	pulse     = heartbeat / 3
	// breath is the time between two responses with changes, or down to half of it: one after quiet is told at once, those of
	// a busy time share a response. Without it each of many changes would cost each of many watchers a system call. It varies,
	// because if all watchers wanted the processor at the same moment the start of a job would have to wait for them.
	breath = 30 * time.Millisecond
)

func (s schedulerService) WatchState(ctx context.Context, r *pb.WatchStateRequest, stream *connect.ServerStream[pb.WatchStateResponse]) error {
	w, leave := s.newWatcher(ctx, r, stream.Conn())
	defer leave()
	return w.watch(ctx)
}

// watcher is one state stream.
type watcher struct {
	*Server
	me     identity.Caller
	stream connect.StreamingHandlerConn
	cursor feed.Cursor
	own    *pb.WatchStateResponse // what only this watcher is told next
	sent   time.Time              // when the latest response left
	told   time.Time              // when the latest change did
}

func (s *Server) newWatcher(ctx context.Context, r *pb.WatchStateRequest, stream connect.StreamingHandlerConn) (w *watcher, leave func()) {
	me := caller(ctx)
	connection := feed.Connection{
		ID: uuid.NewString(), UserID: me.ID, UserName: me.Name, IP: peerAddress(ctx), Client: r.Client, ConnectedAt: s.Now().UnixMilli(),
	}
	w = &watcher{Server: s, me: me, stream: stream, own: &pb.WatchStateResponse{ConnectionId: connection.ID}}
	if after := r.ResumeAfter; after != nil {
		w.cursor.Revision = feed.Revision{Epoch: after.Epoch, Number: after.Number}
	}
	return w, s.Feed.Connect(connection)
}

// watch sends what is new until the stream ends. It waits and sends at the top of the stack, with little on it: with many
// watchers that is most of the memory.
func (w *watcher) watch(ctx context.Context) error {
	gone := ctx.Done() // asked once: it is looked up through all that the context holds
	for {
		response, more, err := w.next(ctx)
		if err != nil {
			return err
		}
		if response != nil {
			if err := w.stream.Send(response); err != nil {
				return err
			}
		}
		// Two channels and no timer: waiting is a good part of what a watcher costs.
		select {
		case <-more:
			if wait := breath - rand.N(breath/2) - time.Since(w.told); wait > 0 {
				w.pause(ctx, wait)
			}
		case <-gone:
			return ctx.Err()
		}
	}
}

// next is the response with what is new, if there is anything. more is closed when there is more.
func (w *watcher) next(ctx context.Context) (response *frame, more <-chan struct{}, err error) {
	// Read before the looks at what the feed rouses for: what comes after them closes More.
	news := w.Feed.Read(w.cursor)
	if w.IsStopping() {
		return nil, nil, errStopping
	}
	if w.me.IsStale() {
		again, err := w.Identity.Again(ctx, w.me)
		if err != nil {
			return nil, nil, err
		}
		if again.Administrator != w.me.Administrator {
			news = w.Feed.Read(feed.Cursor{}) // it may see more or less than before
		}
		w.me = again
	}
	w.cursor = news.Next
	if w.own == nil && news.Empty() && time.Since(w.sent) > heartbeat-pulse {
		w.own = &pb.WatchStateResponse{Heartbeat: &pb.Heartbeat{ServerTimeMs: w.Now().UnixMilli()}}
	}
	if news.Empty() && w.own == nil {
		return nil, news.More, nil
	}
	return w.respond(news), news.More, nil
}

// respond puts news, and what is this watcher's own, into one response.
func (w *watcher) respond(news feed.News[*Delta]) *frame {
	viewer, own := w.me.Viewer(), w.own
	w.own = nil
	response := &frame{parts: make([][]byte, 0, len(news.Deltas)+2)}
	if news.Snapshot != nil {
		response.parts = append(response.parts, w.snapshots.encode(w.Outlook, news.Snapshot, viewer))
		if own == nil {
			own = &pb.WatchStateResponse{}
		}
		own.Snapshot = &pb.StateSnapshot{ServerTimeMs: w.Now().UnixMilli()}
	}
	for _, d := range news.Deltas {
		response.parts = append(response.parts, d.For(viewer))
	}
	if len(news.Progress) > 0 {
		response.parts = append(response.parts, encode(&pb.WatchStateResponse{
			Progress: each(news.Progress, func(p job.Progress) *pb.JobProgress { return w.Outlook.progress(p, viewer) }),
		}))
	}
	if own != nil {
		response.parts = append(response.parts, encode(own))
	}
	w.sent = time.Now()
	if len(news.Deltas) > 0 {
		w.told = w.sent
	}
	return response
}

// Pulse makes the streams look whether they have been silent for long, until ctx ends.
func (s *Server) Pulse(ctx context.Context) error {
	ticker := time.NewTicker(pulse)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.Feed.Rouse()
		case <-ctx.Done():
			return nil
		}
	}
}

// pause waits, unless the stream is to end.
func (s *Server) pause(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.Stopping:
	case <-ctx.Done():
	}
}
