package rpc

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// frame is a response of the state stream in parts that are encoded already, most of them once for all watchers.
// Encodings of a message, one after the other, are an encoding of them all merged.
type frame struct {
	parts [][]byte
}

// encode makes a part of a frame.
func encode(part *pb.WatchStateResponse) []byte {
	encoded, err := proto.Marshal(part)
	if err != nil {
		panic(err) // all texts of a job came over the wire or from a file that was checked
	}
	return encoded
}

// ProtoReflect implements proto.Message, for other formats than the binary one.
func (f *frame) ProtoReflect() protoreflect.Message {
	whole := &pb.WatchStateResponse{}
	for _, part := range f.parts {
		if err := (proto.UnmarshalOptions{Merge: true}).Unmarshal(part, whole); err != nil {
			panic(err) // it was encoded here
		}
	}
	return whole.ProtoReflect()
}

// binary is the binary format, with frames as they are.
type binary struct{}

// Name implements connect.Codec.
func (binary) Name() string { return "proto" }

// Marshal implements connect.Codec.
func (b binary) Marshal(message any) ([]byte, error) { return b.MarshalAppend(nil, message) }

// MarshalAppend appends to a buffer that is used again.
func (binary) MarshalAppend(to []byte, message any) ([]byte, error) {
	switch message := message.(type) {
	case *frame:
		for _, part := range message.parts {
			to = append(to, part...)
		}
		return to, nil
	case proto.Message:
		return proto.MarshalOptions{}.MarshalAppend(to, message)
	default:
		return nil, fmt.Errorf("%T is not a message", message)
	}
}

// Unmarshal implements connect.Codec.
func (binary) Unmarshal(data []byte, message any) error {
	into, ok := message.(proto.Message)
	if !ok {
		return fmt.Errorf("%T is not a message", message)
	}
	if err := proto.Unmarshal(data, into); err != nil {
		return fmt.Errorf("unmarshal into %T: %w", message, err)
	}
	return nil
}
