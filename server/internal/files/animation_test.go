package files_test

import (
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/media"
)

// TestThumbnailsOfAnimations holds that the first frame is shown: of one with and of one without loss. The case animated_webp.
func TestThumbnailsOfAnimations(t *testing.T) {
	folder, handler := gallery(t)
	samples := map[string][]byte{} // red on the left, then blue; the right is transparent, or no part of the frame
	for _, name := range []string{"animated.webp", "cropped.webp"} {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		samples[name] = content
	}
	var frames []image.Image
	for _, left := range []color.Color{color.RGBA{220, 40, 30, 255}, color.RGBA{30, 60, 220, 255}} {
		frame := image.NewRGBA(image.Rect(0, 0, 48, 32))
		for x := range 24 {
			for y := range 32 {
				frame.Set(x, y, left)
			}
		}
		frames = append(frames, frame)
	}
	lossless, err := media.AnimatedWebP(frames, 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	samples["lossless.webp"] = lossless
	for name, content := range samples {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
		picture, err := jpeg.Decode(get(handler, "/thumbnails/"+name).Body)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		left, right := color.RGBAModel.Convert(picture.At(8, 16)).(color.RGBA), color.RGBAModel.Convert(picture.At(40, 16)).(color.RGBA)
		if left.R < 180 || left.B > 90 || right.R < 240 || right.B < 240 {
			t.Errorf("%s: %v on the left, %v on the right", name, left, right)
		}
		for cut := range len(content) {
			if err := os.WriteFile(filepath.Join(folder, "cut-"+name), content[:cut], 0o644); err != nil {
				t.Fatal(err)
			}
			if answer := get(handler, "/thumbnails/cut-"+name); answer.Code != http.StatusUnsupportedMediaType && answer.Code != http.StatusOK {
				t.Fatalf("%s cut off at %d: %d", name, cut, answer.Code)
			}
		}
	}
}
