package rpc

import (
	"context"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// defaultLifetime ends an invitation for which nothing else was asked.
const defaultLifetime = 7 * 24 * time.Hour

func (s adminService) CreateInvitation(ctx context.Context, r *pb.CreateInvitationRequest) (*pb.CreateInvitationResponse, error) {
	lifetime := time.Duration(r.LifetimeMs) * time.Millisecond
	if lifetime == 0 {
		lifetime = defaultLifetime
	}
	made, code, err := s.Identity.CreateInvitation(ctx, asked(ctx, r), r.Note, lifetime, max(int(r.MaxUses), 1))
	if err != nil {
		return nil, err
	}
	return &pb.CreateInvitationResponse{Invitation: invitationToProto(made), Code: code}, nil
}

func (s adminService) ListInvitations(ctx context.Context, r *pb.ListInvitationsRequest) (*pb.ListInvitationsResponse, error) {
	after, err := pageAfter(r)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.Invitations(ctx, s.Now().UnixMilli(), after, pageSize(r)+1)
	if err != nil {
		return nil, err
	}
	shown, next := page(r, list, invitationToProto,
		func(i account.Invitation) store.Cursor { return store.Cursor{Start: i.CreatedAt, ID: i.ID} })
	return &pb.ListInvitationsResponse{Invitations: shown, NextPageToken: next}, nil
}

func (s adminService) RevokeInvitation(ctx context.Context, r *pb.RevokeInvitationRequest) (*pb.RevokeInvitationResponse, error) {
	err := s.Identity.RevokeInvitation(ctx, caller(ctx).Actor, canonical(r.InvitationId))
	return &pb.RevokeInvitationResponse{}, orNoSuch(err, "invitation", r.InvitationId)
}

func (s adminService) GetInvitation(ctx context.Context, r *pb.GetInvitationRequest) (*pb.GetInvitationResponse, error) {
	found, err := s.Identity.Invitation(ctx, canonical(r.InvitationId))
	if err != nil {
		return nil, orNoSuch(err, "invitation", r.InvitationId)
	}
	return &pb.GetInvitationResponse{Invitation: invitationToProto(found)}, nil
}
