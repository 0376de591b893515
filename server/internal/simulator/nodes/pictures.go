package nodes

import (
	"image"
	"image/color"
	_ "image/gif" // formats that LoadImage reads
	_ "image/jpeg"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"

	_ "golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/picture"
)

var grey = color.Gray{128}

// plain is pictures of one colour.
func plain(width, height, count int, c color.Color) Pictures {
	one := func(int) canvas {
		picture := blank(width, height)
		draw.Draw(picture, picture.Rect, image.NewUniform(c), image.Point{}, draw.Src)
		return picture
	}
	return Pictures{width, height, count, one}
}

func blank(width, height int) canvas {
	return image.NewRGBA(image.Rect(0, 0, max(width, 1), max(height, 1)))
}

// emptyImage paints where ComfyUI gives one colour, so that pictures of graphs without a model can be told apart.
func emptyImage(c *Call) (Result, error) {
	pictures := Pictures{Width: c.whole("width", 512), Height: c.whole("height", 512), Count: c.whole("batch_size", 1)}
	spec := picture.Spec{Prompt: c.Words, Key: c.Key, Width: pictures.Width, Height: pictures.Height}
	pictures.At = func(i int) canvas {
		one := spec
		if i > 0 {
			one.Key += "#" + strconv.Itoa(i)
		}
		return one.Paint()
	}
	return values(pictures)
}

// open reads the picture that the node names.
func (c *Call) open() (image.Image, error) {
	path, _ := c.Machine.InputFile(c.text("image"))
	file, err := os.Open(path)
	if err != nil {
		return nil, &Exception{"FileNotFoundError", err.Error()}
	}
	defer file.Close()
	pixels, _, err := image.Decode(file)
	if err != nil {
		return nil, &Exception{"UnidentifiedImageError", err.Error()}
	}
	return pixels, nil
}

func loadImage(c *Call) (Result, error) {
	pixels, err := c.open()
	if err != nil {
		return Result{}, err
	}
	opaque := blank(pixels.Bounds().Dx(), pixels.Bounds().Dy())
	for y := range opaque.Rect.Dy() {
		for x := range opaque.Rect.Dx() {
			straight := color.NRGBAModel.Convert(pixels.At(pixels.Bounds().Min.X+x, pixels.Bounds().Min.Y+y)).(color.NRGBA)
			opaque.SetRGBA(x, y, color.RGBA{straight.R, straight.G, straight.B, 255})
		}
	}
	pictures := Pictures{Width: opaque.Rect.Dx(), Height: opaque.Rect.Dy(), Count: 1, At: func(int) canvas { return opaque }}
	return values(pictures, transparency(pixels))
}

// scaled brings pictures to a size.
func scaled(p Pictures, width, height int) Pictures {
	if p.Width == width && p.Height == height {
		return p
	}
	at := p.At
	p.Width, p.Height = max(width, 1), max(height, 1)
	p.At = func(i int) canvas {
		from, to := at(i), blank(width, height)
		draw.ApproxBiLinear.Scale(to, to.Rect, from, from.Rect, draw.Src, nil)
		return to
	}
	return p
}

func scaleTo(c *Call) (Result, error) {
	pictures := c.pictures("image")
	width, height := c.whole("width", 0), c.whole("height", 0)
	switch {
	case width == 0 && height == 0:
		return values(pictures)
	case width == 0:
		width = pictures.Width * height / pictures.Height
	case height == 0:
		height = pictures.Height * width / pictures.Width
	}
	return values(scaled(pictures, width, height))
}

func scaleBy(c *Call) (Result, error) {
	pictures, factor := c.pictures("image"), c.number("scale_by", 1)
	return values(scaled(pictures, int(float64(pictures.Width)*factor), int(float64(pictures.Height)*factor)))
}

func scaleToPixels(c *Call) (Result, error) {
	pictures := c.pictures("image")
	factor := math.Sqrt(c.number("megapixels", 1) / megapixels(pictures.Width, pictures.Height, 1))
	return values(scaled(pictures, int(float64(pictures.Width)*factor), int(float64(pictures.Height)*factor)))
}

// upscale enlarges as the name of the model says: twice for "x2", else four times.
func upscale(c *Call) (Result, error) {
	pictures, factor := c.pictures("image"), 4
	if model := string(get[Model](c, "upscale_model")); strings.Contains(model, "x2") {
		factor = 2
	}
	larger := scaled(pictures, pictures.Width*factor, pictures.Height*factor)
	c.Machine.Decode(megapixels(larger.Width, larger.Height, larger.Count))
	return values(marked(larger))
}

