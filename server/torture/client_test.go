//go:build linux

package torture_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"connectrpc.com/connect"
	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
)

// errDown says that nothing was sent: there is no service.
var errDown = errors.New("the service is down")

// line is an HTTP client's way to the service, wherever its port is at the moment.
type line struct {
	site  *site
	token string
	next  http.RoundTripper
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	l.site.mu.Lock()
	address := l.site.url
	l.site.mu.Unlock()
	target, err := url.Parse(address)
	if err != nil || address == "" {
		return nil, errDown
	}
	r = r.Clone(r.Context())
	r.URL.Host, r.Host = target.Host, target.Host
	if l.token != "" {
		r.Header.Set("Authorization", "Bearer "+l.token)
	}
	return l.next.RoundTrip(r)
}

// user is somebody with a token.
type user struct {
	name string
	id   string
	site *site
	line *line
	comfyschedulerv1connect.SchedulerServiceClient
	identity comfyschedulerv1connect.IdentityServiceClient
	admin    comfyschedulerv1connect.AdminServiceClient
}

// newUser is nobody yet: it has no token.
func newUser(s *site, name string) *user {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	u := &user{name: name, site: s, line: &line{site: s, next: &http.Transport{Protocols: &protocols}}}
	httpClient := &http.Client{Transport: u.line}
	u.SchedulerServiceClient = comfyschedulerv1connect.NewSchedulerServiceClient(httpClient, "http://service")
	u.identity = comfyschedulerv1connect.NewIdentityServiceClient(httpClient, "http://service")
	u.admin = comfyschedulerv1connect.NewAdminServiceClient(httpClient, "http://service")
	return u
}

