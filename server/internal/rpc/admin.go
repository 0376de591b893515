package rpc

import (
	"context"
	"strconv"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

type adminService struct{ *Server }

const (
	defaultLogLines = 100
	defaultLifetime = 7 * 24 * time.Hour // of an invitation
)

func (s adminService) RestartWorker(ctx context.Context, r *pb.RestartWorkerRequest) (*pb.RestartWorkerResponse, error) {
	if err := s.Workers.Restart(r.WorkerId); err != nil {
		return nil, err
	}
	by := caller(ctx).Actor
	_, err := s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		return tx.InsertEvent(ctx, audit.Event{
			At: s.Now().UnixMilli(), UserID: by.ID, Address: by.Address, Action: audit.RestartWorker,
			Detail: r.WorkerId,
		})
	})
	return &pb.RestartWorkerResponse{}, err
}

func (s adminService) GetWorkerLog(ctx context.Context, r *pb.GetWorkerLogRequest) (*pb.GetWorkerLogResponse, error) {
	n := int(r.Lines)
	if n == 0 {
		n = defaultLogLines
	}
	lines, err := s.Workers.LogTail(ctx, r.WorkerId, n)
	return &pb.GetWorkerLogResponse{Lines: lines}, err
}

func (s adminService) PauseWorker(ctx context.Context, r *pb.PauseWorkerRequest) (*pb.PauseWorkerResponse, error) {
	paused, moving, err := s.Booking.Pause(ctx, caller(ctx).Actor, booking.Break{
		Worker: r.WorkerId, From: r.StartMs, Duration: r.DurationMs, Reason: r.Reason, Move: r.MoveBookings,
	})
	if err != nil {
		return nil, err
	}
	return &pb.PauseWorkerResponse{Pause: pauseToProto(&paused), MovedBookings: int32(moving)}, nil
}

func (s adminService) ResumeWorker(ctx context.Context, r *pb.ResumeWorkerRequest) (*pb.ResumeWorkerResponse, error) {
	return &pb.ResumeWorkerResponse{}, s.Booking.Resume(ctx, caller(ctx).Actor, r.WorkerId)
}

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
	user, token, err := s.Identity.CreateUser(ctx, caller(ctx).Actor, account.User{Name: r.Name, Administrator: r.Administrator})
	if err != nil {
		return nil, err
	}
	return &pb.CreateUserResponse{User: userToProto(user), Token: token}, nil
}

func (s adminService) SetAdministrator(ctx context.Context, r *pb.SetAdministratorRequest) (*pb.SetAdministratorResponse, error) {
	user, err := s.Identity.SetAdministrator(ctx, caller(ctx).Actor, canonical(r.UserId), r.Administrator)
	if err != nil {
		return nil, named(err, "user", r.UserId)
	}
	return &pb.SetAdministratorResponse{User: userToProto(user)}, nil
}

func (s adminService) CreateUserToken(ctx context.Context, r *pb.CreateUserTokenRequest) (*pb.CreateUserTokenResponse, error) {
	token, secret, err := s.Identity.CreateTokenFor(ctx, caller(ctx).Actor, canonical(r.UserId), r.Name)
	if err != nil {
		return nil, named(err, "user", r.UserId)
	}
	return &pb.CreateUserTokenResponse{Token: tokenToProto(token, ""), Secret: secret}, nil
}

func (s adminService) RevokeUserTokens(ctx context.Context, r *pb.RevokeUserTokensRequest) (*pb.RevokeUserTokensResponse, error) {
	n, err := s.Identity.RevokeTokens(ctx, caller(ctx).Actor, canonical(r.UserId))
	if err != nil {
		return nil, named(err, "user", r.UserId)
	}
	return &pb.RevokeUserTokensResponse{Revoked: int32(n)}, nil
}

func (s adminService) DeleteUser(ctx context.Context, r *pb.DeleteUserRequest) (*pb.DeleteUserResponse, error) {
	_, cancelled, err := s.Identity.DeleteUser(ctx, caller(ctx).Actor, canonical(r.UserId), r.CancelBookings)
	if err != nil {
		return nil, named(err, "user", r.UserId)
	}
	return &pb.DeleteUserResponse{CancelledBookings: int32(cancelled)}, nil
}

func (s adminService) CreateInvitation(ctx context.Context, r *pb.CreateInvitationRequest) (*pb.CreateInvitationResponse, error) {
	lifetime := time.Duration(r.LifetimeMs) * time.Millisecond
	if lifetime == 0 {
		lifetime = defaultLifetime
	}
	made, code, err := s.Identity.CreateInvitation(ctx, caller(ctx).Actor, r.Note, lifetime, max(int(r.MaxUses), 1))
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
	return &pb.RevokeInvitationResponse{}, named(err, "invitation", r.InvitationId)
}

func (s adminService) ListAuditEvents(ctx context.Context, r *pb.ListAuditEventsRequest) (*pb.ListAuditEventsResponse, error) {
	after, err := pageAfter(r)
	if err != nil {
		return nil, err
	}
	query := audit.Query{UserID: canonical(r.UserId), JobID: canonical(r.JobId), Limit: pageSize(r) + 1}
	if after != nil {
		query.Before = after.Start
	}
	events, err := s.Store.Events(ctx, query)
	if err != nil {
		return nil, err
	}
	shown, next := page(r, events, eventToProto, func(e audit.Event) store.Cursor {
		return store.Cursor{Start: e.Number, ID: strconv.FormatInt(e.Number, 10)}
	})
	return &pb.ListAuditEventsResponse{Events: shown, NextPageToken: next}, nil
}
