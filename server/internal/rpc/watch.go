package rpc

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"connectrpc.com/connect"
	"github.com/google/uuid"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/refusal"
)

const (
	// heartbeat bounds the silence of a stream; every heartbeatTick all streams look whether that is near.
	heartbeat     = 15 * time.Second
	heartbeatTick = heartbeat / 3
	// minInterval is the time between two responses with changes, or down to half of it: two after quiet are told at once (the end of
	// a job comes right after what its worker tells of itself), those of a busy time share a response. Without it each of many
	// changes would cost each of many watchers a system call. It varies, because if all watchers wanted the processor at the same
	// moment the start of a job would have to wait for them.
	minInterval = 30 * time.Millisecond
)

func (s schedulerService) WatchState(
	ctx context.Context, r *pb.WatchStateRequest, stream *connect.ServerStream[pb.WatchStateResponse],
) error {
	w, leave, err := s.newWatcher(ctx, r, stream.Conn())
	if err != nil {
		return err
	}
	defer leave()
	return w.watch(ctx)
}

// watcher is one state stream.
type watcher struct {
	*Server
	me         identity.Caller
	stream     connect.StreamingHandlerConn
	format     format
	cursor     feed.Cursor
	frames     []*frame  // sent next; used again
	connection string    // its id, until that was told with the complete status
	sent       time.Time // when the latest response left
	due        time.Time // of the next response with changes, if they left evenly
}

// newWatcher makes a watcher that counts as connected until leave is called; fault.TooManyStreams.
func (s *Server) newWatcher(
	ctx context.Context, r *pb.WatchStateRequest, stream connect.StreamingHandlerConn,
) (w *watcher, leave func(), err error) {
	me, limits := caller(ctx), s.Presenter.Limits
	closed, err := s.streams.open(me, limits.StreamsPerUser, limits.StreamsPerAddress)
	if err != nil {
		s.Refusals.Note(refusal.Streams, me.Address, comfyschedulerv1connect.SchedulerServiceWatchStateProcedure)
		return nil, nil, err
	}
	connection := feed.Connection{
		ID:          uuid.NewString(),
		UserID:      me.ID,
		IP:          me.Address,
		Client:      r.Client,
		ConnectedAt: s.Now().UnixMilli(),
	}
	w = &watcher{Server: s, me: me, stream: stream, format: formatOf(stream), connection: connection.ID}
	if after := r.ResumeAfter; after != nil {
		w.cursor.Revision = feed.Revision{Epoch: after.Epoch, Number: after.Number}
	}
	if err := s.catchUp(ctx); err != nil {
		closed()
		return nil, nil, err
	}
	disconnect := s.Feed.Connect(connection, me.Name)
	return w, func() {
		disconnect()
		closed()
	}, nil
}

// formatOf is the format of a stream, which its content type ends with.
func formatOf(stream connect.StreamingHandlerConn) format {
	if strings.Contains(stream.RequestHeader().Get("Content-Type"), "json") {
		return asJSON
	}
	return asBinary
}

// watch sends what is new until the stream ends. It waits at the top of the stack, with little on it: with many watchers
// that is most of the memory.
func (w *watcher) watch(ctx context.Context) error {
	gone := ctx.Done() // asked once: it is looked up through all that the context holds
	for {
		more, err := w.send(ctx)
		if err != nil {
			return err
		}
		// Two channels and no timer: waiting is a good part of what a watcher costs.
		select {
		case <-more:
			w.gather(ctx)
		case <-gone:
			return ctx.Err()
		}
	}
}

// send sends what is new. more is closed when there is more.
func (w *watcher) send(ctx context.Context) (more <-chan struct{}, err error) {
	frames, more, err := w.next(ctx)
	if err != nil {
		return nil, err
	}
	for i, f := range frames {
		if err := w.stream.Send(f); err != nil {
			return nil, err
		}
		frames[i] = nil
	}
	return more, nil
}

// gather waits for changes that share a response.
func (w *watcher) gather(ctx context.Context) {
	if wait := time.Until(w.due.Add(-minInterval)); wait > 0 {
		w.sleep(ctx, wait)
	}
}

