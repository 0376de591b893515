package form_test

import (
	"fmt"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
)

// A graph tells what a person would want to set, also before a ComfyUI has told its classes.
func ExampleDetect() {
	file, err := graphfile.Read(strings.NewReader(`{
		"1": {"class_type": "CLIPTextEncode", "inputs": {"text": "a red fox", "clip": ["4", 1]}},
		"2": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["4", 1]}},
		"3": {"class_type": "KSampler", "inputs": {"seed": 7, "steps": 20, "cfg": 6.5, "sampler_name": "euler", "scheduler": "normal",
			"denoise": 1, "model": ["4", 0], "positive": ["1", 0], "negative": ["2", 0], "latent_image": ["5", 0]}},
		"4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "fox.safetensors"}},
		"5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 512, "batch_size": 1}},
		"6": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
		"7": {"class_type": "SaveImage", "inputs": {"images": ["6", 0], "filename_prefix": "fox"}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	found := form.Detect(file.API, nil, form.Author{})
	for _, role := range []form.Role{form.Prompt, form.SeedRole, form.Width} {
		in := found.With(role)
		fmt.Printf("%s (%s) of node %s\n", in.Name, in.Kind, in.Targets[0].Node)
	}
	// Output:
	// prompt (text) of node 1
	// seed (seed) of node 3
	// width (integer) of node 5
}
