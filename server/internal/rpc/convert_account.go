package rpc

import (
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
)

func userToProto(u account.User) *pb.User {
	return &pb.User{Id: u.ID, Name: u.Name, Administrator: u.Administrator, CreatedAtMs: u.CreatedAt}
}

func accountToProto(a account.Account) *pb.UserAccount {
	return &pb.UserAccount{User: userToProto(a.User), Tokens: int32(a.Tokens), LastUsedAtMs: a.LastUsed}
}

// tokenToProto shows a token; current is the id of that which the call was made with.
func tokenToProto(t account.Token, current string) *pb.Token {
	return &pb.Token{
		Id:           t.ID,
		Name:         t.ClientName,
		CreatedAtMs:  t.CreatedAt,
		LastUsedAtMs: t.LastUsed,
		Current:      t.ID == current,
	}
}

func invitationToProto(i account.Invitation) *pb.Invitation {
	return &pb.Invitation{
		Id:          i.ID,
		Note:        i.Note,
		CreatedBy:   i.CreatedByName,
		CreatedAtMs: i.CreatedAt,
		ExpiresAtMs: i.ExpiresAt,
		MaxUses:     int32(i.MaxUses),
		Uses:        int32(i.Uses),
	}
}

func eventToProto(e audit.Event) *pb.AuditEvent {
	return &pb.AuditEvent{
		AtMs:     e.At,
		UserId:   e.UserID,
		UserName: e.UserName,
		Ip:       e.Address,
		Action:   auditActions[e.Action],
		JobId:    e.JobID,
		Detail:   e.Detail,
	}
}

func limitsToProto(l account.Limits) *pb.Limits {
	return &pb.Limits{
		OpenBookings:      int32(l.OpenBookings),
		DaysAhead:         int32(l.DaysAhead),
		RequestsPerSecond: int32(l.RequestsPerSecond),
		MaxSlotMs:         l.MaxSlot,
		OpenMs:            l.OpenTime,
		DayMs:             l.DayTime,
	}
}
