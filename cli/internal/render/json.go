package render

import (
	"bytes"
	"encoding/json"
	"io"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
)

// JSON writes a message to stdout: indented for a person, one line for a pipe.
func JSON(streams *term.Streams, m proto.Message) error {
	if !streams.IsStdoutTTY() {
		return JSONLine(streams.Out, m)
	}
	raw, err := whole.Marshal(m)
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

// JSONObject writes an object made of several messages, as Print writes one.
func JSONObject(streams *term.Streams, object any) error {
	out := json.NewEncoder(streams.Out)
	if streams.IsStdoutTTY() {
		out.SetIndent("", "  ")
	}
	out.SetEscapeHTML(false)
	return out.Encode(object)
}

// whole prints every field that has no presence of its own.
var whole = protojson.MarshalOptions{EmitDefaultValues: true}

// JSONLine writes a message as one line.
func JSONLine(w io.Writer, m proto.Message) error {
	raw, err := RawJSON(m)
	if err != nil {
		return err
	}
	_, err = w.Write(append(raw, '\n'))
	return err
}

// RawJSON is a message as compact JSON.
func RawJSON(m proto.Message) (json.RawMessage, error) { return compact(whole, m) }

// JSONChange writes a message as one line in which what is not there means that it did not change: as Connect sends it.
func JSONChange(w io.Writer, m proto.Message) error {
	raw, err := compact(protojson.MarshalOptions{}, m)
	if err != nil {
		return err
	}
	_, err = w.Write(append(raw, '\n'))
	return err
}

// compact is JSON without spaces, which protojson varies on purpose.
func compact(options protojson.MarshalOptions, m proto.Message) (json.RawMessage, error) {
	raw, err := options.Marshal(m)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Compact(&out, raw)
	return out.Bytes(), err
}