func pad(c *Call) (Result, error) {
	pictures := c.pictures("image")
	left, top := c.whole("left", 0), c.whole("top", 0)
	width, height := pictures.Width+left+c.whole("right", 0), pictures.Height+top+c.whole("bottom", 0)
	inner := image.Rect(left, top, left+pictures.Width, top+pictures.Height)
	at := pictures.At
	pictures.Width, pictures.Height = width, height
	pictures.At = func(i int) canvas {
		to := plain(width, height, 1, grey).At(0)
		draw.Draw(to, inner, at(i), image.Point{}, draw.Src)
		return to
	}
	mask := image.NewAlpha(image.Rect(0, 0, width, height))
	draw.Draw(mask, mask.Rect, image.Opaque, image.Point{}, draw.Src)
	draw.Draw(mask, inner, image.Transparent, image.Point{}, draw.Src)
	return values(pictures, maskOf(mask))
}

// mapPixels changes every picture, byte by byte of its colours.
func mapPixels(p Pictures, change func(value uint8) uint8) Pictures {
	at := p.At
	p.At = func(i int) canvas {
		from := at(i)
		to := blank(p.Width, p.Height)
		for n, value := range from.Pix {
			if n%4 == 3 {
				to.Pix[n] = 255
			} else {
				to.Pix[n] = change(value)
			}
		}
		return to
	}
	return p
}

func invert(c *Call) (Result, error) {
	return values(mapPixels(c.pictures("image"), func(value uint8) uint8 { return 255 - value }))
}

// addNoise changes every picture by what the seed, and all else above the node, says.
func addNoise(c *Call) (Result, error) {
	var seed [32]byte
	copy(seed[:], c.Key)
	dice, strength := rand.New(rand.NewChaCha8(seed)), c.number("strength", 0.5)
	noise := make([]uint8, 1<<16)
	for i := range noise {
		noise[i] = uint8(dice.Uint32())
	}
	pictures := c.pictures("image")
	at := pictures.At
	pictures.At = func(i int) canvas {
		n := i * 7919
		return mapPixels(Pictures{pictures.Width, pictures.Height, 1, func(int) canvas { return at(i) }}, func(value uint8) uint8 {
			n++
			return uint8(float64(value)*(1-strength) + float64(noise[n%len(noise)])*strength)
		}).At(0)
	}
	return values(pictures)
}

func blur(c *Call) (Result, error) {
	pictures, radius := c.pictures("image"), c.whole("blur_radius", 1)+1
	small := scaled(pictures, pictures.Width/radius, pictures.Height/radius)
	return values(scaled(small, pictures.Width, pictures.Height))
}

func blend(c *Call) (Result, error) {
	return values(mixed(c.pictures("image1"), c.pictures("image2"), c.number("blend_factor", 0.5)))
}

// mixed goes from the first pictures to the second; share 1 is the second alone. Its size and count are those of the second.
func mixed(first, second Pictures, share float64) Pictures {
	if share >= 1 {
		return second
	}
	under := scaled(first, second.Width, second.Height)
	over := image.NewUniform(color.Alpha{uint8(255 * max(share, 0))})
	result := second
	result.At = func(i int) canvas {
		to := blank(second.Width, second.Height)
		draw.Draw(to, to.Rect, under.At(i%under.Count), image.Point{}, draw.Src)
		draw.DrawMask(to, to.Rect, second.At(i), image.Point{}, over, image.Point{}, draw.Over)
		return to
	}
	return result
}

func batch(c *Call) (Result, error) {
	first := c.pictures("image1")
	second := scaled(c.pictures("image2"), first.Width, first.Height)
	both := first
	both.Count += second.Count
	both.At = func(i int) canvas {
		if i < first.Count {
			return first.At(i)
		}
		return second.At(i - first.Count)
	}
	return values(both)
}

func size(c *Call) (Result, error) {
	pictures := c.pictures("image")
	return values(big.NewInt(int64(pictures.Width)), big.NewInt(int64(pictures.Height)), big.NewInt(int64(pictures.Count)))
}

// zoom enlarges the middle of a picture.
func zoom(from canvas, factor float64) canvas {
	to := blank(from.Rect.Dx(), from.Rect.Dy())
	width, height := int(float64(to.Rect.Dx())/factor), int(float64(to.Rect.Dy())/factor)
	left, top := (to.Rect.Dx()-width)/2, (to.Rect.Dy()-height)/2
	draw.ApproxBiLinear.Scale(to, to.Rect, from, image.Rect(left, top, left+width, top+height), draw.Src, nil)
	return to
}
