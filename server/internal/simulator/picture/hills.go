package picture

import (
	"image"
	"math"
	"math/rand/v2"
)

// ridge is one range of hills: the height of its line, from the top, by column.
type ridge struct {
	line  []float64
	shade float64 // place in the palette: far ranges fade into the sky
}

// paintHills paints ranges of hills, one behind the other, under a low sun.
func paintHills(picture *image.RGBA, colours *palette, dice *rand.Rand) {
	width, height := picture.Rect.Dx(), picture.Rect.Dy()
	sunX, sunY := between(dice, 0.2, 0.8)*float64(width), between(dice, 0.22, 0.42)*float64(height)
	radius := between(dice, 0.05, 0.1) * float64(min(width, height))
	ridges := ranges(dice, width, height)
	for y := range height {
		line := picture.Pix[y*picture.Stride:]
		sky := 0.5 + 0.42*float64(y)/float64(height)
		for x := range width {
			tone, front := 0.0, len(ridges)-1
			for front >= 0 && float64(y)-ridges[front].line[x] < 0.5 {
				front--
			}
			if front < 0 {
				dx, dy := float64(x)-sunX, float64(y)-sunY
				distance := math.Sqrt(dx*dx + dy*dy)
				glow := 0.34 / (1 + distance*distance/(16*radius*radius))
				tone = mix(clamp01(sky+glow), 1, clamp01(radius-distance+0.5))
			}
			for _, r := range ridges[max(front, 0):] {
				if depth := float64(y) - r.line[x]; depth > -0.5 {
					mist := 0.22 * min(1, 2.2*depth/float64(height))
					tone = mix(tone, clamp01(r.shade+mist), clamp01(depth+0.5))
				}
			}
			put(line[4*x:], colours.at(tone), 1)
		}
	}
}

func ranges(dice *rand.Rand, width, height int) []ridge {
	count := 4 + dice.IntN(3)
	ridges := make([]ridge, count)
	for i := range ridges {
		near := float64(i) / float64(count-1)
		shape, detail := sines(dice, 4, 3, 9), sines(dice, 4, 14, 40)
		level, swing := mix(0.48, 0.86, near), mix(0.1, 0.06, near)
		line := make([]float64, width)
		for x := range line {
			at := float64(x) / float64(max(width, height))
			line[x] = float64(height) * (level + swing*(shape(at, near)+0.16*detail(at, near)))
		}
		ridges[i] = ridge{line, mix(0.58, 0.02, near)}
	}
	return ridges
}
