package rpc

import (
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/feed"
)

func revisionToProto(r feed.Revision) *pb.Revision {
	return &pb.Revision{Epoch: r.Epoch, Number: r.Number}
}

func connectionToProto(c feed.Connection) *pb.Connection {
	return &pb.Connection{ConnectionId: c.ID, UserId: c.UserID, Ip: c.IP, ConnectedAtMs: c.ConnectedAt, Client: c.Client}
}

func nameToProto(u feed.UserName) *pb.UserName { return &pb.UserName{UserId: u.UserID, Name: u.Name} }

func presenceToProto(p feed.Presence) *pb.Presence {
	return &pb.Presence{Connections: int32(p.Connections), Users: int32(p.Users)}
}
