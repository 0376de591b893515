package rpc

import (
	"context"
	"net/http"

	"connectrpc.com/connect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1/comfyschedulerv1connect"
)

type identityService struct {
	comfyschedulerv1connect.UnimplementedIdentityServiceHandler
	*Server
}

// cookieAge is how long a browser keeps its cookie, in seconds. Chromium allows no more.
const cookieAge = 400 * 24 * 60 * 60

func (s identityService) SignIn(ctx context.Context, r *pb.SignInRequest) (*pb.SignInResponse, error) {
	user, token, err := s.Identity.SignIn(ctx, r.ClientName)
	if err != nil {
		return nil, err
	}
	if r.Delivery == pb.TokenDelivery_TOKEN_DELIVERY_COOKIE {
		s.setCookie(ctx, token, cookieAge)
		token = ""
	}
	return &pb.SignInResponse{User: userToProto(user), Token: token}, nil
}

func (s identityService) GetMe(ctx context.Context, _ *pb.GetMeRequest) (*pb.GetMeResponse, error) {
	return &pb.GetMeResponse{User: userToProto(caller(ctx).User)}, nil
}

func (s identityService) RenameMe(ctx context.Context, r *pb.RenameMeRequest) (*pb.RenameMeResponse, error) {
	user, err := s.Identity.Rename(ctx, caller(ctx), r.Name)
	if err != nil {
		return nil, err
	}
	s.Feed.RenameUser(user.ID, user.Name)
	return &pb.RenameMeResponse{User: userToProto(user)}, nil
}

func (s identityService) SignOut(ctx context.Context, _ *pb.SignOutRequest) (*pb.SignOutResponse, error) {
	if err := s.Identity.SignOut(ctx, caller(ctx)); err != nil {
		return nil, err
	}
	s.setCookie(ctx, "", -1)
	return &pb.SignOutResponse{}, nil
}

func (s identityService) setCookie(ctx context.Context, value string, age int) {
	call, ok := connect.CallInfoForHandlerContext(ctx)
	if !ok {
		return
	}
	cookie := http.Cookie{Name: s.CookieName, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	call.ResponseHeader().Add("Set-Cookie", cookie.String())
}
