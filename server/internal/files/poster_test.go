package files_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
)

// films are videos whose posters are made by a function.
type films func(ctx context.Context) ([]byte, error)

// Open implements files.Source.
func (f films) Open(_ context.Context, name string) (*files.File, error) {
	content := "\x00\x00\x00\x18ftypisom" + name
	file := &files.File{ReadSeekCloser: nopCloser{strings.NewReader(content)}, Tag: name, Size: int64(len(content))}
	if strings.HasSuffix(name, ".mp4") {
		file.Poster = f
	}
	return file, nil
}

type nopCloser struct{ *strings.Reader }

func (nopCloser) Close() error { return nil }

func TestPostersOfVideos(t *testing.T) {
	var picture bytes.Buffer
	whole := image.NewGray(image.Rect(0, 0, 640, 360))
	whole.SetGray(1, 1, color.Gray{255})
	if err := jpeg.Encode(&picture, whole, nil); err != nil {
		t.Fatal(err)
	}
	made, refuse := 0, false
	mux := http.NewServeMux()
	mux.Handle("GET /thumbnails/{name...}", files.Thumbnails(films(func(context.Context) ([]byte, error) {
		made++
		if refuse {
			return nil, errors.New("no module")
		}
		return picture.Bytes(), nil
	}), t.TempDir(), 1<<20))
	for range 2 {
		answer := get(mux, "/thumbnails/a.mp4?w=160")
		small, err := jpeg.Decode(answer.Body)
		if answer.Code != http.StatusOK || err != nil || small.Bounds().Dx() != 160 || small.Bounds().Dy() != 90 {
			t.Fatalf("%d, %v", answer.Code, err)
		}
	}
	if made != 1 {
		t.Errorf("the poster was made %d times", made)
	}
	refuse = true
	for _, path := range []string{"/thumbnails/b.mp4", "/thumbnails/b.mp4?w=160", "/thumbnails/c.wav"} {
		if answer := get(mux, path); answer.Code != http.StatusUnsupportedMediaType || strings.Contains(answer.Body.String(), "module") {
			t.Errorf("%s: %d %s", path, answer.Code, answer.Body)
		}
	}
	if made != 2 {
		t.Errorf("a poster that cannot be made was tried %d times", made-1)
	}
	if answer := get(mux, "/thumbnails/b.mp4?else=nothing"); answer.Code != http.StatusNoContent || answer.Body.Len() != 0 {
		t.Errorf("for a page: %d %s", answer.Code, answer.Body)
	}
}