// next is the responses with what is new. more is closed when there is more.
func (w *watcher) next(ctx context.Context) (frames []*frame, more <-chan struct{}, err error) {
	// Read before the looks at what the feed rouses for: what comes after them closes More.
	news := w.read(ctx)
	if w.IsStopping() {
		return nil, nil, errStopping
	}
	if w.me.IsStale() {
		again, err := w.Identity.Reauthenticate(ctx, w.me)
		if err != nil {
			return nil, nil, err
		}
		if again.Administrator != w.me.Administrator {
			news = w.Feed.Read(feed.Cursor{}) // it may see more or less than before
		}
		w.me = again
	}
	silent := news.Empty() && time.Since(w.sent) > heartbeat-heartbeatTick
	if !news.Empty() || silent || w.connection != "" {
		frames, err = w.respond(news)
	}
	if err != nil && news.Snapshot == nil {
		w.Log.ErrorContext(ctx, "a change cannot be encoded, whoever watches gets a snapshot", "err", err)
		news = w.Feed.Read(feed.Cursor{})
		frames, err = w.respond(news)
	}
	if err != nil {
		return nil, nil, err
	}
	w.cursor, w.connection = news.Next, ""
	if len(frames) > 0 {
		w.sent = time.Now()
	}
	if len(news.Deltas) > 0 {
		if w.due.Before(w.sent) {
			w.due = w.sent
		}
		w.due = w.due.Add(minInterval - rand.N(minInterval/2))
	}
	return frames, news.More, nil
}

// read reads what is new: at first also from before this life of the service.
func (w *watcher) read(ctx context.Context) feed.News[*Delta] {
	if w.connection != "" && w.cursor.Revision != (feed.Revision{}) {
		return w.Feed.Resume(ctx, w.Store, w.cursor.Revision)
	}
	return w.Feed.Read(w.cursor)
}

// respond puts news into responses that are bounded in bytes; none is a sign of life.
func (w *watcher) respond(news feed.News[*Delta]) (frames []*frame, err error) {
	viewer, r, size := w.me.User, response{}, 0
	w.frames = w.frames[:0]
	begins := news.Snapshot != nil || w.connection != ""
	if begins || news.Empty() {
		if r, err = w.begin(news.Snapshot); err != nil {
			return nil, err
		}
	}
	if r.deltas == nil {
		r.deltas = make([][]byte, 0, len(news.Deltas)+len(news.Progress)+4) // all of a frame fits in
	}
	for _, d := range news.Deltas {
		if begins && !d.change.IsKept() {
			continue // the complete status is newer
		}
		encoded, err := d.For(w.format, viewer)
		if err != nil {
			return nil, err
		}
		if size > 0 && size+len(encoded) > maxResponse {
			if err := w.put(&r); err != nil {
				return nil, err
			}
			r, size = response{}, 0
		}
		if size += len(encoded); d.change.IsKept() {
			r.deltas = append(r.deltas, encoded)
		} else {
			r.statuses = append(r.statuses, encoded)
		}
	}
	for _, p := range news.Progress {
		encoded, err := p.For(w.format, viewer)
		if err != nil {
			return nil, err
		}
		r.progress = append(r.progress, encoded)
	}
	err = w.put(&r)
	return w.frames, err
}

// begin is a response with the server's clock, and with what a stream begins with: the complete status, and the snapshot if
// there is one.
func (w *watcher) begin(snapshot *feed.Snapshot) (r response, err error) {
	r.own = &pb.WatchStateResponse{ConnectionId: w.connection, Heartbeat: &pb.Heartbeat{ServerTimeMs: w.Now().UnixMilli()}}
	from := snapshot
	if from == nil {
		if w.connection == "" {
			return r, nil
		}
		from = w.Feed.Snapshot()
	}
	parts, err := w.snapshots.encode(w.format, w.Presenter, from, w.me.User)
	if err != nil {
		return r, err
	}
	if snapshot != nil {
		r.snapshot = parts.snapshot
	}
	r.statuses, r.own.Statuses = [][]byte{parts.status}, w.Presenter.aside(from, w.me.User)
	return r, nil
}

// put makes a frame of a response.
func (w *watcher) put(r *response) error {
	f, err := r.frame(w.format)
	w.frames = append(w.frames, f)
	return err
}

// SendHeartbeats makes the streams look whether they have been silent for long, until ctx ends.
func (s *Server) SendHeartbeats(ctx context.Context) error {
	ticker := time.NewTicker(heartbeatTick)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.Feed.Notify()
		case <-ctx.Done():
			return nil
		}
	}
}

// sleep waits, unless the stream is to end.
func (s *Server) sleep(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.Stopping:
	case <-ctx.Done():
	}
}
