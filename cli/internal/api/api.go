// Package api is the connection to one server: its services and files, the token that goes with every call, and what its
// answers and errors mean to a program.
package api

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/config"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Client is a server as the commands see it. Nothing is dialled before the first call.
type Client struct {
	Scheduler pb.SchedulerServiceClient
	Identity  pb.IdentityServiceClient
	Workflows pb.WorkflowServiceClient
	Workers   pb.WorkerServiceClient
	Assets    pb.AssetServiceClient
	Admin     pb.AdminServiceClient
	// Address names the server.
	Address config.Address
	// Keeper holds the caller's token.
	Keeper *Keeper

	conn *grpc.ClientConn
	http *http.Client
}

// New makes a client. The keeper's SignIn is set to this server's. roots are the authorities that may vouch for an https
// server, nil for those of the machine. Further options are for tests.
func New(addr config.Address, keeper *Keeper, userAgent string, roots *x509.CertPool, opts ...grpc.DialOption) (*Client, error) {
	c := &Client{Address: addr, Keeper: keeper}
	target := addr.HostPort()
	options := []grpc.DialOption{
		grpc.WithUserAgent(userAgent),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 3 * time.Second},
			MinConnectTimeout: 5 * time.Second,
		}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
		grpc.WithChainUnaryInterceptor(retryBusy, c.authorizeCall),
		grpc.WithChainStreamInterceptor(c.authorizeStream),
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if addr.TLS {
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		options = append(options, grpc.WithTransportCredentials(credentials.NewTLS(transport.TLSClientConfig.Clone())))
	} else {
		options = append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))
	}
	if addr.IsLocalhost() {
		target = "passthrough:///" + target // no name look-up: DialContext knows both loopbacks
		options = append(options, grpc.WithContextDialer(func(ctx context.Context, hostport string) (net.Conn, error) {
			return addr.DialContext(ctx, "tcp", hostport)
		}))
		transport.DialContext = addr.DialContext
	}
	conn, err := grpc.NewClient(target, append(options, opts...)...)
	if err != nil {
		return nil, err
	}
	c.conn = conn
	c.http = &http.Client{Transport: transport}
	c.Scheduler = pb.NewSchedulerServiceClient(conn)
	c.Identity = pb.NewIdentityServiceClient(conn)
	c.Workflows = pb.NewWorkflowServiceClient(conn)
	c.Workers = pb.NewWorkerServiceClient(conn)
	c.Assets = pb.NewAssetServiceClient(conn)
	c.Admin = pb.NewAdminServiceClient(conn)
	keeper.SignIn = func(ctx context.Context, req *pb.SignInRequest) (*pb.SignInResponse, error) {
		return c.Identity.SignIn(ctx, req)
	}
	return c, nil
}

// Close ends the connection.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return c.conn.Close()
}

// longestRetry is the longest time for which a call waits that the server has put off.
const longestRetry = 10 * time.Second

// retryBusy makes a call again that the server put off because there were too many. It was not carried out, so that calling
// again is safe whatever it does.
func retryBusy(
	ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption,
) error {
	for deadline := time.Now().Add(longestRetry); ; {
		err := call(ctx, method, req, reply, cc, opts...)
		pause := RetryAfter(err)
		if pause == 0 || time.Now().Add(pause).After(deadline) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

// authorizeCall sends the token with every call but the one that asks for it.
func (c *Client) authorizeCall(
	ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption,
) error {
	if method != pb.IdentityService_SignIn_FullMethodName {
		token, err := c.Keeper.Token(ctx)
		if err != nil {
			return err
		}
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	return call(ctx, method, req, reply, cc, opts...)
}

func (c *Client) authorizeStream(
	ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	token, err := c.Keeper.Token(ctx)
	if err != nil {
		return nil, err
	}
	return open(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token), desc, cc, method, opts...)
}
