//go:build linux

package torture_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// booker is a user who books, edits, moves and cancels at random.
type booker struct {
	*user
	rng   *rand.Rand
	known map[string]job // own jobs as last heard of
	order []string       // their ids, oldest first
	count int
	// restores counts the restores after which the own jobs were read anew.
	restores int64
}

func newBooker(u *user, rng *rand.Rand) *booker {
	return &booker{user: u, rng: rng, known: map[string]job{}}
}

// planAhead books for after the torture until ctx ends, and touches nothing of it: only a wrong clock could.
func (b *booker) planAhead(ctx context.Context) {
	for i := 0; ctx.Err() == nil && i < maxPlanned; i++ {
		b.bookAt(ctx, time.Now().Add(far+time.Duration(b.rng.Int64N(int64(10*time.Minute)))).UnixMilli(), true, "")
		pause(ctx, time.Duration(b.rng.IntN(3000))*time.Millisecond)
	}
}

// horizon is the largest distance from now of bookings that are to run in the test.
const horizon = 3 * time.Second

// maxPlanned is the number of jobs that are booked for after the torture and left alone.
const maxPlanned = 60

// maxSoon and maxFar are how many jobs a booker has at a time: more than the timeline can take are no use.
const (
	maxSoon = 2
	maxFar  = 8
)

