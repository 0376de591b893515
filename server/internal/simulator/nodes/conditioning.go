package nodes

func encodeText(c *Call) (Result, error) {
	c.Machine.Encode()
	return values(Conditioning{Text: c.text("text")})
}

func combine(c *Call) (Result, error) {
	first, second := get[Conditioning](c, "conditioning_1"), get[Conditioning](c, "conditioning_2")
	first.Text += "\n" + second.Text
	if first.Reference == nil {
		first.Reference = second.Reference
	}
	return values(first)
}

func conditionPair(c *Call) (Result, error) {
	return values(get[Conditioning](c, "positive"), get[Conditioning](c, "negative"))
}

func controlNet(c *Call) (Result, error) {
	positive := get[Conditioning](c, "positive")
	if c.number("strength", 1) > 0 {
		positive.Reference = c.given("image")
	}
	return values(positive, get[Conditioning](c, "negative"))
}

func reference(c *Call) (Result, error) {
	conditioning := get[Conditioning](c, "conditioning")
	conditioning.Reference = get[Latent](c, "latent").Pictures
	return values(conditioning)
}

func inpaintConditioning(c *Call) (Result, error) {
	latent := c.latentOf(c.pictures("pixels"))
	latent.Mask = c.mask("mask")
	return values(get[Conditioning](c, "positive"), get[Conditioning](c, "negative"), latent)
}

// look encodes a picture; what comes of it is the picture.
func look(c *Call) (Result, error) {
	c.Machine.Encode()
	return values(c.pictures("image"))
}

func lookedAt(c *Call) (Result, error) {
	return values(Conditioning{Text: c.Words, Reference: c.given("clip_vision_output")}, Conditioning{})
}

func imageToVideo(c *Call) (Result, error) {
	result, err := emptyLatent(c)
	latent, _ := result.Values[0].(Latent)
	latent.Start = c.given("start_image")
	result.Values = []any{get[Conditioning](c, "positive"), get[Conditioning](c, "negative"), latent}
	return result, err
}
