package picture

import (
	"image"
	"math"
	"math/rand/v2"
)

// field gives a value at a point; points run from 0 to 1 along the longer side.
type field func(x, y float64) float64

// paintField colours a field and lights it from the upper left as if it were a relief. The
// field is computed on a grid of about 256 cells and interpolated: it is smooth, and so
// a large picture costs little more than a small one.
func paintField(picture *image.RGBA, colours *palette, f field) {
	width, height := picture.Rect.Dx(), picture.Rect.Dy()
	side := max(width, height)
	cell := max(1, side/256)
	columns, rows := width/cell+2, height/cell+2
	values := make([]float64, columns*rows)
	for row := range rows {
		for column := range columns {
			values[row*columns+column] = f(float64(column*cell)/float64(side), float64(row*cell)/float64(side))
		}
	}
	stretch(values)
	light := relief(values, columns, rows, float64(cell)/float64(side))
	for y := range height {
		row, v := y/cell, float64(y%cell)/float64(cell)
		line := picture.Pix[y*picture.Stride:]
		for x := range width {
			column, u := x/cell, float64(x%cell)/float64(cell)
			at := row*columns + column
			put(line[4*x:], colours.at(blend(values, at, columns, u, v)), blend(light, at, columns, u, v))
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

// relief returns the brightness of each grid point: 1 on the flat.
func relief(values []float64, columns, rows int, step float64) []float64 {
	light := make([]float64, len(values))
	for row := range rows {
		for column := range columns {
			left, right := max(column-1, 0), min(column+1, columns-1)
			above, below := max(row-1, 0), min(row+1, rows-1)
			dx := (values[row*columns+right] - values[row*columns+left]) / (step * float64(right-left))
			dy := (values[below*columns+column] - values[above*columns+column]) / (step * float64(below-above))
			light[row*columns+column] = 1 + 0.28*math.Tanh(0.16*(dx+dy))
		}
	}
	return light
}

func blend(grid []float64, at, columns int, u, v float64) float64 {
	return mix(mix(grid[at], grid[at+1], u), mix(grid[at+columns], grid[at+columns+1], u), v)
}

func put(pixel []uint8, c colour, light float64) {
	pixel[0] = uint8(min(255, c.r*light))
	pixel[1] = uint8(min(255, c.g*light))
	pixel[2] = uint8(min(255, c.b*light))
	pixel[3] = 255
}

// silk is a field of folds: waves displaced by other waves.
func silk(dice *rand.Rand) field {
	warpX, warpY, waves := sines(dice, 4, 2, 5), sines(dice, 4, 2, 5), sines(dice, 5, 3, 8)
	strength := between(dice, 0.12, 0.3)
	return func(x, y float64) float64 {
		dx, dy := strength*warpX(x, y), strength*warpY(x, y)
		ex, ey := strength*warpX(x+dy, y+dx), strength*warpY(x-dx, y-dy)
		return waves(x+dx+ex, y+dy+ey)
	}
}

// ripples is the interference of rings around a few points.
func ripples(dice *rand.Rand) field {
	type ring struct{ x, y, pitch, phase float64 }
	rings := make([]ring, 3+dice.IntN(3))
	for i := range rings {
		rings[i] = ring{between(dice, -0.2, 1.2), between(dice, -0.2, 1.2), between(dice, 18, 46), between(dice, 0, 2*math.Pi)}
	}
	sway := sines(dice, 3, 2, 4)
	return func(x, y float64) float64 {
		sum := 1.6 * sway(x, y)
		for _, r := range rings {
			distance := math.Hypot(x-r.x, y-r.y)
			sum += math.Cos(distance*r.pitch+r.phase) / (1 + 2.5*distance)
		}
		return sum
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
