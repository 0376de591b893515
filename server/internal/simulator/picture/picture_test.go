package picture_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"testing"

	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/picture"
)

func TestEverySizeIsPaintedAndEncoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := picture.Spec{
			Prompt: rapid.String().Draw(t, "prompt"),
			Key:    rapid.String().Draw(t, "key"),
			Width:  rapid.IntRange(1, 300).Draw(t, "width"),
			Height: rapid.IntRange(1, 300).Draw(t, "height"),
		}
		painted := spec.Paint()
		if !bytes.Equal(painted.Pix, spec.Paint().Pix) {
			t.Fatal("the same spec gives two pictures")
		}
		content, err := picture.EncodePNG(painted, []picture.Text{{Keyword: "prompt", Value: "{}"}})
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := png.Decode(bytes.NewReader(content))
		if err != nil || decoded.Bounds() != image.Rect(0, 0, spec.Width, spec.Height) {
			t.Fatalf("decoded %v, %v", decoded.Bounds(), err)
		}
		if !decoded.(interface{ Opaque() bool }).Opaque() {
			t.Fatal("the picture has holes")
		}
	})
}

func TestPreviewsApproachThePicture(t *testing.T) {
	spec := picture.Spec{Prompt: "a forest", Key: "1", Width: 512, Height: 384}
	final := spec.Paint()
	before := -1.0
	for step := 4; step >= 1; step-- {
		content, err := spec.Preview(step, 4)
		if err != nil {
			t.Fatal(err)
		}
		preview, err := jpeg.Decode(bytes.NewReader(content))
		if err != nil || preview.Bounds() != final.Bounds() {
			t.Fatalf("step %d: %v, %v", step, preview.Bounds(), err)
		}
		distance := distance(preview, final)
		if distance <= before {
			t.Errorf("step %d is as near to the picture (%.1f) as the step after it (%.1f)", step, distance, before)
		}
		before = distance
	}
}

func TestPreviewsFitInto512(t *testing.T) {
	for _, size := range [][4]int{{1024, 1024, 512, 512}, {2000, 1000, 512, 256}, {64, 128, 256, 512}, {4000, 1, 512, 1}} {
		content, err := picture.Spec{Width: size[0], Height: size[1]}.Preview(1, 4)
		if err != nil {
			t.Fatal(err)
		}
		config, err := jpeg.DecodeConfig(bytes.NewReader(content))
		if err != nil || config.Width != size[2] || config.Height != size[3] {
			t.Errorf("%dx%d: preview %dx%d, %v; want %dx%d", size[0], size[1], config.Width, config.Height, err, size[2], size[3])
		}
	}
}

func distance(a, b image.Image) float64 {
	sum, count := 0.0, 0.0
	for y := 0; y < a.Bounds().Dy(); y += 4 {
		for x := 0; x < a.Bounds().Dx(); x += 4 {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			for _, pair := range [][2]uint32{{r1, r2}, {g1, g2}, {b1, b2}} {
				d := float64(pair[0]>>8) - float64(pair[1]>>8)
				sum += d * d
				count++
			}
		}
	}
	return sum / count
}

func BenchmarkPaintAndEncode1024(b *testing.B) {
	for _, prompt := range []string{"a", "b", "c", "d", "e"} {
		spec := picture.Spec{Prompt: prompt, Width: 1024, Height: 1024}
		b.Run("paint "+prompt, func(b *testing.B) {
			for b.Loop() {
				spec.Paint()
			}
		})
		painted := spec.Paint()
		b.Run("encode "+prompt, func(b *testing.B) {
			for b.Loop() {
				if _, err := picture.EncodePNG(painted, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
