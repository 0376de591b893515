package rpc

import (
	"context"
	"crypto/sha256"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/audit"
	"github.com/comfyscheduler/comfyscheduler/server/internal/booking"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// requestOf identifies a request that may be repeated; its hash tells a repetition from another one with the same id.
func requestOf(r interface {
	proto.Message
	GetRequestId() string
},
) audit.Request {
	said := r.GetRequestId()
	id := canonical(said)
	if id == "" {
		return audit.Request{}
	}
	asked := r.ProtoReflect()
	field := asked.Descriptor().Fields().ByName("request_id")
	asked.Clear(field) // its case does not count
	encoded, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend([]byte(asked.Descriptor().Name()), r)
	asked.Set(field, protoreflect.ValueOfString(said))
	if err != nil {
		panic(err) // it came over the wire
	}
	sum := sha256.Sum256(encoded)
	return audit.Request{ID: id, Hash: sum[:16]}
}

// asked is the caller with the id of its request.
func asked(ctx context.Context, r interface{ GetRequestId() string }) account.Actor {
	by := caller(ctx).Actor
	by.RequestID = canonical(r.GetRequestId())
	return by
}

// bookingOf returns what a booking, or the check of one, asks for.
func bookingOf(in workflow.Values, when booking.When, id, version, worker string) booking.Request {
	return booking.Request{When: when, Inputs: in, Workflow: id, Version: version, Worker: worker}
}

// canonical is a UUID as the service writes it.
func canonical(id string) string { return strings.ToLower(id) }
