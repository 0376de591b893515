package servicetest

import (
	"context"
	"fmt"
	"net/http"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
)

// Client speaks to a service for somebody who has a token, or none yet.
type Client struct {
	comfyschedulerv1connect.SchedulerServiceClient
	Workflows comfyschedulerv1connect.WorkflowServiceClient
	Workers   comfyschedulerv1connect.WorkerServiceClient
	Assets    comfyschedulerv1connect.AssetServiceClient
	Identity  comfyschedulerv1connect.IdentityServiceClient
	Admin     comfyschedulerv1connect.AdminServiceClient
	HTTP      *http.Client // sends the token too
	Token     string       // sent with every call; empty sends none. Set it while no call is under way
	User      *pb.User     // who signed in with SignIn
}

// Dial returns a client that has no token. The transport is one of [HTTP1], [HTTP2] or the caller's own.
func Dial(url string, transport http.RoundTripper, options ...connect.ClientOption) *Client {
	c := &Client{}
	c.HTTP = &http.Client{Transport: bearer{&c.Token, transport}}
	c.SchedulerServiceClient = comfyschedulerv1connect.NewSchedulerServiceClient(c.HTTP, url, options...)
	c.Workflows = comfyschedulerv1connect.NewWorkflowServiceClient(c.HTTP, url, options...)
	c.Workers = comfyschedulerv1connect.NewWorkerServiceClient(c.HTTP, url, options...)
	c.Assets = comfyschedulerv1connect.NewAssetServiceClient(c.HTTP, url, options...)
	c.Identity = comfyschedulerv1connect.NewIdentityServiceClient(c.HTTP, url, options...)
	c.Admin = comfyschedulerv1connect.NewAdminServiceClient(c.HTTP, url, options...)
	return c
}

// HTTP1 returns a transport that speaks HTTP/1.1 on as many connections as there are calls, as browsers do.
func HTTP1() *http.Transport { return &http.Transport{MaxIdleConnsPerHost: 256} }

// HTTP2 returns a transport that speaks HTTP/2 without TLS on one connection, as gRPC clients do.
func HTTP2() *http.Transport {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	return &http.Transport{Protocols: &protocols}
}

// SignIn becomes a user, a new one where the service is open or the request has an invitation, and keeps the token.
func (c *Client) SignIn(ctx context.Context, request *pb.SignInRequest) error {
	response, err := c.Identity.SignIn(ctx, request)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	c.Token, c.User = response.Token, response.User
	return nil
}

// bearer sends a token with every call.
type bearer struct {
	token *string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if *b.token != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+*b.token)
	}
	return b.next.RoundTrip(r)
}
