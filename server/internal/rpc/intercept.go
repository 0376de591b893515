package rpc

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"strings"

	"connectrpc.com/connect"
	"connectrpc.com/validate"

	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
)

// audience is who may call a procedure. The zero value is the strictest that a user passes: signed in.
type audience int

const (
	signedIn audience = iota
	everybody
	administrators
)

func audienceOf(procedure string) audience {
	switch {
	case procedure == comfyschedulerv1connect.IdentityServiceSignInProcedure:
		return everybody
	case strings.HasPrefix(procedure, "/"+comfyschedulerv1connect.AdminServiceName+"/"):
		return administrators
	default:
		return signedIn
	}
}

// interceptors are those of every call, outermost first.
func (s *Server) interceptors() []connect.Interceptor {
	return []connect.Interceptor{&guard{s}, validate.NewInterceptor()}
}

// guard recognises the caller, keeps a panic from ending more than its call, and translates errors.
type guard struct{ *Server }

// WrapUnary implements connect.Interceptor.
func (g *guard) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, request connect.AnyRequest) (response connect.AnyResponse, err error) {
		err = g.call(ctx, request.Spec().Procedure, request.Header(), func(ctx context.Context) error {
			response, err = next(ctx, request)
			return err
		})
		if err != nil {
			return nil, err
		}
		return response, nil
	}
}

// WrapStreamingHandler implements connect.Interceptor.
func (g *guard) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) error {
		return g.call(ctx, conn.Spec().Procedure, conn.RequestHeader(), func(ctx context.Context) error { return next(ctx, conn) })
	}
}

// WrapStreamingClient implements connect.Interceptor. The service calls nobody.
func (g *guard) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

func (g *guard) call(ctx context.Context, procedure string, header http.Header, next func(context.Context) error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
		err = translate(ctx, g.Log, procedure, err)
	}()
	needed := audienceOf(procedure)
	if needed != everybody {
		who, err := g.Identity.Authenticate(ctx, g.Token(header))
		if err != nil {
			return err
		}
		if needed == administrators && !who.Administrator {
			return errNotAdministrator
		}
		ctx = context.WithValue(ctx, callerKey{}, who)
	}
	return next(ctx)
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

// Caller recognises who makes a plain HTTP request; identity.ErrNotSignedIn.
func (s *Server) Caller(r *http.Request) (identity.Caller, error) {
	return s.Identity.Authenticate(r.Context(), s.Token(r.Header))
}

// WithConnection gives the services what they need of the HTTP connection: its address and its write deadline.
func WithConnection(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), controllerKey{}, http.NewResponseController(w))
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			host = r.RemoteAddr
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, addressKey{}, host)))
	})
}

func peerAddress(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}
