// Package apijson prints messages as the API's own JSON. Lists that are empty, zeros and false are printed too, so that a
// filter finds what it names.
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

// Object writes an object made of several messages, as Print writes one.
func Object(streams *iostreams.IOStreams, object any) error {
	out := json.NewEncoder(streams.Out)
	if streams.IsStdoutTTY() {
		out.SetIndent("", "  ")
	}
	out.SetEscapeHTML(false)
	return out.Encode(object)
}

// whole prints every field that has no presence of its own.
var whole = protojson.MarshalOptions{EmitDefaultValues: true}

// Line writes a message as one line.
func Line(w io.Writer, m proto.Message) error {
	raw, err := Raw(m)
	if err != nil {
		return err
	}
	_, err = w.Write(append(raw, '\n'))
	return err
}

// Raw is a message as compact JSON.
func Raw(m proto.Message) (json.RawMessage, error) { return compact(whole, m) }

// Change writes a message as one line in which what is not there means that it did not change: as Connect sends it.
func Change(w io.Writer, m proto.Message) error {
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
