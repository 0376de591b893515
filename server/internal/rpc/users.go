package rpc

import (
	"context"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

type adminService struct{ *Server }

func (s adminService) ListUsers(ctx context.Context, r *pb.ListUsersRequest) (*pb.ListUsersResponse, error) {
	after, err := pageAfter(r)
	if err != nil {
		return nil, err
	}
	accounts, err := s.Identity.Accounts(ctx, after, pageSize(r)+1)
	if err != nil {
		return nil, err
	}
	shown, next := page(r, accounts, accountToProto,
		func(a account.Account) store.Cursor { return store.Cursor{Start: a.CreatedAt, ID: a.ID} })
	return &pb.ListUsersResponse{Users: shown, NextPageToken: next}, nil
}

func (s adminService) CreateUser(ctx context.Context, r *pb.CreateUserRequest) (*pb.CreateUserResponse, error) {
	user, token, err := s.Identity.CreateUser(ctx, asked(ctx, r), account.User{Name: r.Name, Administrator: r.Administrator})
	if err != nil {
		return nil, err
	}
	return &pb.CreateUserResponse{User: userToProto(user), Token: token}, nil
}

func (s adminService) GetUser(ctx context.Context, r *pb.GetUserRequest) (*pb.GetUserResponse, error) {
	found, err := s.Identity.Account(ctx, canonical(r.UserId))
	if err != nil {
		return nil, orNoSuch(err, "user", r.UserId)
	}
	return &pb.GetUserResponse{User: accountToProto(found)}, nil
}

func (s adminService) UpdateUser(ctx context.Context, r *pb.UpdateUserRequest) (*pb.UpdateUserResponse, error) {
	var change identity.UserChange
	for _, path := range r.UpdateMask.GetPaths() {
		switch path { // the schema allows no other
		case "name":
			change.Name = &r.Name
		case "administrator":
			change.Administrator = &r.Administrator
		}
	}
	user, err := s.Identity.UpdateUser(ctx, caller(ctx).Actor, canonical(r.UserId), change)
	if err != nil {
		return nil, orNoSuch(err, "user", r.UserId)
	}
	return &pb.UpdateUserResponse{User: userToProto(user)}, nil
}

func (s adminService) CreateUserToken(ctx context.Context, r *pb.CreateUserTokenRequest) (*pb.CreateUserTokenResponse, error) {
	token, secret, err := s.Identity.CreateTokenFor(ctx, asked(ctx, r), canonical(r.UserId), r.Name)
	if err != nil {
		return nil, orNoSuch(err, "user", r.UserId)
	}
	return &pb.CreateUserTokenResponse{Token: tokenToProto(token, ""), Secret: secret}, nil
}

func (s adminService) RevokeUserTokens(ctx context.Context, r *pb.RevokeUserTokensRequest) (*pb.RevokeUserTokensResponse, error) {
	n, err := s.Identity.RevokeTokens(ctx, caller(ctx).Actor, canonical(r.UserId))
	if err != nil {
		return nil, orNoSuch(err, "user", r.UserId)
	}
	return &pb.RevokeUserTokensResponse{Revoked: int32(n)}, nil
}

func (s adminService) DeleteUser(ctx context.Context, r *pb.DeleteUserRequest) (*pb.DeleteUserResponse, error) {
	_, cancelled, err := s.Identity.DeleteUser(ctx, caller(ctx).Actor, canonical(r.UserId), r.CancelBookings)
	if err != nil {
		return nil, orNoSuch(err, "user", r.UserId)
	}
	return &pb.DeleteUserResponse{CancelledBookings: int32(cancelled)}, nil
}
