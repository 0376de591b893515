package picture

import (
	"image"
	"math"
	"math/rand/v2"
)

// field gives a value at a point; points run from 0 to 1 along the longer side.
type field func(x, y float64) float64

// grid holds a field's values at the corners of square cells. About 256 cells a side are
// enough for a smooth field, so that a large picture costs little more than a small one.
type grid struct {
	values        []float64 // from 0 to 1
	columns, rows int
	cell          int     // pixels
	step          float64 // the cell's side in the field's units
}

func sample(f field, width, height int) *grid {
	side := max(width, height)
	cell := max(1, side/256)
	g := &grid{columns: width/cell + 2, rows: height/cell + 2, cell: cell, step: float64(cell) / float64(side)}
	g.values = make([]float64, g.columns*g.rows)
	for row := range g.rows {
		for column := range g.columns {
			g.values[row*g.columns+column] = f(float64(column)*g.step, float64(row)*g.step)
		}
	}
	stretch(g.values)
	return g
}

// slopes calls use with the field's slope at each corner.
func (g *grid) slopes(use func(corner int, dx, dy float64)) {
	for row := range g.rows {
		for column := range g.columns {
			left, right := max(column-1, 0), min(column+1, g.columns-1)
			above, below := max(row-1, 0), min(row+1, g.rows-1)
			dx := (g.values[row*g.columns+right] - g.values[row*g.columns+left]) / (g.step * float64(right-left))
			dy := (g.values[below*g.columns+column] - g.values[above*g.columns+column]) / (g.step * float64(below-above))
			use(row*g.columns+column, dx, dy)
		}
	}
}

// at interpolates any values given at the corners.
func (g *grid) at(values []float64, x, y int) float64 {
	corner := y/g.cell*g.columns + x/g.cell
	u, v := float64(x%g.cell)/float64(g.cell), float64(y%g.cell)/float64(g.cell)
	return mix(mix(values[corner], values[corner+1], u), mix(values[corner+g.columns], values[corner+g.columns+1], u), v)
}

// paintSilk colours a field and lights it from the upper left as if it were cloth.
func paintSilk(picture *image.RGBA, colours *palette, dice *rand.Rand) {
	g := sample(silk(dice), picture.Rect.Dx(), picture.Rect.Dy())
	light := make([]float64, len(g.values))
	g.slopes(func(corner int, dx, dy float64) {
		light[corner] = 1 + 0.34*math.Tanh(0.07*(dx+dy))
	})
	for y := range picture.Rect.Dy() {
		line := picture.Pix[y*picture.Stride:]
		for x := range picture.Rect.Dx() {
			put(line[4*x:], colours.at(g.at(g.values, x, y)), g.at(light, x, y))
		}
	}
}

// stretch scales the values to the whole palette.
func stretch(values []float64) {
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	for i, v := range values {
		values[i] = (v - low) / max(high-low, 1e-9)
	}
}

func put(pixel []uint8, c colour, light float64) {
	pixel[0] = uint8(min(255, c.r*light))
	pixel[1] = uint8(min(255, c.g*light))
	pixel[2] = uint8(min(255, c.b*light))
	pixel[3] = 255
}

// silk is a field of folds: waves displaced by other waves, wound up into bands.
func silk(dice *rand.Rand) field {
	warpX, warpY, waves := sines(dice, 4, 4, 9), sines(dice, 4, 4, 9), sines(dice, 5, 4, 9)
	strength, bands := between(dice, 0.07, 0.14), between(dice, 4, 7)
	return func(x, y float64) float64 {
		dx, dy := strength*warpX(x, y), strength*warpY(x, y)
		ex, ey := strength*warpX(x+dy, y+dx), strength*warpY(x-dx, y-dy)
		v := waves(x+dx+ex, y+dy+ey)
		return math.Sin(bands*v) + 0.9*v
	}
}

// sines is a sum of plane waves in random directions, of values around 0.
func sines(dice *rand.Rand, count int, low, high float64) field {
	type wave struct{ kx, ky, phase, weight float64 }
	waves := make([]wave, count)
	for i := range waves {
		sin, cos := math.Sincos(between(dice, 0, 2*math.Pi))
		k := between(dice, low, high)
		waves[i] = wave{k * cos, k * sin, between(dice, 0, 2*math.Pi), between(dice, 0.5, 1) / math.Sqrt(float64(count))}
	}
	return func(x, y float64) float64 {
		sum := 0.0
		for _, w := range waves {
			sum += w.weight * math.Sin(w.kx*x+w.ky*y+w.phase)
		}
		return sum
	}
}
