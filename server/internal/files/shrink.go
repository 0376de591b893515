package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // formats that results come in
	"image/jpeg"
	_ "image/png"
	"io"
	"runtime/debug"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

const (
	maxPixels = 25_000_000 // of the picture that a thumbnail is made from: 200 MB, when it has 16 bits to a color
	bigPixels = 8_000_000  // from here on the memory is given back at once
	quality   = 82
)

// errNoPicture says that a result cannot be made into a thumbnail.
var errNoPicture = errors.New("the file is not a picture that a thumbnail can be made of")

// tooLargeError says that a picture would take too much memory.
type tooLargeError struct{ width, height int }

func (e *tooLargeError) Error() string {
	return fmt.Sprintf("the picture has %d × %d pixels: thumbnails are made of %d million at most", e.width, e.height, maxPixels/1_000_000)
}

// shrink makes a JPEG of a picture, of an animation the first frame. Errors are errNoPicture and *tooLargeError, which the same
// file gives again, and those of reading it, which it may not.
func shrink(ctx context.Context, file io.ReadSeeker, width int) ([]byte, error) {
	source := &watched{ctx: ctx, Reader: file}
	first := firstFrame(source)
	if first != nil {
		file = bytes.NewReader(first.file)
	} else if source.err != nil {
		return nil, source.err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	source = &watched{ctx: ctx, Reader: file}
	config, _, err := image.DecodeConfig(source)
	if first != nil && err == nil {
		config.Width, config.Height = max(config.Width, first.canvas.Dx()), max(config.Height, first.canvas.Dy())
	}
	switch {
	case source.err != nil:
		return nil, source.err
	case err != nil || config.Width <= 0 || config.Height <= 0:
		return nil, errNoPicture
	case int64(config.Width)*int64(config.Height) > maxPixels:
		return nil, &tooLargeError{config.Width, config.Height}
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if config.Width*config.Height >= bigPixels {
		defer debug.FreeOSMemory() // before the next one needs as much
	}
	data, err := decode(source, first, width)
	if source.err != nil {
		return nil, source.err
	}
	return data, err
}

func decode(source io.Reader, first *frame, width int) ([]byte, error) {
	picture, _, err := image.Decode(source)
	if err != nil {
		return nil, errNoPicture
	}
	return encode(first.whole(picture), width)
}

func encode(picture image.Image, width int) ([]byte, error) {
	bounds := picture.Bounds()
	width = min(width, bounds.Dx())
	small := image.NewRGBA(image.Rect(0, 0, width, max(1, bounds.Dy()*width/bounds.Dx())))
	draw.Draw(small, small.Bounds(), image.White, image.Point{}, draw.Src) // JPEG knows no transparency
	draw.ApproxBiLinear.Scale(small, small.Bounds(), picture, bounds, draw.Over, nil)
	var out bytes.Buffer
	err := jpeg.Encode(&out, small, &jpeg.Options{Quality: quality})
	return out.Bytes(), err
}

// watched remembers why reading failed: decoders do not tell it apart from a bad picture. It ends with its context.
type watched struct {
	io.Reader
	ctx context.Context
	err error
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	if w.err = w.ctx.Err(); w.err != nil {
		return 0, w.err
	}
	n, err := w.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}
