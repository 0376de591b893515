//go:build linux

package torture_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/servicetest"
)

// errDown says that nothing was sent: there is no service.
var errDown = errors.New("the service is down")

// line is an HTTP client's way to the service, wherever its port is at the moment.
type line struct {
	site *site
	next http.RoundTripper
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
	return l.next.RoundTrip(r)
}

// user is somebody with a token.
type user struct {
	name    string
	id      string
	display string // its name for people
	site    *site
	*servicetest.Client
}

// newUser is nobody yet: it has no token.
func newUser(s *site, name string) *user {
	return &user{name: name, site: s, Client: servicetest.Dial("http://service", &line{s, servicetest.HTTP2()})}
}

// administrator returns a user with the token of the data folder.
func (s *site) administrator() (*user, error) {
	token, err := s.AdminToken()
	u := newUser(s, "administrator")
	u.Token = token
	return u, err
}

// again does something until it is done, the service being killed or not.
func (s *site) again(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if _, err := s.address(ctx); err != nil {
			return fmt.Errorf("wait for the service: %w", err)
		}
		err := do(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		pause(ctx, 20*time.Millisecond)
	}
}

// invite makes an invitation for everybody who takes part.
func (s *site) invite(ctx context.Context) error {
	return s.again(ctx, func(ctx context.Context) error {
		administrator, err := s.administrator()
		if err != nil {
			return err
		}
		made, err := administrator.Admin.CreateInvitation(ctx, &pb.CreateInvitationRequest{Note: "torture", MaxUses: 1000})
		s.invitation = made.GetCode()
		return err
	})
}

// signIn makes a user, as soon as the service is there.
func (s *site) signIn(ctx context.Context, name string) (*user, error) {
	u := newUser(s, name)
	err := s.again(ctx, func(ctx context.Context) error {
		err := u.SignIn(ctx, &pb.SignInRequest{ClientName: name, Invitation: s.invitation})
		if err == nil {
			u.id, u.display = u.User.Id, u.User.Name
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	return u, nil
}

// list reads all jobs, page by page.
func (u *user) list(ctx context.Context) (jobs []job, err error) {
	request := &pb.ListJobsRequest{PageSize: 200, Order: pb.JobOrder_JOB_ORDER_TIME_SLOT_ASC}
	for {
		page, err := u.ListJobs(ctx, request)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, jobsOf(page.Jobs)...)
		if request.PageToken = page.NextPageToken; request.PageToken == "" {
			return jobs, nil
		}
	}
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
		b.learn(j)
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
