package rpc

import (
	"bytes"

	"google.golang.org/protobuf/proto"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// maxResponse is how large a response with many entries, or much that is new, may be, in bytes. Clients of gRPC take 4 MiB
// when they are not told otherwise.
const maxResponse = 1 << 20

// frame is a response of the state stream in parts, in the format of its stream; most parts were encoded once for all
// watchers.
type frame struct {
	parts [][]byte
}

// response is what a frame is put together from.
type response struct {
	snapshot *snapshotParts
	deltas   [][]byte
	progress [][]byte
	own      *pb.WatchStateResponse // what only this watcher is told; its snapshot belongs to `snapshot`
}

func (r *response) frame(f format) (*frame, error) {
	if f == asJSON {
		return r.json()
	}
	return r.binary()
}

// binary puts encodings one after the other, in any order: that is an encoding of them all merged.
func (r *response) binary() (*frame, error) {
	parts := append(r.deltas, r.progress...)
	if r.snapshot != nil {
		parts = append(parts, r.snapshot.whole)
	}
	if r.own != nil {
		own, err := asBinary.marshal(nil, r.own)
		if err != nil {
			return nil, err
		}
		parts = append(parts, own)
	}
	return &frame{parts}, nil
}

// json writes the object around what is encoded.
func (r *response) json() (*frame, error) {
	object := newObject()
	if r.snapshot != nil {
		if err := r.snapshot.addTo(object, r.own.GetSnapshot()); err != nil {
			return nil, err
		}
	}
	object.list("deltas", r.deltas...)
	object.list("progress", r.progress...)
	if own := r.own; own != nil {
		rest := &pb.WatchStateResponse{ConnectionId: own.ConnectionId, Heartbeat: own.Heartbeat}
		fields, err := jsonFields(rest)
		if err != nil {
			return nil, err
		}
		object.fields(fields)
	}
	return &frame{object.end()}, nil
}

// object is a JSON object that is put together from parts.
type object struct {
	parts [][]byte
	next  []byte // what stands before the next field
}

var (
	opening, closing = []byte("{"), []byte("}")
	comma, listEnd   = []byte(","), []byte("]")
)

func newObject() *object { return &object{next: opening} }

// fields adds fields as jsonFields gives them.
func (o *object) fields(encoded []byte) {
	if len(encoded) > 0 {
		o.parts, o.next = append(o.parts, o.next, encoded), comma
	}
}

// list adds a field with elements that are encoded, each one or several with commas between them.
func (o *object) list(name string, elements ...[]byte) {
	begun := false
	for _, element := range elements {
		switch {
		case len(element) == 0:
			continue
		case begun:
			o.parts = append(o.parts, comma)
		default:
			o.fields([]byte(`"` + name + `":[`))
			begun = true
		}
		o.parts = append(o.parts, element)
	}
	if begun {
		o.parts = append(o.parts, listEnd)
	}
}

// object adds a field that is an object.
func (o *object) object(name string, inner *object) {
	o.fields([]byte(`"` + name + `":`))
	o.parts = append(o.parts, inner.end()...)
}

// end is the whole object.
func (o *object) end() [][]byte {
	if len(o.parts) == 0 {
		return [][]byte{opening, closing}
	}
	return append(o.parts, closing)
}

// jsonFields is a message in JSON without the braces around it.
func jsonFields(message proto.Message) ([]byte, error) {
	encoded, err := asJSON.marshal(nil, message)
	if err != nil {
		return nil, err
	}
	return bytes.TrimSpace(encoded[1 : len(encoded)-1]), nil
}

// jsonElements is messages in JSON with commas between them.
func jsonElements[M proto.Message](messages []M) (encoded []byte, err error) {
	for i, m := range messages {
		if i > 0 {
			encoded = append(encoded, ',')
		}
		if encoded, err = asJSON.marshal(encoded, m); err != nil {
			return nil, err
		}
	}
	return encoded, nil
}
