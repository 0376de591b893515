package picture

import (
	"math"
	"math/rand/v2"
	"strings"
	"unicode"
)

// palette is a ramp of colours from dark to light.
type palette [1024]colour

// colour holds sRGB components from 0 to 255.
type colour struct{ r, g, b float64 }

// at returns the colour at t from 0 (dark) to 1 (light).
func (p *palette) at(t float64) colour {
	return p[int(clamp01(t)*float64(len(p)-1))]
}

// hues says which hue, in degrees of OKLCH, a word of the prompt asks for.
var hues = map[string]float64{
	"red":       25,
	"rose":      10,
	"blood":     25,
	"fire":      40,
	"lava":      35,
	"orange":    60,
	"sunset":    45,
	"autumn":    60,
	"dawn":      50,
	"gold":      85,
	"golden":    85,
	"sand":      80,
	"desert":    70,
	"yellow":    105,
	"sun":       90,
	"green":     145,
	"forest":    150,
	"jungle":    145,
	"grass":     135,
	"teal":      190,
	"turquoise": 190,
	"ocean":     220,
	"sea":       215,
	"water":     215,
	"ice":       225,
	"winter":    235,
	"sky":       240,
	"blue":      260,
	"night":     275,
	"space":     285,
	"violet":    300,
	"purple":    305,
	"magenta":   330,
	"pink":      350,
}

func paletteFor(prompt string) *palette {
	dice := source("palette", prompt)
	hue := between(dice, 0, 360)
	for _, word := range strings.FieldsFunc(strings.ToLower(prompt), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if wanted, ok := hues[word]; ok {
			hue = wanted + between(dice, -6, 6)
			break
		}
	}
	return ramp(hue, dice)
}

// ramp goes from a deep shade of one hue over a saturated neighbour to a pale highlight.
func ramp(hue float64, dice *rand.Rand) *palette {
	swing := between(dice, 35, 95)
	if dice.IntN(2) == 0 {
		swing = -swing
	}
	deep, full := between(dice, 0.16, 0.24), between(dice, 0.13, 0.19)
	var p palette
	for i := range p {
		t := float64(i) / float64(len(p)-1)
		lightness := mix(deep, 0.96, t*(1.15-0.15*t))
		chroma := full * math.Sin(math.Pi*(0.12+0.8*t))
		p[i] = oklch(lightness, chroma, hue+swing*t)
	}
	return &p
}

// oklch converts from the perceptual space in which the ramps are even.
func oklch(lightness, chroma, hue float64) colour {
	sin, cos := math.Sincos(hue * math.Pi / 180)
	a, b := chroma*cos, chroma*sin
	cube := func(x float64) float64 { return x * x * x }
	l := cube(lightness + 0.3963377774*a + 0.2158037573*b)
	m := cube(lightness - 0.1055613458*a - 0.0638541728*b)
	s := cube(lightness - 0.0894841775*a - 1.2914855480*b)
	return colour{
		gamma(4.0767416621*l - 3.3077115913*m + 0.2309699292*s),
		gamma(-1.2684380046*l + 2.6097574011*m - 0.3413193965*s),
		gamma(-0.0041960863*l - 0.7034186147*m + 1.7076147010*s),
	}
}

// gamma converts linear light to an sRGB component from 0 to 255.
func gamma(linear float64) float64 {
	if linear <= 0.0031308 {
		return 255 * clamp01(12.92*linear)
	}
	return 255 * clamp01(1.055*math.Pow(linear, 1/2.4)-0.055)
}
