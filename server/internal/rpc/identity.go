package rpc

import (
	"context"
	"errors"
	"net/http"
	"time"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/gate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

type identityService struct{ *Server }

// maxCookieAge bounds the time for which a browser keeps its cookie. Chromium allows no more.
const maxCookieAge = 400 * 24 * time.Hour

func (s identityService) SignIn(ctx context.Context, r *pb.SignInRequest) (*pb.SignInResponse, error) {
	user, token, err := s.Identity.SignInOnce(ctx, canonical(r.RequestId), peerAddress(ctx), r.ClientName, r.Invitation)
	if err != nil {
		return nil, err
	}
	return &pb.SignInResponse{User: userToProto(user), Token: s.deliver(ctx, r.Delivery, token)}, nil
}

func (s identityService) SignInWithToken(ctx context.Context, r *pb.SignInWithTokenRequest) (*pb.SignInWithTokenResponse, error) {
	user, token, err := s.Identity.SignInWithToken(ctx, canonical(r.RequestId), peerAddress(ctx), r.Token, r.ClientName)
	if err != nil {
		return nil, err
	}
	return &pb.SignInWithTokenResponse{User: userToProto(user), Token: s.deliver(ctx, r.Delivery, token)}, nil
}

func (s identityService) GetMe(ctx context.Context, _ *pb.GetMeRequest) (*pb.GetMeResponse, error) {
	return &pb.GetMeResponse{User: userToProto(caller(ctx).User)}, nil
}

func (s identityService) UpdateMe(ctx context.Context, r *pb.UpdateMeRequest) (*pb.UpdateMeResponse, error) {
	user, err := s.Identity.Rename(ctx, caller(ctx).Actor, r.Name)
	if err != nil {
		return nil, err
	}
	return &pb.UpdateMeResponse{User: userToProto(user)}, nil
}

func (s identityService) SignOut(ctx context.Context, _ *pb.SignOutRequest) (*pb.SignOutResponse, error) {
	if err := s.Identity.SignOut(ctx, caller(ctx)); err != nil {
		return nil, err
	}
	s.setCookie(ctx, "", -1)
	return &pb.SignOutResponse{}, nil
}

// orNoSuch says what was not found; any other error stays as it is.
func orNoSuch(err error, what, name string) error {
	if errors.Is(err, store.ErrNotFound) {
		return fault.NoSuch(what, name)
	}
	return err
}

// deliver hands a token over as a cookie or gives it for the response.
func (s identityService) deliver(ctx context.Context, how pb.TokenDelivery, token string) string {
	if how != pb.TokenDelivery_TOKEN_DELIVERY_COOKIE {
		return token
	}
	age := maxCookieAge
	if s.TokenLife > 0 {
		age = min(age, s.TokenLife)
	}
	s.setCookie(ctx, token, int(age.Seconds()))
	return ""
}

func (s identityService) setCookie(ctx context.Context, value string, age int) {
	call, ok := connect.CallInfoForHandlerContext(ctx)
	if !ok {
		return
	}
	cookie := http.Cookie{
		Name:     s.cookieName(ctx),
		Value:    value,
		Path:     "/",
		MaxAge:   age,
		HttpOnly: true,
		SameSite: http.SameSiteStrictMode,
		Secure:   gate.PeerOf(ctx).Secure,
	}
	call.ResponseHeader().Add("Set-Cookie", cookie.String())
}
