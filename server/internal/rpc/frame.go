package rpc

import (
	"bytes"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// maxResponse bounds a response with many entries, or with much that is new, in bytes. Clients of gRPC take 4 MiB
// when they are not told otherwise.
const maxResponse = 1 << 20

// frame is a response of the state stream in parts, in the format of its stream; most parts were encoded once for all
// watchers.
type frame struct {
	parts [][]byte
}

// response holds the parts that a frame is put together from. They are encoded: in binary each is a response with nothing else in it,
// in JSON it is the entry alone.
type response struct {
	snapshot []byte
	deltas   [][]byte
	statuses [][]byte
	progress [][]byte
	own      *pb.WatchStateResponse // what only this watcher is told
}

func (r *response) frame(f format) (*frame, error) {
	if f == asJSON {
		return r.json()
	}
	return r.binary()
}

// binary puts encodings one after the other: that is an encoding of them all merged.
func (r *response) binary() (*frame, error) {
	parts := append(append(r.deltas, r.statuses...), r.progress...)
	if r.snapshot != nil {
		parts = append(parts, r.snapshot)
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
	var object object
	if r.snapshot != nil {
		object.field("snapshot", r.snapshot)
	}
	object.list("deltas", r.deltas)
	statuses := r.statuses
	if r.own != nil {
		for _, status := range r.own.Statuses {
			encoded, err := asJSON.marshal(nil, status)
			if err != nil {
				return nil, err
			}
			statuses = append(statuses, encoded)
		}
		rest, err := asJSON.marshal(nil, &pb.WatchStateResponse{ConnectionId: r.own.ConnectionId, Heartbeat: r.own.Heartbeat})
		if err != nil {
			return nil, err
		}
		object.fields(bytes.TrimSpace(rest[1 : len(rest)-1]))
	}
	object.list("statuses", statuses)
	object.list("progress", r.progress)
	return &frame{object.end()}, nil
}

// object is a JSON object that is put together from parts.
type object struct {
	parts [][]byte
}

var (
	opening, closing = []byte("{"), []byte("}")
	comma, listEnd   = []byte(","), []byte("]")
)

// next writes the bytes that stand before the next field.
func (o *object) next() []byte {
	if len(o.parts) == 0 {
		return opening
	}
	return comma
}

// fields adds fields that are encoded, with commas between them.
func (o *object) fields(encoded []byte) {
	if len(encoded) > 0 {
		o.parts = append(o.parts, o.next(), encoded)
	}
}

// field adds a field with a value that is encoded.
func (o *object) field(name string, value []byte) {
	o.parts = append(o.parts, o.next(), []byte(`"`+name+`":`), value)
}

// list adds a field with elements that are encoded, unless there are none.
func (o *object) list(name string, elements [][]byte) {
	for i, element := range elements {
		if i == 0 {
			o.parts = append(o.parts, o.next(), []byte(`"`+name+`":[`))
		} else {
			o.parts = append(o.parts, comma)
		}
		o.parts = append(o.parts, element)
	}
	if len(elements) > 0 {
		o.parts = append(o.parts, listEnd)
	}
}

// end is the whole object.
func (o *object) end() [][]byte {
	if len(o.parts) == 0 {
		return [][]byte{opening, closing}
	}
	return append(o.parts, closing)
}
