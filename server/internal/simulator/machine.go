package simulator

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"time"

	"golang.org/x/image/draw"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/models"
	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/nodes"
)

// machine runs one node of an execution.
type machine struct {
	*execution
	ctx  context.Context
	node *graph.Node
}

// Load reads a model file: the load time is shared out among the graph's loaders, and a file
// in memory costs nothing. It is deaf to interrupts, as model loading is.
func (m *machine) Load(class, input, file string) error {
	if m.shelf.Broken(class, input, file) {
		return &raised{
			Kind:    "safetensors_rust.SafetensorError",
			Message: "Error while deserializing header: incomplete metadata, file not fully covered",
		}
	}
	if m.memory.load(file) {
		m.spend(m.options.LoadTime / time.Duration(m.loaders()))
		m.logf("loaded completely %s", file)
	}
	return nil
}

// loaders counts the model files of the graph.
func (m *machine) loaders() int {
	count := 0
	for _, node := range m.prompt.graph.Nodes {
		count += len(models.Inputs(node.Class))
	}
	return max(count, 1)
}

// fixed is the share of a step or a decoding that takes the same time for every size.
const fixed = 0.25

// scaled is the time for so many megapixels; one takes the whole time that was set.
func scaled(whole time.Duration, megapixels float64) time.Duration {
	return time.Duration(float64(whole) * (fixed + (1-fixed)*megapixels))
}

// varied is a time with its noise: the same one for the same node in the same run of a process.
func (m *machine) varied(d time.Duration) time.Duration {
	if m.options.TimeNoise == 0 {
		return d
	}
	node := fnv.New64a()
	fmt.Fprint(node, m.number, m.node.ID)
	dice := rand.New(rand.NewPCG(m.options.MisbehaveSeed, node.Sum64()))
	return time.Duration(float64(d) * math.Exp(m.options.TimeNoise*dice.NormFloat64()))
}

// outlier multiplies the time of some runs' steps.
const outlier = 3

// isOutlier reports whether the run is one of those: the same runs of each process.
func (m *machine) isOutlier() bool {
	dice := rand.New(rand.NewPCG(m.options.MisbehaveSeed, uint64(m.number)))
	return m.options.Outliers > 0 && dice.Float64() < m.options.Outliers
}

func (m *machine) spend(d time.Duration) { sleep(m.ctx, m.varied(d)) }

func (m *machine) Encode() { m.spend(m.options.EncodeTime) }

func (m *machine) Decode(megapixels float64) { m.spend(scaled(m.options.DecodeTime, megapixels)) }

// Sample takes its steps, and looks for an interrupt at each. Making a preview is part of
// the next step's time, so that a run's duration does not depend on the machine.
func (m *machine) Sample(s nodes.Sampling) error {
	work := math.Pow(s.Work, m.options.StepGrowth)
	steps, perStep := max(s.Steps, 1), m.varied(scaled(m.options.StepTime, work)*time.Duration(max(s.Passes, 1)))
	if m.isOutlier() {
		perStep *= outlier
	}
	if m.options.Compile > 0 && m.memory.compile(s.Work) {
		m.spend(m.options.Compile)
		m.logf("compiled for %.2f megapixels", s.Work)
	}
	if slow, ok := m.manners.find("slow"); ok {
		perStep = slow.Duration
	}
	due := time.Now()
	for step := 1; step <= steps; step++ {
		due = due.Add(perStep)
		if step == steps/2+1 && m.node.ID == m.trouble {
			if err := m.misbehave(m.ctx); err != nil {
				return err
			}
		}
		if !sleep(m.ctx, time.Until(due)) {
			return m.ctx.Err()
		}
		if m.isInterrupted() {
			return errInterrupted
		}
		m.bar(step, steps, perStep)
		m.tick(m.node.ID, step, steps, s.Preview)
	}
	return nil
}

func (m *machine) InputFile(name string) (path, state string) { return m.inputFile(name) }

// Finish makes a picture black or flat when the run misbehaves that way.
func (m *machine) Finish(picture *image.RGBA) image.Image {
	switch {
	case m.manners.has("black"):
		return uniform(picture.Rect, color.Black)
	case m.manners.has("flat"):
		return uniform(picture.Rect, color.RGBA{126, 126, 126, 255})
	}
	return picture
}

func uniform(size image.Rectangle, shade color.Color) image.Image {
	picture := image.NewRGBA(size)
	draw.Draw(picture, size, image.NewUniform(shade), image.Point{}, draw.Src)
	return picture
}

// PartnerKey is the key for paid services that came with the prompt.
func (m *machine) PartnerKey() string { return m.prompt.partnerKey }

// takePartnerKey takes the secrets out of what is kept with a prompt and shown in queue and history.
func takePartnerKey(extra map[string]json.RawMessage) (key string) {
	_ = json.Unmarshal(extra["api_key_comfy_org"], &key) // anything else is no key
	delete(extra, "api_key_comfy_org")
	delete(extra, "auth_token_comfy_org")
	return key
}
