package simulator

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"strings"
)

// The kinds of binary frames, as their first four bytes say.
const (
	framePreview         = 1
	framePreviewMetadata = 4
)

// imageJPEG is the format word of a framePreview.
const imageJPEG = 1

// object is a JSON object under construction.
type object = map[string]any

// encode writes JSON without escaping <, > and &, as ComfyUI does.
func encode(value any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("simulator: answer cannot be encoded: " + err.Error())
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

func textFrame(event string, data any) []byte {
	return encode(object{"type": event, "data": data})
}

func previewFrame(picture []byte) []byte {
	head := binary.BigEndian.AppendUint32(nil, framePreview)
	return append(binary.BigEndian.AppendUint32(head, imageJPEG), picture...)
}

func previewMetadataFrame(metadata any, picture []byte) []byte {
	about := encode(metadata)
	head := binary.BigEndian.AppendUint32(nil, framePreviewMetadata)
	head = binary.BigEndian.AppendUint32(head, uint32(len(about)))
	return append(append(head, about...), picture...)
}

// badFrameKinds is the number of kinds that badFrame knows.
const badFrameKinds = 8

// badFrame returns a frame that a client should survive.
func badFrame(to string, kind int) frame {
	switch kind {
	case 0:
		return frame{to: to, body: []byte(`{"type": "progress", "data": {"value": `)} // cut off
	case 1:
		return frame{to: to, body: []byte("not JSON")}
	case 2:
		return frame{to: to, body: []byte(`{"type": "executing", "data": null}`)}
	case 3:
		return frame{to: to, body: []byte(`{"type": 7, "data": []}`)}
	case 4:
		return frame{to: to, body: textFrame("some_pack.event", object{"surprise": true})}
	case 5:
		return frame{to: to, binary: true, body: []byte{0, 0}} // too short for a kind
	case 6:
		return frame{to: to, binary: true, body: []byte{0, 0, 0, 99, 1, 2, 3, 4}} // unknown kind
	default:
		return frame{to: to, binary: true, body: []byte{0, 0, 0, framePreviewMetadata, 0xff, 0xff, 0xff, 0xff, '{'}} // length beyond the end
	}
}

// float is a number that is written with a decimal point, as Python writes its floats.
type float float64

// MarshalJSON writes 1 as 1.0.
func (f float) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(float64(f), 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return []byte(text), nil
}
