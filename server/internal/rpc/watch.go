package rpc

import (
	"context"
	"math/rand/v2"
	"time"

	"connectrpc.com/connect"
	"github.com/google/uuid"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/access"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
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
	me := caller(ctx)
	connection := feed.Connection{
		ID: uuid.NewString(), UserID: me.ID, UserName: me.Name, IP: peerAddress(ctx), Client: r.Client, ConnectedAt: s.Now().UnixMilli(),
	}
	defer s.Feed.Connect(connection)()
	cursor := feed.Cursor{}
	if after := r.ResumeAfter; after != nil {
		cursor.Revision = feed.Revision{Epoch: after.Epoch, Number: after.Number}
	}
	out := outlet{Server: s.Server, viewer: me.Viewer(), stream: stream.Conn()}
	own := &pb.WatchStateResponse{ConnectionId: connection.ID}
	gone := ctx.Done() // asked once: it is looked up through all that the context holds
	for {
		// Read before the looks at what the feed rouses for: what comes after them closes More.
		news := s.Feed.Read(cursor)
		if s.IsStopping() {
			return errStopping
		}
		if me.IsStale() {
			again, err := s.Identity.Again(ctx, me)
			if err != nil {
				return err
			}
			if again.Administrator != me.Administrator {
				news = s.Feed.Read(feed.Cursor{}) // it may see more or less than before
			}
			me = again
			out.viewer = me.Viewer()
		}
		cursor = news.Next
		if own == nil && news.Empty() && time.Since(out.sent) > heartbeat-pulse {
			own = &pb.WatchStateResponse{Heartbeat: &pb.Heartbeat{ServerTimeMs: s.Now().UnixMilli()}}
		}
		if !news.Empty() || own != nil {
			if err := out.send(news, own); err != nil {
				return err
			}
			own = nil
		}
		// Two channels and no timer: waiting is a good part of what a watcher costs.
		select {
		case <-news.More:
			if wait := breath - rand.N(breath/2) - time.Since(out.told); wait > 0 {
				s.pause(ctx, wait)
			}
		case <-gone:
			return ctx.Err()
		}
	}
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

// outlet is where the responses of one watcher leave.
type outlet struct {
	*Server
	viewer access.Viewer
	stream connect.StreamingHandlerConn
	sent   time.Time // when the latest left
	told   time.Time // when the latest change did
}

// send sends what is new, and what is this watcher's own, in one response.
func (o *outlet) send(news feed.News[*Delta], own *pb.WatchStateResponse) error {
	out := &frame{parts: make([][]byte, 0, len(news.Deltas)+2)}
	if news.Snapshot != nil {
		out.parts = append(out.parts, o.snapshots.encode(o.Outlook, news.Snapshot, o.viewer))
		if own == nil {
			own = &pb.WatchStateResponse{}
		}
		own.Snapshot = &pb.StateSnapshot{ServerTimeMs: o.Now().UnixMilli()}
	}
	for _, d := range news.Deltas {
		out.parts = append(out.parts, d.For(o.viewer))
	}
	if len(news.Progress) > 0 {
		out.parts = append(out.parts, encode(&pb.WatchStateResponse{
			Progress: each(news.Progress, func(p job.Progress) *pb.JobProgress { return o.Outlook.progress(p, o.viewer) }),
		}))
	}
	if own != nil {
		out.parts = append(out.parts, encode(own))
	}
	o.sent = time.Now()
	if len(news.Deltas) > 0 {
		o.told = o.sent
	}
	return o.stream.Send(out)
}
