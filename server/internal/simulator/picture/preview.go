package picture

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/rand/v2"

	"golang.org/x/image/draw"
)

// previewSide is the longest side of a preview in pixels, ComfyUI's default.
const previewSide = 512

// Preview returns a JPEG of the picture as it stands after step of steps: coarse and
// noisy at first, the whole picture at the end.
func (s Spec) Preview(step, steps int) ([]byte, error) {
	width, height := fit(s.Width, s.Height, previewSide)
	done := clamp01(float64(step) / float64(max(steps, 1)))
	coarseWidth, coarseHeight := fit(width, height, max(12, int(previewSide*done)))
	coarse := s.paint(coarseWidth, coarseHeight)
	sprinkle(coarse, 1-done, source("noise", s.Key))

	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.ApproxBiLinear.Scale(picture, picture.Rect, coarse, coarse.Rect, draw.Src, nil)
	Mark(picture)
	var out bytes.Buffer
	err := jpeg.Encode(&out, picture, &jpeg.Options{Quality: 90})
	return out.Bytes(), err
}

// sprinkle adds noise: none at strength 0, nothing but noise at 1.
func sprinkle(picture *image.RGBA, strength float64, dice *rand.Rand) {
	if strength == 0 {
		return
	}
	for i := 0; i < len(picture.Pix); i += 4 {
		for c := range 3 {
			noise := float64(dice.Uint32() & 255)
			picture.Pix[i+c] = uint8(mix(float64(picture.Pix[i+c]), noise, 0.85*strength))
		}
	}
}

// fit scales a size so that its longer side becomes side.
func fit(width, height, side int) (int, int) {
	longer := max(width, height, 1)
	return max(1, width*side/longer), max(1, height*side/longer)
}
