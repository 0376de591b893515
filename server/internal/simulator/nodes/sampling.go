package nodes

import (
	"cmp"
	"strconv"
	"sync"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/picture"
)

func guider(c *Call) (Result, error) {
	conditioning := get[Conditioning](c, "positive")
	if c.Class.Name == "BasicGuider" {
		conditioning = get[Conditioning](c, "conditioning")
	}
	return values(Guider{conditioning, c.number("cfg", 1)})
}

func samplerSelect(c *Call) (Result, error) { return values(Sampler(c.text("sampler_name"))) }

func schedule(c *Call) (Result, error) {
	return values(Sigmas{Steps: c.whole("steps", 20), Denoise: c.number("denoise", 1)})
}

func customSampler(c *Call) (Result, error) {
	sigmas := get[Sigmas](c, "sigmas")
	latent, err := c.sample(get[Latent](c, "latent_image"), get[Guider](c, "guider"), sigmas, get[Sampler](c, "sampler"))
	if err != nil {
		return Result{}, err
	}
	return values(latent, latent)
}

func kSampler(c *Call) (Result, error) {
	sigmas := Sigmas{Steps: c.whole("steps", 20), Denoise: c.number("denoise", 1)}
	if c.Class.Name == "KSamplerAdvanced" {
		all, start, end := sigmas.Steps, c.whole("start_at_step", 0), c.whole("end_at_step", 10000)
		sigmas.Steps = max(min(end, all)-start, 1)
		sigmas.Denoise = float64(sigmas.Steps) / float64(max(all, 1))
	}
	guider := Guider{get[Conditioning](c, "positive"), c.number("cfg", 1)}
	latent, err := c.sample(get[Latent](c, "latent_image"), guider, sigmas, Sampler(c.text("sampler_name")))
	if err != nil {
		return Result{}, err
	}
	return values(latent)
}

// passes counts how often a sampler asks the model in each step.
func (s Sampler) passes() int {
	switch s {
	case "heun", "dpm_2", "dpm_2_ancestral", "dpmpp_2s_ancestral", "dpmpp_sde", "dpmpp_sde_gpu", "seeds_2":
		return 2
	case "heunpp2", "seeds_3":
		return 3
	}
	return 1
}

// sample takes the steps and returns what is made by them.
func (c *Call) sample(latent Latent, guider Guider, sigmas Sigmas, sampler Sampler) (Latent, error) {
	passes := sampler.passes()
	if guider.Scale != 1 { // the negative text is asked as well
		passes *= 2
	}
	spec := picture.Spec{
		Prompt: cmp.Or(guider.Text, c.Words),
		Key:    c.Key,
		Width:  cmp.Or(latent.Width, 512),
		Height: cmp.Or(latent.Height, 512),
	}
	sampling := Sampling{Steps: sigmas.Steps, Work: latent.work(), Passes: passes, Preview: spec}
	if latent.Seconds > 0 || latent.Resolution > 0 {
		sampling.Preview = picture.Spec{}
	}
	err := c.Machine.Sample(sampling)
	switch {
	case err != nil:
		return latent, err
	case latent.Seconds > 0:
		latent.Sound = &Sound{Words: spec.Prompt + c.Key, Seconds: latent.Seconds}
	case latent.Resolution > 0:
		latent.Shape = spec.Prompt + c.Key
	default:
		pictures := c.paint(latent, spec, guider.Reference, sigmas.Denoise)
		latent.Pictures, latent.Mask = &pictures, nil
	}
	return latent, nil
}

// paint makes the pictures: anew, or over those that are there, as far as denoise goes and the mask reaches.
func (c *Call) paint(latent Latent, spec picture.Spec, reference *Pictures, denoise float64) Pictures {
	frames := max(latent.Frames, 1)
	painted := Pictures{Width: spec.Width, Height: spec.Height, Count: max(latent.Batch, 1) * frames}
	painted.At = func(i int) canvas {
		one := spec
		if i > 0 {
			one.Key += "#" + strconv.Itoa(i)
		}
		return one.Paint()
	}
	if frames > 1 {
		painted = marked(moving(spec, painted, frames, latent.Start))
	}
	if reference != nil {
		painted = marked(mixed(scaled(*reference, spec.Width, spec.Height), painted, 0.55))
	}
	if latent.Pictures == nil {
		return painted
	}
	result := mixed(*latent.Pictures, painted, denoise)
	if latent.Mask != nil {
		result = masked(*latent.Pictures, result, *latent.Mask)
	}
	return marked(result)
}

// marked writes on pictures that they are simulated.
func marked(p Pictures) Pictures {
	at := p.At
	p.At = func(i int) canvas {
		from := at(i)
		to := blank(p.Width, p.Height)
		copy(to.Pix, from.Pix)
		picture.Mark(to)
		return to
	}
	return p
}

// moving makes frames that travel slowly through one picture for each of the batch: the first frame, or a painted one.
func moving(spec picture.Spec, painted Pictures, frames int, start *Pictures) Pictures {
	var scenes []func() canvas
	for i := range painted.Count / frames {
		scenes = append(scenes, sync.OnceValue(func() canvas {
			if start != nil {
				return scaled(*start, spec.Width, spec.Height).At(min(i, start.Count-1))
			}
			return painted.At(i)
		}))
	}
	painted.At = func(i int) canvas { return zoom(scenes[i/frames](), 1+0.3*float64(i%frames)/float64(frames)) }
	return painted
}

// partner stands for a paid service: it wants a key, and says nothing of it.
func partner(c *Call) (Result, error) {
	if c.Machine.PartnerKey() == "" {
		return Result{}, &Exception{"Exception", "Unauthorized: Please login first to use this node."}
	}
	guider := Guider{Conditioning{Text: c.text("prompt"), Reference: c.given("image_prompt")}, 1}
	latent, err := c.sample(Latent{Width: 1344, Height: 768, Batch: 1}, guider, Sigmas{Steps: 8, Denoise: 1}, "")
	if err != nil {
		return Result{}, err
	}
	return values(*latent.Pictures)
}
