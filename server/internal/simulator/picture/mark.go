package picture

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

const markText = "SIMULATED"

// Mark writes SIMULATED into the lower right corner, over a dark plate so that it can be
// read on every picture. A picture too small for it gets the part that fits.
func Mark(picture *image.RGBA) {
	face := basicfont.Face7x13
	plate := image.NewRGBA(image.Rect(0, 0, face.Advance*len(markText)+5, face.Height+2))
	draw.Draw(plate, plate.Rect, image.NewUniform(color.RGBA{A: 110}), image.Point{}, draw.Src)
	writer := font.Drawer{
		Dst:  plate,
		Src:  image.NewUniform(color.RGBA{215, 215, 215, 215}),
		Face: face,
		Dot:  fixed.P(3, face.Ascent+1),
	}
	writer.DrawString(markText)

	bounds := picture.Rect
	scale := max(1, bounds.Dx()/512)
	size := plate.Rect.Size().Mul(scale)
	corner := bounds.Max.Sub(image.Pt(6*scale, 6*scale)).Sub(size)
	corner = image.Pt(max(corner.X, 0), max(corner.Y, 0))
	draw.NearestNeighbor.Scale(picture, image.Rectangle{corner, corner.Add(size)}, plate, plate.Rect, draw.Over, nil)
}
