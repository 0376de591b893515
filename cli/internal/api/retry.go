package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Lost reports whether an error means that the answer was lost or the server is away for a moment, so that the same
// request may be sent again. An answer that says "not ready" is an answer.
func Lost(err error) bool {
	st, ok := Status(err)
	if !ok {
		return false
	}
	switch Reason(err) {
	case pb.ErrorReason_ERROR_REASON_UNSPECIFIED, pb.ErrorReason_ERROR_REASON_STOPPING, pb.ErrorReason_ERROR_REASON_DEADLINE_EXCEEDED:
		return st.Code() == codes.Unavailable || st.Code() == codes.DeadlineExceeded
	}
	return false
}

// RetryAfter gives the time that the server asks a client that calls too often to wait, at least 100 ms; 0 for all other errors.
func RetryAfter(err error) time.Duration {
	if Reason(err) != pb.ErrorReason_ERROR_REASON_TOO_MANY_REQUESTS {
		return 0
	}
	ms, _ := strconv.Atoi(Info(err).GetMetadata()["retry_after_ms"])
	return max(time.Duration(ms)*time.Millisecond, 100*time.Millisecond)
}

// Unreached reports whether a request never left: nobody took the connection.
func Unreached(err error) bool {
	st, ok := Status(err)
	return ok && st.Code() == codes.Unavailable && strings.Contains(st.Message(), dialing)
}

// dialing marks the errors of the transport about connections that were not made.
const dialing = "while dialing: "

// Retry calls again while the answer is lost, with growing pauses, for at most the given time.
func Retry(ctx context.Context, limit time.Duration, call func(context.Context) error) error {
	deadline := time.Now().Add(limit)
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := call(ctx)
		if !Lost(err) || time.Now().Add(pause).After(deadline) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

// answerTime bounds how long Once asks for a lost answer.
const answerTime = 5 * time.Second

// Once calls again when the answer was lost after the request had left. The request needs a request id, by which the server
// carries it out once.
func Once[A any](ctx context.Context, call func(context.Context) (A, error)) (answer A, err error) {
	left := false
	retried := Retry(ctx, answerTime, func(ctx context.Context) error {
		answer, err = call(ctx)
		if !left && Unreached(err) {
			return nil
		}
		left = left || Lost(err)
		return err
	})
	if retried != nil {
		err = retried
	}
	return answer, err
}
