package rpc

import (
	"errors"
	"fmt"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/apierror"
)

// Requests are read strictly: a field or a name of an enum that the schema does not have is a mistake, and a wrong filter
// must not become no filter. Answers may hold what a client does not know.
//
// connect decodes a request before any interceptor runs, and its own error could carry no detail. So a request that cannot
// be read goes on as an empty message with a note of what is wrong among its unknown fields, and readable refuses it.

func readJSON(data []byte, into proto.Message) {
	if len(data) == 0 {
		note(into, "the request is empty: send a JSON object, {} at least")
	} else if err := protojson.Unmarshal(data, into); err != nil {
		note(into, describe(data, into.ProtoReflect().Descriptor(), err))
	}
}

func readBinary(data []byte, into proto.Message) {
	if proto.Unmarshal(data, into) != nil {
		note(into, fmt.Sprintf("the request's bytes are not the message %s", into.ProtoReflect().Descriptor().FullName()))
	}
}

// noteNumber is the field that holds the note, the last one that a message can have.
const noteNumber = protowire.MaxValidNumber

// note leaves nothing of a message but what is wrong with it.
func note(message proto.Message, problem string) {
	proto.Reset(message)
	message.ProtoReflect().SetUnknown(protowire.AppendString(protowire.AppendTag(nil, noteNumber, protowire.BytesType), problem))
}

// readable refuses a request that could not be read.
func readable(request any) error {
	message, ok := request.(proto.Message)
	if !ok {
		return nil
	}
	for unknown := message.ProtoReflect().GetUnknown(); len(unknown) > 0; {
		number, kind, size := protowire.ConsumeField(unknown)
		if size < 0 {
			return nil
		}
		if number == noteNumber && kind == protowire.BytesType {
			_, _, tag := protowire.ConsumeTag(unknown)
			problem, _ := protowire.ConsumeString(unknown[tag:])
			return malformed(problem)
		}
		unknown = unknown[size:]
	}
	return nil
}

func malformed(problem string) error {
	return apierror.New(connect.CodeInvalidArgument, errors.New(problem), pb.ErrorReason_ERROR_REASON_MALFORMED)
}

// acceptable refuses a request that could not be read or breaks a rule of the schema.
func (s *Server) acceptable(request any) error {
	if err := readable(request); err != nil {
		return err
	}
	if message, ok := request.(proto.Message); ok {
		return s.rules.check(message)
	}
	return nil
}

// acceptableConn refuses what a stream begins with, as acceptable does.
type acceptableConn struct {
	connect.StreamingHandlerConn
	server *Server
}

// Receive implements connect.StreamingHandlerConn.
func (c acceptableConn) Receive(message any) error {
	if err := c.StreamingHandlerConn.Receive(message); err != nil {
		return err
	}
	return c.server.acceptable(message)
}
