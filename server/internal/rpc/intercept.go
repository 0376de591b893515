package rpc

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"connectrpc.com/connect"
	"connectrpc.com/validate"

	api "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
)

// audience is who may call a procedure.
type audience int

const (
	nobody audience = iota
	everybody
	signedIn
	administrators
)

// audiences says it for each procedure. One that is missing here is for nobody.
var audiences = map[string]audience{
	api.SchedulerServiceBookJobProcedure:       signedIn,
	api.SchedulerServiceUpdateJobProcedure:     signedIn,
	api.SchedulerServiceCancelJobProcedure:     signedIn,
	api.SchedulerServiceGetJobProcedure:        signedIn,
	api.SchedulerServiceListJobsProcedure:      signedIn,
	api.SchedulerServiceListFreeSlotsProcedure: signedIn,
	api.SchedulerServiceGetTodayStatsProcedure: signedIn,
	api.SchedulerServiceGetStateProcedure:      signedIn,
	api.SchedulerServiceWatchStateProcedure:    signedIn,

	api.IdentityServiceSignInProcedure:          everybody,
	api.IdentityServiceSignInWithTokenProcedure: everybody,
	api.IdentityServiceGetMeProcedure:           signedIn,
	api.IdentityServiceRenameMeProcedure:        signedIn,
	api.IdentityServiceSignOutProcedure:         signedIn,
	api.IdentityServiceCreateTokenProcedure:     signedIn,
	api.IdentityServiceListTokensProcedure:      signedIn,
	api.IdentityServiceRenameTokenProcedure:     signedIn,
	api.IdentityServiceRevokeTokenProcedure:     signedIn,

	api.AdminServiceRestartWorkerProcedure:    administrators,
	api.AdminServiceGetWorkerLogProcedure:     administrators,
	api.AdminServicePauseWorkerProcedure:      administrators,
	api.AdminServiceResumeWorkerProcedure:     administrators,
	api.AdminServiceListUsersProcedure:        administrators,
	api.AdminServiceCreateUserProcedure:       administrators,
	api.AdminServiceSetAdministratorProcedure: administrators,
	api.AdminServiceCreateUserTokenProcedure:  administrators,
	api.AdminServiceRevokeUserTokensProcedure: administrators,
	api.AdminServiceDeleteUserProcedure:       administrators,
	api.AdminServiceCreateInvitationProcedure: administrators,
	api.AdminServiceListInvitationsProcedure:  administrators,
	api.AdminServiceRevokeInvitationProcedure: administrators,
	api.AdminServiceListAuditEventsProcedure:  administrators,
}

// interceptors are those of every call, outermost first.
func (s *Server) interceptors() []connect.Interceptor {
	return []connect.Interceptor{newGuard(s), validate.NewInterceptor()}
}

// What one address may do without being known, in calls a second and at once. It is far above what people do and bounds
// how many users a program can make.
const (
	signInRate, signInBurst = 20, 500
	guessRate, guessBurst   = 20, 100
)

// callLimit is how long a call that is no stream may take. A write that was handed to the store is answered truthfully all
// the same.
const callLimit = 30 * time.Second

// guard recognises the caller, keeps a panic from ending more than its call, and translates errors.
type guard struct {
	*Server
	calls   *throttle // by user
	signIns *throttle // by address
	guesses *throttle // by address: calls without a valid token
}

func newGuard(s *Server) *guard {
	perSecond := s.Outlook.Limits.RequestsPerSecond
	return &guard{
		Server: s, calls: newThrottle(float64(perSecond), 2*perSecond, s.Now),
		signIns: newThrottle(signInRate, signInBurst, s.Now), guesses: newThrottle(guessRate, guessBurst, s.Now),
	}
}

// WrapUnary implements connect.Interceptor.
func (g *guard) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (response connect.AnyResponse, err error) {
		ctx, cancel := context.WithTimeout(ctx, callLimit)
		defer cancel()
		procedure := request.Spec().Procedure
		defer func() { err = g.conclude(ctx, procedure, recover(), err) }()
		if ctx, err = g.admit(ctx, procedure, request.Header()); err != nil {
			return nil, err
		}
		if response, err = next(ctx, request); err != nil {
			return nil, err
		}
		response.Header().Set("Cache-Control", "no-store")
		return response, nil
	}
}

// WrapStreamingHandler implements connect.Interceptor.
func (g *guard) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) (err error) {
		defer func() { err = g.conclude(ctx, conn.Spec().Procedure, recover(), err) }()
		if ctx, err = g.admitStream(ctx, conn); err != nil {
			return err
		}
		return next(ctx, conn)
	}
}

// WrapStreamingClient implements connect.Interceptor. The service calls nobody.
func (g *guard) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

// conclude gives the error that a call ends with; cause is what it panicked with.
func (g *guard) conclude(ctx context.Context, procedure string, cause any, err error) error {
	if cause != nil {
		err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
	}
	return translate(ctx, g.Log, procedure, err)
}

// admitStream is apart because a Spec would stay on the stack for as long as the stream is open.
func (g *guard) admitStream(ctx context.Context, conn connect.StreamingHandlerConn) (context.Context, error) {
	return g.admit(ctx, conn.Spec().Procedure, conn.RequestHeader())
}

// admit recognises the caller and holds back who calls too often.
func (g *guard) admit(ctx context.Context, procedure string, header http.Header) (context.Context, error) {
	needed := audiences[procedure]
	if needed == everybody {
		return ctx, g.signIns.take(peerAddress(ctx))
	}
	who, err := g.Identity.Authenticate(ctx, g.Token(header))
	if err != nil {
		return ctx, cmp.Or(g.guesses.take(peerAddress(ctx)), err)
	}
	if !who.Administrator {
		if err := g.calls.take(who.ID); err != nil {
			return ctx, err
		}
	}
	if needed == nobody || needed == administrators && !who.Administrator {
		return ctx, errNotAdministrator
	}
	who.Address = peerAddress(ctx)
	return context.WithValue(ctx, callerKey{}, who), nil
}

// Token is the one that a request carries: as a bearer token, else in the browser's cookie.
func (s *Server) Token(header http.Header) string {
	if scheme, token, ok := strings.Cut(header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "bearer") {
		return strings.TrimSpace(token)
	}
	cookie, err := (&http.Request{Header: header}).Cookie(s.CookieName)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// WithConnection gives the services what they need of the HTTP connection: its address. It is for http.Server.ConnContext.
func WithConnection(ctx context.Context, c net.Conn) context.Context {
	address := c.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	return context.WithValue(ctx, addressKey{}, address)
}

func peerAddress(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}
