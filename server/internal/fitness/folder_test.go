package fitness_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fitness"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
)

// A model belongs where its class loads it from, whatever its field is called. The case model_folders.
func TestAModelBelongsWhereItsClassLoadsIt(t *testing.T) {
	for _, c := range []struct{ class, field, folder string }{
		{"CLIPLoader", "clip_name", "text_encoders"},
		{"CLIPVisionLoader", "clip_name", "clip_vision"},
		{"UpscaleModelLoader", "model_name", "upscale_models"},
		{"LatentUpscaleModelLoader", "model_name", "latent_upscale_models"},
		{"ModelPatchLoader", "name", "model_patches"},
		{"SomePacksLoader", "lora_name", "loras"},
		{"SomePacksLoader", "model_name", ""},
	} {
		found := check(t, fmt.Sprintf(`{"1": {"class_type": %q, "inputs": {%q: "mine.safetensors"}}}`, c.class, c.field),
			fmt.Sprintf(`{%q: {"input": {"required": {%q: [[]]}}, "output_node": true}}`, c.class, c.field))
		if len(found) != 1 || found[0].Folder != c.folder || found[0].File != "mine.safetensors" {
			t.Errorf("%s.%s: %+v, want the folder %q", c.class, c.field, found, c.folder)
		}
	}
}

func TestModelsOfAGraph(t *testing.T) {
	file, err := graphfile.Read(strings.NewReader(`{
		"1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd\\fox.safetensors"}},
		"2": {"class_type": "LoraLoader", "inputs": {"lora_name": "grain.safetensors", "model": ["1", 0], "strength_model": 1}},
		"3": {"class_type": "LoraLoader", "inputs": {"lora_name": "grain.safetensors", "model": ["2", 0]}},
		"4": {"class_type": "VAELoader", "inputs": {"vae_name": ["1", 0]}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := fitness.Models(file.API); !slices.Equal(got, []string{"checkpoints/sd/fox.safetensors", "loras/grain.safetensors"}) {
		t.Error(got)
	}
}
