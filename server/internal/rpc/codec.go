package rpc

import (
	"fmt"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// format is one of the encodings of a message.
type format int

const (
	asBinary format = iota
	asJSON
	formats
)

// marshal encodes a message. The last line of defence stands here: text that is no UTF-8 is mended, since one bad byte
// would keep all else from whoever asks.
func (f format) marshal(to []byte, message proto.Message) ([]byte, error) {
	encoded, err := f.try(to, message)
	if err != nil {
		message = proto.Clone(message) // others may hold its lists
		mend(message.ProtoReflect())
		encoded, err = f.try(to, message)
	}
	return encoded, err
}

func (f format) try(to []byte, message proto.Message) ([]byte, error) {
	if f == asJSON {
		return protojson.MarshalOptions{}.MarshalAppend(to, message)
	}
	return proto.MarshalOptions{}.MarshalAppend(to, message)
}

// codec is a format as connect uses it, with frames as they are, under one of the names that connect knows it by.
type codec struct {
	format
	name string
}

var codecs = connect.WithHandlerOptions(
	connect.WithCodec(codec{asBinary, "proto"}),
	connect.WithCodec(codec{asJSON, "json"}), connect.WithCodec(codec{asJSON, "json; charset=utf-8"}),
)

// Name implements connect.Codec.
func (c codec) Name() string { return c.name }

// Marshal implements connect.Codec.
func (c codec) Marshal(message any) ([]byte, error) { return c.MarshalAppend(nil, message) }

// MarshalAppend appends to a buffer that is used again.
func (c codec) MarshalAppend(to []byte, message any) ([]byte, error) {
	switch message := message.(type) {
	case *frame:
		for _, part := range message.parts {
			to = append(to, part...)
		}
		return to, nil
	case proto.Message:
		return c.marshal(to, message)
	default:
		return nil, fmt.Errorf("%T is not a message", message)
	}
}

// Unmarshal implements connect.Codec.
func (c codec) Unmarshal(data []byte, message any) error {
	into, ok := message.(proto.Message)
	if !ok {
		return fmt.Errorf("%T is not a message", message)
	}
	if c.format != asJSON {
		readBinary(data, into)
	} else {
		readJSON(data, into)
	}
	return nil
}
