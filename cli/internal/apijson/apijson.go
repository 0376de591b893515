// Package apijson prints messages as the API's own JSON, the way Connect sends them.
package apijson

import (
	"bytes"
	"encoding/json"
	"io"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/iostreams"
)

// Print writes a message to stdout: indented for a person, one line for a pipe.
func Print(streams *iostreams.IOStreams, m proto.Message) error {
	if !streams.IsStdoutTTY() {
		return Line(streams.Out, m)
	}
	raw, err := protojson.Marshal(m)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return err
	}
	out.WriteByte('\n')
	_, err = out.WriteTo(streams.Out)
	return err
}

// Line writes a message as one line.
func Line(w io.Writer, m proto.Message) error {
	raw, err := Raw(m)
	if err != nil {
		return err
	}
	_, err = w.Write(append(raw, '\n'))
	return err
}

// Raw is a message as compact JSON. protojson varies its spaces on purpose; these do not vary.
func Raw(m proto.Message) (json.RawMessage, error) {
	raw, err := protojson.Marshal(m)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Compact(&out, raw)
	return out.Bytes(), err
}