// work acts until ctx ends.
func (b *booker) work(ctx context.Context) {
	for ctx.Err() == nil {
		b.act(ctx)
		pause(ctx, time.Duration(20+b.rng.IntN(180))*time.Millisecond)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (b *booker) act(ctx context.Context) {
	if !b.upToDate(ctx) {
		return
	}
	dice := b.rng.Float64()
	own, some := b.pick()
	soon, far := b.active()
	switch {
	case far > maxFar && some:
		b.cancel(ctx, own)
	case !some || dice < 0.5 && soon < maxSoon && !b.crowded():
		b.book(ctx)
	case dice < 0.62:
		b.edit(ctx, own)
	case dice < 0.76:
		b.move(ctx, own)
	case dice < 0.86:
		b.cancel(ctx, own)
	default:
		b.get(ctx, own)
	}
}

// pick is one of the own jobs, an active one as a rule.
func (b *booker) pick() (job, bool) {
	var from []string
	for _, id := range b.order {
		if b.known[id].active() || b.rng.Float64() < 0.03 {
			from = append(from, id)
		}
	}
	if len(from) == 0 {
		return job{}, false
	}
	return b.known[from[b.rng.IntN(len(from))]], true
}

// active counts the own jobs that are to run soon, and later.
func (b *booker) active() (soon, later int) {
	limit := time.Now().Add(far / 2).UnixMilli()
	for _, j := range b.known {
		switch {
		case !j.active():
		case j.Start < limit:
			soon++
		default:
			later++
		}
	}
	return soon, later
}

// crowded reports whether the timeline is full for the next seconds: who waits long for a slot is not hit by much.
func (b *booker) crowded() bool {
	return b.site.busyUntil.Load() > time.Now().Add(horizon).UnixMilli()
}

// tidy cancels what a wrong clock has put between now and the time after the torture, so that nobody has to wait for it.
func (b *booker) tidy(ctx context.Context) {
	b.restores = -1
	for !b.upToDate(ctx) && ctx.Err() == nil {
		pause(ctx, 100*time.Millisecond)
	}
	now := time.Now()
	for _, id := range b.order {
		j := b.known[id]
		for j.active() && j.Start > now.Add(20*time.Second).UnixMilli() && j.Start < now.Add(far/2).UnixMilli() && ctx.Err() == nil {
			if done := b.cancel(ctx, j); done.Outcome == acknowledged || done.Outcome == refused {
				break
			}
			pause(ctx, 100*time.Millisecond)
		}
	}
}

// upToDate asks anew for the own jobs after a restore, which may have taken some back.
func (b *booker) upToDate(ctx context.Context) bool {
	restores := b.site.restores.Load()
	if restores == b.restores {
		return true
	}
	all, err := b.list(ctx)
	if err != nil {
		return false
	}
	b.known, b.order, b.restores = map[string]job{}, nil, restores
	for _, j := range all {
		if j.User == b.id {
			b.learn(j)
		}
	}
	return true
}

func (b *booker) learn(j job) {
	if _, known := b.known[j.ID]; !known {
		b.order = append(b.order, j.ID)
	}
	b.known[j.ID] = j
}

// moment is a start to ask for: soon as a rule, sometimes after the end of the test.
func (b *booker) moment() int64 {
	ahead := time.Duration(b.rng.Int64N(int64(horizon)))
	if b.rng.Float64() < 0.06 {
		ahead = far + time.Duration(b.rng.Int64N(int64(10*time.Minute)))
	}
	return time.Now().Add(ahead).UnixMilli()
}

// book books at some moment.
func (b *booker) book(ctx context.Context) {
	b.bookAt(ctx, b.moment(), b.rng.Float64() < 0.5, b.marker())
}

// bookAt books, and asks again under the same request id while the answer is missing.
func (b *booker) bookAt(ctx context.Context, moment int64, exact bool, marker string) (done call) {
	tag := fmt.Sprintf("%s-%d", b.name, b.count)
	seed := b.rng.Uint64()
	prompt := b.text(tag, marker)
	request := &pb.BookJobRequest{RequestId: b.uuid(), Inputs: servicetest.Prompt(prompt)}
	request.Inputs["seed"] = servicetest.Seed(seed)
	c := call{Verb: "book", Tag: tag, Request: request.RequestId, Prompt: prompt, Seed: seed, Moment: moment, Exact: exact}
	c.Worker = b.anyWorker()
	request.WorkerId = c.Worker
	request.Start = &pb.BookJobRequest_EarliestStartMs{EarliestStartMs: moment}
	if exact {
		request.Start = &pb.BookJobRequest_StartMs{StartMs: moment}
	}
	for range 8 {
		done = b.call(ctx, c, func(ctx context.Context) (*pb.Job, *pb.Revision, error) {
			response, err := b.BookJob(ctx, request)
			return response.GetJob(), response.GetRevision(), err
		})
		again := done.Outcome == acknowledged && b.rng.Float64() < 0.1
		if ctx.Err() != nil || (done.Outcome != unknown && done.Outcome != unsent && !again) {
			break
		}
		pause(ctx, time.Duration(20+b.rng.IntN(300))*time.Millisecond)
	}
	return done
}

func (b *booker) uuid() string {
	var bytes [16]byte
	for i := range bytes {
		bytes[i] = byte(b.rng.Uint32())
	}
	id := uuid.UUID(bytes)
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}

func (b *booker) edit(ctx context.Context, own job) {
	c := call{Verb: "edit", JobID: own.ID, Version: own.Version, Prompt: b.text(tagOf(own.Prompt), b.marker())}
	b.call(ctx, c, func(ctx context.Context) (*pb.Job, *pb.Revision, error) {
		response, err := b.UpdateJob(ctx, &pb.UpdateJobRequest{JobId: c.JobID, Version: c.Version, Inputs: servicetest.Prompt(c.Prompt)})
		return response.GetJob(), response.GetRevision(), err
	})
}

func (b *booker) move(ctx context.Context, own job) {
	c := call{Verb: "move", JobID: own.ID, Version: own.Version, Moment: b.moment(), Exact: b.rng.Float64() < 0.5, Worker: b.anyWorker()}
	request := &pb.MoveJobRequest{
		JobId:    c.JobID,
		Version:  c.Version,
		WorkerId: c.Worker,
		Start:    &pb.MoveJobRequest_EarliestStartMs{EarliestStartMs: c.Moment},
	}
	if c.Exact {
		request.Start = &pb.MoveJobRequest_StartMs{StartMs: c.Moment}
	}
	b.call(ctx, c, func(ctx context.Context) (*pb.Job, *pb.Revision, error) {
		response, err := b.MoveJob(ctx, request)
		return response.GetJob(), response.GetRevision(), err
	})
}

func (b *booker) cancel(ctx context.Context, own job) call {
	return b.call(ctx, call{Verb: "cancel", JobID: own.ID}, func(ctx context.Context) (*pb.Job, *pb.Revision, error) {
		response, err := b.CancelJob(ctx, &pb.CancelJobRequest{JobId: own.ID})
		return response.GetJob(), response.GetRevision(), err
	})
}

func (b *booker) get(ctx context.Context, own job) {
	b.call(ctx, call{Verb: "get", JobID: own.ID}, func(ctx context.Context) (*pb.Job, *pb.Revision, error) {
		response, err := b.GetJob(ctx, &pb.GetJobRequest{JobId: own.ID})
		return response.GetJob(), nil, err
	})
}
