package fitness_test

import (
	"fmt"
	"testing"
)

// A model belongs where its class loads it from, whatever its field is called.
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