// signIn makes a user, as soon as the service is there.
func signIn(ctx context.Context, s *site, name string) (*user, error) {
	u := newUser(s, name)
	ctx, cancel := context.WithTimeout(ctx, drain)
	defer cancel()
	for {
		if _, err := s.address(ctx); err != nil {
			return nil, fmt.Errorf("wait for the service: %w", err)
		}
		response, err := u.identity.SignIn(ctx, &pb.SignInRequest{ClientName: name})
		if err == nil {
			u.line.token, u.id = response.Token, response.User.Id
			return u, nil
		}
		if ctx.Err() != nil || connect.CodeOf(err) == connect.CodePermissionDenied {
			return nil, fmt.Errorf("sign in: %w", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// booker is a user who books, edits, moves and cancels at random.
type booker struct {
	*user
	rng   *rand.Rand
	known map[string]job // own jobs as last heard of
	order []string       // their ids, oldest first
	count int
}

// horizon is how far ahead jobs are booked that are to run in the test.
const horizon = 3 * time.Second

// maxActive is how many jobs a booker has at a time: more than the timeline can take are no use.
const maxActive = 4

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
	dice := b.rng.Float64()
	own, some := b.pick()
	switch {
	case !some || (dice < 0.5 && b.active() < maxActive):
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

func (b *booker) active() (n int) {
	for _, j := range b.known {
		if j.active() {
			n++
		}
	}
	return n
}

// markers make ComfyUI misbehave in the run of that prompt.
var markers = []struct {
	part float64
	text string
}{
	{0.05, "[[slow=80ms]]"},
	{0.02, "[[slow=200ms]]"},
	{0.03, "[[fail]]"},
	{0.015, "[[crash]]"},
	{0.03, "[[lose-end]]"},
	{0.03, "[[mute-ws]]"},
	{0.03, "[[bad-frames]]"},
	{0.04, "[[delay-frames=300ms]]"},
	{0.03, "[[delay-frames=3s]]"},
	{0.02, "[[no-result]]"},
	{0.01, "[[empty-history]]"},
	{0.005, hang},
}

// text is a prompt. It begins with the booking's tag for good, whatever is edited.
func (b *booker) text(tag string) string {
	b.count++
	dice, marker := b.rng.Float64(), ""
	for _, m := range markers {
		if dice -= m.part; dice < 0 && (m.text != hang || *duration >= time.Minute) {
			marker = " " + m.text
			break
		}
	}
	return fmt.Sprintf("%s text %d%s", tag, b.count, marker)
}

// moment is a start to ask for: soon as a rule, sometimes after the end of the test.
func (b *booker) moment() int64 {
	ahead := time.Duration(b.rng.Int64N(int64(horizon)))
	if b.rng.Float64() < 0.06 {
		ahead = far + time.Duration(b.rng.Int64N(int64(10*time.Minute)))
	}
	return time.Now().Add(ahead).UnixMilli()
}

// book books, and asks again under the same request id while the answer is missing.
func (b *booker) book(ctx context.Context) {
	tag := fmt.Sprintf("%s-%d", b.name, b.count)
	seed := b.rng.Uint64()
	request := &pb.BookJobRequest{RequestId: b.uuid(), Prompt: b.text(tag), Seed: &seed}
	c := call{Verb: "book", Tag: tag, Request: request.RequestId, Prompt: request.Prompt, Seed: seed, Moment: b.moment()}
	if c.Exact = b.rng.Float64() < 0.5; c.Exact {
		request.Start = &pb.BookJobRequest_TimeSlot{TimeSlot: c.Moment}
	} else {
		request.Start = &pb.BookJobRequest_NextFreeFrom{NextFreeFrom: c.Moment}
	}
	for range 8 {
		done := b.call(ctx, c, func(ctx context.Context) (*pb.Job, *pb.Revision, error) {
			response, err := b.BookJob(ctx, request)
			return response.GetJob(), response.GetRevision(), err
		})
		again := done.Outcome == acknowledged && b.rng.Float64() < 0.1
		if ctx.Err() != nil || (done.Outcome != unknown && done.Outcome != unsent && !again) {
			return
		}
		pause(ctx, time.Duration(20+b.rng.IntN(300))*time.Millisecond)
	}
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

func (b *booker) update(ctx context.Context, c call, mask string, edit *pb.JobEdit) {
	b.call(ctx, c, func(ctx context.Context) (*pb.Job, *pb.Revision, error) {
		response, err := b.UpdateJob(ctx, &pb.UpdateJobRequest{JobId: c.JobID, Version: c.Version, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{mask}}, Edit: edit})
		return response.GetJob(), response.GetRevision(), err
	})
}

func (b *booker) edit(ctx context.Context, own job) {
	c := call{Verb: "edit", JobID: own.ID, Version: own.Version, Prompt: b.text(tagOf(own.Prompt))}
	b.update(ctx, c, "prompt", &pb.JobEdit{Prompt: c.Prompt})
}

func (b *booker) move(ctx context.Context, own job) {
	c := call{Verb: "move", JobID: own.ID, Version: own.Version, Moment: b.moment(), Exact: b.rng.Float64() < 0.5}
	if c.Exact {
		b.update(ctx, c, "time_slot", &pb.JobEdit{TimeSlot: c.Moment})
		return
	}
	b.update(ctx, c, "next_free_from", &pb.JobEdit{NextFreeFrom: c.Moment})
}

func (b *booker) cancel(ctx context.Context, own job) {
	b.call(ctx, call{Verb: "cancel", JobID: own.ID}, func(ctx context.Context) (*pb.Job, *pb.Revision, error) {
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

// call makes a call, now and then without the patience to wait for the answer, and records it.
func (b *booker) call(ctx context.Context, c call, do func(context.Context) (*pb.Job, *pb.Revision, error)) call {
	limit := 20 * time.Second
	if b.rng.Float64() < 0.12 {
		limit = time.Duration(500+b.rng.IntN(8000)) * time.Microsecond
	}
	// A call under way is finished when the test ends: its answer counts.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	c.Client, c.Began = b.name, time.Now().UnixMicro()
	answer, at, err := do(ctx)
	c.Ended = time.Now().UnixMicro()
	c.Outcome, c.Code, c.Message = outcomeOf(err)
	if err == nil {
		j := jobOf(answer)
		c.Job, c.Revision = &j, revisionOf(at)
		if _, known := b.known[j.ID]; !known {
			b.order = append(b.order, j.ID)
		}
		b.known[j.ID] = j
	}
	b.site.history.call(c)
	return c
}

// outcomeOf says what an error lets one know. Only what the service itself said, with a reason, is a refusal.
func outcomeOf(err error) (outcome, code, message string) {
	if err == nil {
		return acknowledged, "", ""
	}
	if errors.Is(err, errDown) {
		return unsent, "", ""
	}
	code, message = connect.CodeOf(err).String(), err.Error()
	var failure *connect.Error
	if !errors.As(err, &failure) || !connect.IsWireError(err) || len(failure.Details()) == 0 {
		return unknown, code, message
	}
	return refused, code, message
}
