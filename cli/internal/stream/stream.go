// Package stream follows the live state, over as many connections as it takes.
package stream

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// heartbeats is the time in which three signs of life should have come.
const heartbeats = 45 * time.Second

var errSilent = errors.New("the connection went silent")

// Stream is the live state from one revision on. A connection that breaks is opened again after the last revision, so
// that nothing is missed; only the first one may fail.
type Stream struct {
	Scheduler pb.SchedulerServiceClient
	// After is the revision to go on from; nil to begin with a snapshot. It moves with the stream.
	After *pb.Revision
	// Connected makes the first connection one that is retried too.
	Connected bool
	// Lost is told when a connection broke, Back when the next one stands; both may be nil.
	Lost func(error)
	Back func()
	// Silence bounds the time without a response, after which a stream is taken for dead; 0 stands for three heartbeats.
	Silence time.Duration
	// Backoff returns the time before try n (from 1); nil for growing times with some chance in them.
	Backoff func(n int) time.Duration

	heard bool // something came over some connection
}

// Run hands every response to apply until that fails, ctx ends, or the server says that trying again is of no use. When
// apply fails because the server is unavailable, the response comes again over the next connection.
func (s *Stream) Run(ctx context.Context, apply func(*pb.WatchStateResponse) error) error {
	wait := s.Backoff
	if wait == nil {
		wait = backoff
	}
	for failures := 0; ; {
		applied, err := s.connection(ctx, &failures, apply)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if applied != nil && status.Code(applied) != codes.Unavailable {
			return applied
		}
		err = cmp.Or(err, applied)
		if !s.Connected || !passes(err) || !s.heard && api.Reason(err) == pb.ErrorReason_ERROR_REASON_TOO_MANY_STREAMS {
			return err
		}
		failures++
		if failures == 1 && s.Lost != nil {
			s.Lost(err)
		}
		select {
		case <-time.After(wait(failures)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// connection reads one connection to its end. applied is the error of apply, err that of the connection.
func (s *Stream) connection(ctx context.Context, failures *int, apply func(*pb.WatchStateResponse) error) (applied, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := cmp.Or(s.Silence, heartbeats)
	watchdog := time.AfterFunc(silence, func() { cancel(errSilent) })
	defer watchdog.Stop()
	stream, err := s.Scheduler.WatchState(ctx, &pb.WatchStateRequest{ResumeAfter: s.After, Client: "cli"})
	if err != nil {
		return nil, err
	}
	for {
		response, err := stream.Recv()
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = status.Error(codes.Unavailable, cause.Error())
			}
			return nil, err
		}
		watchdog.Reset(silence)
		if *failures > 0 && s.Back != nil {
			s.Back()
		}
		*failures, s.Connected, s.heard = 0, true, true
		if err := apply(response); err != nil {
			return err, nil
		}
		s.advance(response)
	}
}

func (s *Stream) advance(r *pb.WatchStateResponse) {
	if snapshot := r.GetSnapshot(); snapshot != nil {
		s.After = snapshot.GetRevision()
	}
	if n := len(r.GetDeltas()); n > 0 {
		s.After = r.GetDeltas()[n-1].GetRevision()
	}
}

// passes reports whether a broken connection may be opened again with success.
func passes(err error) bool {
	switch status.Code(err) {
	case codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented, codes.InvalidArgument:
		return false
	}
	return true
}

// backoff grows from 0.1 to 5 seconds; chance keeps many clients from coming back all at once.
func backoff(n int) time.Duration {
	d := min(100*time.Millisecond<<min(n-1, 6), 5*time.Second)
	return d/2 + rand.N(d)
}
