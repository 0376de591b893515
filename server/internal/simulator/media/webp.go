package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"

	"github.com/HugoSmits86/nativewebp"
)

// AnimatedWebP encodes frames of one size without loss, to be shown one after the other for ever.
func AnimatedWebP(frames []image.Image, fps float64, texts []Text) ([]byte, error) {
	if len(frames) == 0 {
		return nil, errors.New("a WebP needs a picture")
	}
	const animated, exif, alpha = 0x02, 0x08, 0x10
	size := frames[0].Bounds().Size()
	header := append([]byte{animated | exif | alpha, 0, 0, 0}, uint24(size.X-1)...)
	body := append([]byte("WEBP"), riffChunk("VP8X", append(header, uint24(size.Y-1)...))...)
	body = append(body, riffChunk("ANIM", make([]byte, 6))...) // transparent behind, repeated without end
	for i, frame := range frames {
		if frame.Bounds().Size() != size {
			return nil, fmt.Errorf("picture %d has another size", i)
		}
		pixels, err := lossless(frame)
		if err != nil {
			return nil, err
		}
		about := append(make([]byte, 6), uint24(size.X-1)...)
		about = append(about, uint24(size.Y-1)...)
		about = append(about, uint24(int(1000/max(fps, 0.01)))...)
		about = append(about, 0)
		body = append(body, riffChunk("ANMF", append(about, riffChunk("VP8L", pixels)...))...)
	}
	body = append(body, riffChunk("EXIF", exifOf(texts))...)
	return riffChunk("RIFF", body), nil
}

// lossless returns the VP8L data of a picture.
func lossless(frame image.Image) ([]byte, error) {
	var out bytes.Buffer
	if err := nativewebp.Encode(&out, frame, nil); err != nil {
		return nil, err
	}
	const container = 12 // RIFF, its length, WEBP
	for rest := out.Bytes()[container:]; len(rest) >= 8; {
		length := int(binary.LittleEndian.Uint32(rest[4:]))
		if string(rest[:4]) == "VP8L" {
			return rest[8 : 8+length], nil
		}
		rest = rest[8+length+length%2:]
	}
	return nil, errors.New("no VP8L data")
}

func riffChunk(name string, body []byte) []byte {
	chunk := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body)))
	chunk = append(chunk, body...)
	if len(body)%2 == 1 {
		chunk = append(chunk, 0)
	}
	return chunk
}

func uint24(n int) []byte { return []byte{byte(n), byte(n >> 8), byte(n >> 16)} }

// exifOf writes texts as ComfyUI does: the prompt as the camera's model, everything else from its maker downwards, each after
// its keyword and a colon.
func exifOf(texts []Text) []byte {
	const model, ascii, first = 0x0110, 2, 8
	tags := map[uint16]string{}
	next := uint16(model - 1)
	for _, text := range texts {
		if text.Keyword == "prompt" {
			tags[model] = "prompt:" + text.Value + "\x00"
			continue
		}
		tags[next] = text.Keyword + ":" + text.Value + "\x00"
		next--
	}
	out := append([]byte("MM\x00*"), 0, 0, 0, first)
	out = binary.BigEndian.AppendUint16(out, uint16(len(tags)))
	at := first + 2 + 12*len(tags) + 4
	var values []byte
	for tag := next + 1; tag <= model; tag++ {
		value, ok := tags[tag]
		if !ok {
			continue
		}
		out = binary.BigEndian.AppendUint16(out, tag)
		out = binary.BigEndian.AppendUint16(out, ascii)
		out = binary.BigEndian.AppendUint32(out, uint32(len(value)))
		out = binary.BigEndian.AppendUint32(out, uint32(at+len(values)))
		values = append(values, value...)
	}
	out = binary.BigEndian.AppendUint32(out, 0)
	return append(out, values...)
}
