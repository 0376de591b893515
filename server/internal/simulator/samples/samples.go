// Package samples puts a few files into the input folder of a simulated ComfyUI, so that workflows that start from a picture, a
// mask, a video or a sound find something to start from.
package samples

import (
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/media"
)

//go:embed *.jpg *.png
var pictures embed.FS

// Write fills the folder. A folder that holds anything stays as it is.
func Write(folder string) error {
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		return err
	}
	var failed error
	write := func(name string, content []byte) {
		path := filepath.Join(folder, filepath.FromSlash(name))
		failed = errors.Join(failed, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644))
	}
	for name, in := range map[string]string{
		"mask.png":         "mask.png",
		"person.jpg":       "portraits/person.jpg",
		"photo.jpg":        "photo.jpg",
		"photo_masked.png": "photo_masked.png",
	} {
		content, err := fs.ReadFile(pictures, name)
		if err != nil {
			return err
		}
		write(in, content)
	}
	const seconds = 2
	write("clip.mp4", media.MP4(nil))
	write("clips/clip.webm", media.WebM(nil))
	write("tune.flac", media.FLAC(media.Melody("tune", seconds), nil))
	return failed
}
