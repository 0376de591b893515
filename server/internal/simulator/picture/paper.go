package picture

import (
	"image"
	"math"
	"math/rand/v2"
)

// paintPaper paints layers of cut paper: the steps of a field, each layer throwing a
// soft shadow on the one below.
func paintPaper(picture *image.RGBA, colours *palette, dice *rand.Rand) {
	width, height := picture.Rect.Dx(), picture.Rect.Dy()
	layers := float64(6 + dice.IntN(5))
	g := sample(sines(dice, 6, 4, 13), width, height)
	steep := make([]float64, len(g.values)) // layers per pixel
	g.slopes(func(corner int, dx, dy float64) {
		steep[corner] = max(math.Hypot(dx, dy)*layers/float64(max(width, height)), 1e-6)
	})
	reach := float64(max(width, height)) / 45 // of a shadow, in pixels
	sheet := func(layer, toNext float64) (colour, float64) {
		shadow := 0.0
		if near := toNext / reach; near < 4 && layer < layers-1 {
			shadow = 0.42 * math.Exp(-2*near)
		}
		return colours.at(0.06 + 0.9*layer/(layers-1)), 1 - shadow
	}
	for y := range height {
		line := picture.Pix[y*picture.Stride:]
		for x := range width {
			level := min(g.at(g.values, x, y)*layers, layers-1e-9)
			layer, perPixel := math.Floor(level), g.at(steep, x, y)
			c, light := sheet(layer, (layer+1-level)/perPixel)
			if edge := (level - layer) / perPixel; edge < 1 && layer > 0 { // smooth the cut
				under, dim := sheet(layer-1, 0)
				c = colour{mix(under.r*dim, c.r*light, edge), mix(under.g*dim, c.g*light, edge), mix(under.b*dim, c.b*light, edge)}
				light = 1
			}
			put(line[4*x:], c, light)
		}
	}
}
