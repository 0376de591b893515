package nodes

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// maskOf is a mask that is known at one size, which is its own.
func maskOf(alpha *image.Alpha) Mask {
	return Mask{
		Width:  alpha.Rect.Dx(),
		Height: alpha.Rect.Dy(),
		At: func(width, height int) *image.Alpha {
			if alpha.Rect.Dx() == width && alpha.Rect.Dy() == height {
				return alpha
			}
			to := image.NewAlpha(image.Rect(0, 0, max(width, 1), max(height, 1)))
			draw.ApproxBiLinear.Scale(to, to.Rect, alpha, alpha.Rect, draw.Src, nil)
			return to
		},
	}
}

// maskFrom makes a mask of what a function tells about each pixel.
func maskFrom(pixels image.Image, opacity func(color.NRGBA) uint8) Mask {
	bounds := pixels.Bounds()
	alpha := image.NewAlpha(image.Rect(0, 0, bounds.Dx(), bounds.Dy()))
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			straight := color.NRGBAModel.Convert(pixels.At(bounds.Min.X+x, bounds.Min.Y+y)).(color.NRGBA)
			alpha.SetAlpha(x, y, color.Alpha{opacity(straight)})
		}
	}
	return maskOf(alpha)
}

// transparency is the mask of a loaded picture: where it can be seen through.
func transparency(pixels image.Image) Mask {
	return maskFrom(pixels, func(c color.NRGBA) uint8 { return 255 - c.A })
}

// channels reads a mask out of a picture. Where the picture is white in that channel, the mask is.
var channels = map[string]func(color.NRGBA) uint8{
	"alpha": func(c color.NRGBA) uint8 { return 255 - c.A },
	"red":   func(c color.NRGBA) uint8 { return c.R },
	"green": func(c color.NRGBA) uint8 { return c.G },
	"blue":  func(c color.NRGBA) uint8 { return c.B },
}

func loadMask(c *Call) (Result, error) {
	pixels, err := c.open()
	if err != nil {
		return Result{}, err
	}
	return values(maskFrom(pixels, channels[c.text("channel")]))
}

func imageToMask(c *Call) (Result, error) {
	return values(maskFrom(c.pictures("image").At(0), channels[c.text("channel")]))
}

func maskToImage(c *Call) (Result, error) {
	mask := c.mask("mask")
	if mask == nil {
		return values(plain(64, 64, 1, color.Black))
	}
	width, height := mask.Width, mask.Height
	if width == 0 {
		width, height = 512, 512 // one that was made here has no size of its own
	}
	pictures := plain(width, height, 1, color.Black)
	black := pictures.At
	pictures.At = func(i int) canvas {
		to := black(i)
		draw.DrawMask(to, to.Rect, image.White, image.Point{}, mask.At(width, height), image.Point{}, draw.Over)
		return to
	}
	return values(pictures)
}

func invertMask(c *Call) (Result, error) {
	mask := c.mask("mask")
	if mask == nil {
		return values(Mask{})
	}
	return values(Mask{
		At: func(width, height int) *image.Alpha {
			to := image.NewAlpha(image.Rect(0, 0, width, height))
			for i, value := range mask.At(width, height).Pix {
				to.Pix[i] = 255 - value
			}
			return to
		},
	})
}

func growMask(c *Call) (Result, error) {
	mask := c.mask("mask")
	if mask == nil {
		return values(Mask{})
	}
	return values(*widened(*mask, c.whole("expand", 0)))
}

// widened lets a mask reach further by some pixels to each side.
func widened(mask Mask, by int) *Mask {
	if by <= 0 {
		return &mask
	}
	return &Mask{
		At: func(width, height int) *image.Alpha {
			from := mask.At(width, height)
			across, to := image.NewAlpha(from.Rect), image.NewAlpha(from.Rect)
			for y := range height {
				for x := range width {
					for near := max(x-by, 0); near <= min(x+by, width-1); near++ {
						across.Pix[y*across.Stride+x] = max(across.Pix[y*across.Stride+x], from.Pix[y*from.Stride+near])
					}
				}
			}
			for y := range height {
				for x := range width {
					for near := max(y-by, 0); near <= min(y+by, height-1); near++ {
						to.Pix[y*to.Stride+x] = max(to.Pix[y*to.Stride+x], across.Pix[near*across.Stride+x])
					}
				}
			}
			return to
		},
	}
}

// masked is the first pictures with the second where the mask is.
func masked(first, second Pictures, mask Mask) Pictures {
	result := second
	under := scaled(first, second.Width, second.Height)
	result.At = func(i int) canvas {
		to := blank(second.Width, second.Height)
		draw.Draw(to, to.Rect, under.At(i%under.Count), image.Point{}, draw.Src)
		draw.DrawMask(to, to.Rect, second.At(i), image.Point{}, mask.At(second.Width, second.Height), image.Point{}, draw.Over)
		return to
	}
	return result
}

func compositeMasked(c *Call) (Result, error) {
	destination, source := c.pictures("destination"), c.pictures("source")
	if c.switched("resize_source", false) {
		source = scaled(source, destination.Width, destination.Height)
	}
	offset := image.Pt(c.whole("x", 0), c.whole("y", 0))
	mask := c.mask("mask")
	result := destination
	result.At = func(i int) canvas {
		to := blank(destination.Width, destination.Height)
		draw.Draw(to, to.Rect, destination.At(i), image.Point{}, draw.Src)
		from := source.At(i % source.Count)
		if mask == nil {
			draw.Draw(to, from.Rect.Add(offset), from, image.Point{}, draw.Src)
		} else {
			draw.DrawMask(to, from.Rect.Add(offset), from, image.Point{}, mask.At(from.Rect.Dx(), from.Rect.Dy()), image.Point{}, draw.Over)
		}
		return to
	}
	return values(result)
}
