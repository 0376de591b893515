// Package picture paints what the simulator saves instead of generated images: smooth
// pictures that depend on a prompt and on everything else that went into them, each with
// a visible mark saying that it is simulated.
package picture

import (
	"crypto/sha256"
	"encoding/binary"
	"image"
	"math/rand/v2"
)

// Spec says what to paint. Equal specs give equal pictures, at every size alike.
type Spec struct {
	Prompt        string // decides palette and style, so that seeds of one prompt are kin
	Key           string // decides the composition
	Width, Height int    // pixels
}

// Paint paints the picture in its full size.
func (s Spec) Paint() *image.RGBA { return s.paint(s.Width, s.Height) }

func (s Spec) paint(width, height int) *image.RGBA {
	picture := image.NewRGBA(image.Rect(0, 0, max(width, 1), max(height, 1)))
	colours := paletteFor(s.Prompt)
	dice := source("composition", s.Prompt, s.Key)
	switch source("style", s.Prompt).IntN(3) {
	case 0:
		paintSilk(picture, colours, dice)
	case 1:
		paintPaper(picture, colours, dice)
	default:
		paintHills(picture, colours, dice)
	}
	Mark(picture)
	return picture
}

// source returns dice that fall the same way for the same words.
func source(words ...string) *rand.Rand {
	hash := sha256.New()
	for _, word := range words {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(word)))
		hash.Write(length[:])
		hash.Write([]byte(word))
	}
	var seed [32]byte
	hash.Sum(seed[:0])
	return rand.New(rand.NewChaCha8(seed))
}

// between returns a number from low to high.
func between(dice *rand.Rand, low, high float64) float64 {
	return low + (high-low)*dice.Float64()
}

func mix(a, b, t float64) float64 { return a + (b-a)*t }

func clamp01(x float64) float64 { return min(1, max(0, x)) }
