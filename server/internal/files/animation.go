package files

import (
	endian "encoding/binary"
	"image"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/riff"
)

// maxFrame bounds one frame of an animation, in bytes.
const maxFrame = 64 << 20

// frame is the first frame of an animated WebP.
type frame struct {
	file   []byte          // as a WebP that the decoder can read
	canvas image.Rectangle // of the animation
	at     image.Point     // where the frame is on it
}

// firstFrame reads the first frame of an animated WebP. It is nil for any other file.
func firstFrame(file io.Reader) *frame {
	form, chunks, err := riff.NewReader(file)
	if err != nil || form != (riff.FourCC{'W', 'E', 'B', 'P'}) {
		return nil
	}
	var about [10]byte // flags and the size of the canvas
	for {
		id, length, data, err := chunks.Next()
		if err != nil {
			return nil
		}
		switch {
		case id == riff.FourCC{'V', 'P', '8', 'X'}:
			const animation = 2
			if _, err := io.ReadFull(data, about[:]); err != nil || about[0]&animation == 0 {
				return nil
			}
		case id == riff.FourCC{'A', 'N', 'M', 'F'} && about[0] != 0 && length <= maxFrame:
			content, err := io.ReadAll(data)
			const head = 16 // place, size, duration and flags
			if err != nil || len(content) < head {
				return nil
			}
			return &frame{
				file:   still(content[6:12], content[head:]),
				canvas: image.Rect(0, 0, uint24(about[4:])+1, uint24(about[7:])+1),
				at:     image.Pt(2*uint24(content), 2*uint24(content[3:])),
			}
		}
	}
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// still makes a WebP of a frame's size and chunks: its pixels, and their transparency. It is empty when there are none.
func still(size, chunks []byte) []byte {
	body := []byte("WEBP")
	for len(chunks) >= 8 {
		length := uint64(endian.LittleEndian.Uint32(chunks[4:])) + 8
		length += length % 2
		if length > uint64(len(chunks)) {
			return nil
		}
		chunk := chunks[:length]
		chunks = chunks[length:]
		switch string(chunk[:4]) {
		case "ALPH":
			const transparent = 0x10
			body = append(body, 'V', 'P', '8', 'X', 10, 0, 0, 0, transparent, 0, 0, 0)
			body = append(append(body, size...), chunk...)
		case "VP8 ", "VP8L":
			body = append(body, chunk...)
			return append(endian.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
		}
	}
	return nil
}

// whole puts the frame's picture where it belongs.
func (f *frame) whole(picture image.Image) image.Image {
	if f == nil || picture.Bounds() == f.canvas {
		return picture
	}
	canvas := image.NewRGBA(f.canvas)
	draw.Draw(canvas, picture.Bounds().Add(f.at.Sub(picture.Bounds().Min)), picture, picture.Bounds().Min, draw.Src)
	return canvas
}
