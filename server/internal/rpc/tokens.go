package rpc

import (
	"context"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func (s identityService) CreateToken(ctx context.Context, r *pb.CreateTokenRequest) (*pb.CreateTokenResponse, error) {
	token, secret, err := s.Identity.CreateToken(ctx, asked(ctx, r), r.Name)
	if err != nil {
		return nil, err
	}
	return &pb.CreateTokenResponse{Token: tokenToProto(token, caller(ctx).TokenID), Secret: secret}, nil
}

func (s identityService) ListTokens(ctx context.Context, r *pb.ListTokensRequest) (*pb.ListTokensResponse, error) {
	after, err := pageAfter(r)
	if err != nil {
		return nil, err
	}
	tokens, err := s.Identity.Tokens(ctx, caller(ctx).ID, after, pageSize(r)+1)
	if err != nil {
		return nil, err
	}
	mine := func(t account.Token) *pb.Token { return tokenToProto(t, caller(ctx).TokenID) }
	shown, next := page(r, tokens, mine, func(t account.Token) store.Cursor { return store.Cursor{Start: t.CreatedAt, ID: t.ID} })
	return &pb.ListTokensResponse{Tokens: shown, NextPageToken: next}, nil
}

func (s identityService) UpdateToken(ctx context.Context, r *pb.UpdateTokenRequest) (*pb.UpdateTokenResponse, error) {
	changed, err := s.Identity.RenameToken(ctx, caller(ctx).Actor, canonical(r.TokenId), r.Name)
	if err != nil {
		return nil, orNoSuch(err, "token", r.TokenId)
	}
	return &pb.UpdateTokenResponse{Token: tokenToProto(changed, caller(ctx).TokenID)}, nil
}

func (s identityService) RevokeToken(ctx context.Context, r *pb.RevokeTokenRequest) (*pb.RevokeTokenResponse, error) {
	err := s.Identity.RevokeToken(ctx, caller(ctx).Actor, canonical(r.TokenId))
	return &pb.RevokeTokenResponse{}, orNoSuch(err, "token", r.TokenId)
}
