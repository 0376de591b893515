package rpc

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"connectrpc.com/connect"

	api "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
	"github.com/comfyscheduler/comfyscheduler/server/internal/apierror"
	"github.com/comfyscheduler/comfyscheduler/server/internal/gate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/refusal"
)

// What one source may do without being known, in calls a second and at once. The first is far above what people do and
// bounds how many users a program can make; the second holds where others than this machine's users reach the port.
const (
	signInRate, signInBurst   = 20, 500
	exposedRate, exposedBurst = 1, 100
	guessRate, guessBurst     = 20, 100
)

// pictures counts so many files as one call: a page shows many.
const pictures = 10

// admission holds back who comes too often.
type admission struct {
	calls   *throttle // by user
	checks  *throttle // by user: of bookings, while people type
	files   *throttle // by user, or by source
	signIns *throttle // by source
	guesses *throttle // by source: calls without a valid token
}

func (s *Server) newAdmission() *admission {
	rate, burst := float64(signInRate), signInBurst
	if s.Exposed {
		rate, burst = exposedRate, exposedBurst
	}
	perSecond := s.Presenter.Limits.RequestsPerSecond
	return &admission{
		calls:   newThrottle(float64(perSecond), 2*perSecond, s.Now),
		checks:  newThrottle(float64(perSecond), 2*perSecond, s.Now),
		files:   newThrottle(float64(pictures*perSecond), 2*pictures*perSecond, s.Now),
		signIns: newThrottle(rate, burst, s.Now),
		guesses: newThrottle(guessRate, guessBurst, s.Now),
	}
}

// admit recognises the caller and holds back who calls too often. It runs before the request's message is read.
func (g *guard) admit(ctx context.Context, spec connect.Spec, _ connect.Peer, header http.Header) (context.Context, error) {
	ctx, kind, err := g.let(ctx, spec.Procedure, header)
	if err == nil {
		return ctx, nil
	}
	if kind != "" {
		g.Refusals.Note(kind, peerAddress(ctx), spec.Procedure)
	}
	return ctx, apierror.Translate(ctx, g.Log, spec.Procedure, err)
}

// let lets those through who belong to the audience, or says why not.
func (g *guard) let(ctx context.Context, procedure string, header http.Header) (context.Context, refusal.Kind, error) {
	needed := g.audience(procedure)
	if needed == everybody {
		return ctx, refusal.SignIns, g.admission.signIns.take(source(ctx))
	}
	if needed == anybody {
		return ctx, "", nil
	}
	who, kind, err := g.recognise(ctx, header)
	if err != nil {
		return ctx, kind, err
	}
	if !who.Administrator {
		allowance := g.admission.calls
		if procedure == api.SchedulerServiceCheckBookingProcedure {
			allowance = g.admission.checks
		}
		if err := allowance.take(who.ID); err != nil {
			return ctx, refusal.Calls, err
		}
	}
	if needed == nobody || needed == administrators && !who.Administrator {
		return ctx, refusal.NotAllowed, errNotAdministrator
	}
	return context.WithValue(ctx, callerKey{}, who), "", nil
}

// recognise says who makes a request. Whoever guesses is held back before the store is asked, which would cost more than
// the guess; who is known already is not held back by others from the same source.
func (s *Server) recognise(ctx context.Context, header http.Header) (identity.Caller, refusal.Kind, error) {
	token := s.token(ctx, header)
	who, known := s.Identity.Recall(ctx, token)
	if !known {
		if err := s.admission.guesses.mayTake(source(ctx)); err != nil {
			return who, refusal.TooManyTokens, err
		}
		var err error
		if who, err = s.Identity.Authenticate(ctx, token); err != nil {
			if !errors.Is(err, identity.ErrNotSignedIn) {
				return who, "", err
			}
			_ = s.admission.guesses.take(source(ctx)) // this one is answered
			if token == "" {
				return who, refusal.NotSignedIn, err
			}
			return who, refusal.WrongToken, err
		}
	}
	who.Address = peerAddress(ctx)
	return who, "", nil
}

// token is the one that a request carries: as a bearer token, else in the browser's cookie.
func (s *Server) token(ctx context.Context, header http.Header) string {
	if scheme, token, ok := strings.Cut(header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "bearer") {
		return strings.TrimSpace(token)
	}
	cookie, err := (&http.Request{Header: header}).Cookie(s.cookieName(ctx))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// cookieName names the cookie. The prefix makes browsers take it from this very host and encrypted only.
func (s *Server) cookieName(ctx context.Context) string {
	if gate.PeerOf(ctx).Secure {
		return "__Host-" + s.CookieName
	}
	return s.CookieName
}

func peerAddress(ctx context.Context) string { return gate.PeerOf(ctx).Address }

// source gives one name to all addresses that one host may have.
func source(ctx context.Context) string { return refusal.Network(peerAddress(ctx)) }
