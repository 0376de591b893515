package nodes

// latentOf brings pictures into latent space.
func (c *Call) latentOf(pictures Pictures) Latent {
	c.Machine.Decode(megapixels(pictures.Width, pictures.Height, pictures.Count))
	return Latent{Width: pictures.Width, Height: pictures.Height, Batch: pictures.Count, Pictures: &pictures}
}

func megapixels(width, height, count int) float64 {
	return float64(width) * float64(height) * float64(max(count, 1)) / (1 << 20)
}

// work returns the megapixels that a step goes through. Of a video one frame in four counts.
func (l Latent) work() float64 {
	switch {
	case l.Seconds > 0:
		return l.Seconds / 50 * float64(max(l.Batch, 1))
	case l.Resolution > 0:
		return float64(l.Resolution) / 3072
	}
	return megapixels(l.Width, l.Height, l.Batch*(max(l.Frames-1, 0)/4+1))
}

func emptyLatent(c *Call) (Result, error) {
	return values(Latent{
		Width:  c.whole("width", 512),
		Height: c.whole("height", 512),
		Batch:  c.whole("batch_size", 1),
		Frames: c.whole("length", 0),
	})
}

func emptySound(c *Call) (Result, error) {
	return values(Latent{Seconds: c.number("seconds", 47.6), Batch: c.whole("batch_size", 1)})
}

func emptyShape(c *Call) (Result, error) {
	return values(Latent{Resolution: c.whole("resolution", 3072), Batch: c.whole("batch_size", 1)})
}

func encode(c *Call) (Result, error) { return values(c.latentOf(c.pictures("pixels"))) }

func encodeForInpaint(c *Call) (Result, error) {
	latent := c.latentOf(c.pictures("pixels"))
	if mask := c.mask("mask"); mask != nil {
		latent.Mask = widened(*mask, c.whole("grow_mask_by", 6))
	}
	return values(latent)
}

func setMask(c *Call) (Result, error) {
	latent := get[Latent](c, "samples")
	latent.Mask = c.mask("mask")
	return values(latent)
}

func upscaleLatent(c *Call) (Result, error) {
	latent, factor := get[Latent](c, "samples"), c.number("scale_by", 1)
	latent.Width, latent.Height = int(float64(latent.Width)*factor), int(float64(latent.Height)*factor)
	if latent.Pictures != nil {
		larger := scaled(*latent.Pictures, latent.Width, latent.Height)
		latent.Pictures = &larger
	}
	return values(latent)
}

func repeatLatent(c *Call) (Result, error) {
	latent, times := get[Latent](c, "samples"), max(c.whole("amount", 1), 1)
	latent.Batch *= times
	if latent.Pictures != nil {
		once := *latent.Pictures
		many := once
		many.Count *= times
		many.At = func(i int) canvas { return once.At(i % once.Count) }
		latent.Pictures = &many
	}
	return values(latent)
}

func decode(c *Call) (Result, error) {
	latent := get[Latent](c, "samples")
	pictures := plain(latent.Width, latent.Height, max(latent.Batch, 1)*max(latent.Frames, 1), grey)
	if latent.Pictures != nil {
		pictures = *latent.Pictures
	}
	c.Machine.Decode(megapixels(pictures.Width, pictures.Height, pictures.Count))
	return values(pictures)
}

func decodeSound(c *Call) (Result, error) {
	c.Machine.Decode(1)
	latent := get[Latent](c, "samples")
	if latent.Sound == nil {
		return values(Sound{Seconds: latent.Seconds})
	}
	return values(*latent.Sound)
}

func encodeSound(c *Call) (Result, error) {
	c.Machine.Decode(1)
	sound := get[Sound](c, "audio")
	return values(Latent{Seconds: sound.Seconds, Sound: &sound})
}

func decodeShape(c *Call) (Result, error) {
	c.Machine.Decode(1)
	return values(Shape(get[Latent](c, "samples").Shape))
}
