package rpc

import (
	"context"
	"net/http"
	"time"

	"connectrpc.com/connect"
	"github.com/google/uuid"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/access"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

const (
	heartbeat = 15 * time.Second
	// sendLimit is how long one response may take to leave: a reader that takes longer is cut off.
	sendLimit = 30 * time.Second
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
	timer := time.NewTimer(heartbeat)
	defer timer.Stop()
	id := connection.ID
	for beat := false; ; {
		news := s.Feed.Read(cursor)
		cursor = news.Next
		if !news.Empty() || beat || id != "" {
			if err := s.send(ctx, stream, me.Viewer(), news, beat, id); err != nil {
				return err
			}
			id = ""
			timer.Reset(heartbeat)
		}
		beat = false
		select {
		case <-news.More:
		case <-timer.C:
			beat = true
		case <-me.Changed():
			again, err := s.Identity.Again(ctx, me)
			if err != nil {
				return err
			}
			if again.Administrator != me.Administrator {
				cursor = feed.Cursor{} // it may see more or less than before
			}
			me = again
		case <-s.Stopping:
			return errStopping
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s schedulerService) send(ctx context.Context, stream *connect.ServerStream[pb.WatchStateResponse], v access.Viewer, news feed.News[*Delta], beat bool, connectionID string) error {
	out := &pb.WatchStateResponse{
		ConnectionId: connectionID, Deltas: each(news.Deltas, func(d *Delta) *pb.StateDelta { return d.For(v) }),
		Progress: each(news.Progress, func(p job.Progress) *pb.JobProgress { return s.Outlook.progress(p, v) }),
	}
	if news.Snapshot != nil {
		out.Snapshot = s.Outlook.snapshot(*news.Snapshot, v, s.Now().UnixMilli())
	}
	if beat {
		out.Heartbeat = &pb.Heartbeat{ServerTimeMs: s.Now().UnixMilli()}
	}
	if control, ok := ctx.Value(controllerKey{}).(*http.ResponseController); ok {
		if err := control.SetWriteDeadline(time.Now().Add(sendLimit)); err != nil {
			return err
		}
	}
	return stream.Send(out)
}
