package files

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // formats that results come in
	"image/jpeg"
	_ "image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

// The bounds of thumbnails.
const (
	defaultWidth = 320
	maxPixels    = 100_000_000 // of the picture they are made from
	quality      = 82
	atOnce       = 2 // being made
)

// widths are those that thumbnails come in: few, so that few are kept.
var widths = []int{160, 320, 640}

// errNoPicture says that a result cannot be made into a thumbnail.
var errNoPicture = errors.New("the file is not a picture that a thumbnail can be made of")

// Thumbnails serves small JPEGs of results: GET <prefix><name>?w=<width>. They are kept in a folder, under names that
// change with the result.
func Thumbnails(source Source, folder string) http.Handler {
	making := make(chan struct{}, atOnce)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := resultName(r.PathValue("name"))
		if !ok {
			http.Error(w, "there is no such file", http.StatusNotFound)
			return
		}
		file, err := source.Open(r.Context(), name)
		if err != nil {
			notFound(w, err)
			return
		}
		defer func() { _ = file.Close() }()
		width := chooseWidth(r.FormValue("w"))
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d", name, file.Tag, width))
		key := hex.EncodeToString(sum[:16])
		header := w.Header()
		header.Set("Cache-Control", "private, no-cache")
		header.Set("ETag", `"`+key+`"`)
		kept := filepath.Join(folder, key[:2], key+".jpg")
		data, err := os.ReadFile(kept)
		if err != nil {
			select {
			case making <- struct{}{}:
			case <-r.Context().Done():
				return
			}
			data, err = shrink(file, width)
			<-making
			if err == nil {
				keep(kept, data)
			}
		}
		if err != nil {
			header.Del("ETag")
			http.Error(w, errNoPicture.Error(), http.StatusUnsupportedMediaType)
			return
		}
		header.Set("Content-Type", "image/jpeg")
		http.ServeContent(w, r, "", file.Modified, bytes.NewReader(data))
	})
}

func chooseWidth(asked string) int {
	n, err := strconv.Atoi(asked)
	if err != nil {
		n = defaultWidth
	}
	for _, width := range widths {
		if n <= width {
			return width
		}
	}
	return widths[len(widths)-1]
}

func shrink(file io.ReadSeeker, width int) ([]byte, error) {
	config, _, err := image.DecodeConfig(file)
	if err != nil || config.Width*config.Height > maxPixels || config.Width*config.Height == 0 {
		return nil, errNoPicture
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	picture, _, err := image.Decode(file)
	if err != nil {
		return nil, errNoPicture
	}
	bounds := picture.Bounds()
	width = min(width, bounds.Dx())
	small := image.NewRGBA(image.Rect(0, 0, width, max(1, bounds.Dy()*width/bounds.Dx())))
	draw.Draw(small, small.Bounds(), image.White, image.Point{}, draw.Src) // JPEG knows no transparency
	draw.ApproxBiLinear.Scale(small, small.Bounds(), picture, bounds, draw.Over, nil)
	var out bytes.Buffer
	err = jpeg.Encode(&out, small, &jpeg.Options{Quality: quality})
	return out.Bytes(), err
}

// keep writes a thumbnail for the next time. Where that fails it is made again.
func keep(path string, data []byte) {
	if os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), "*.tmp")
	if err != nil {
		return
	}
	_, err = temporary.Write(data)
	if closeErr := temporary.Close(); err != nil || closeErr != nil || os.Rename(temporary.Name(), path) != nil {
		_ = os.Remove(temporary.Name())
	}
}
