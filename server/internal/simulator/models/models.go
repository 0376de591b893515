// Package models knows which model files a simulated ComfyUI has, folder by folder. None of them holds anything: what counts is
// that a workflow finds the name it looks for. Files in the models folder count as well.
package models

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// builtIn lists by folder the files that every simulated ComfyUI has. Some well-known files are left out, so that workflows that
// want them meet a ComfyUI that lacks a model.
var builtIn = map[string][]string{
	"checkpoints": {
		"512-inpainting-ema.safetensors",
		"broken.safetensors",
		"hunyuan_3d_v2.1.safetensors",
		"sd_xl_base_1.0.safetensors",
		"stable-audio-open-1.0.safetensors",
		"v1-5-pruned-emaonly-fp16.safetensors",
		"v1-5-pruned-emaonly.safetensors",
	},
	"clip_vision": {"clip_vision_h.safetensors"},
	"configs":     {},
	"controlnet":  {"control_v11p_sd15_scribble_fp16.safetensors"},
	"diffusion_models": {
		"flux-2-klein-4b-fp8.safetensors",
		"flux-2-klein-4b.safetensors",
		"flux-2-klein-base-4b-fp8.safetensors",
		"flux-2-klein-base-4b.safetensors",
		"wan2.2_ti2v_5B_fp16.safetensors",
	},
	"embeddings": {},
	"loras":      {"film-grain.safetensors", "styles/ink.safetensors", "styles/watercolour.safetensors"},
	"text_encoders": {
		"qwen3.5_2b_bf16.safetensors",
		"qwen_3_4b.safetensors",
		"t5_base.safetensors",
		"umt5_xxl_fp8_e4m3fn_scaled.safetensors",
	},
	"upscale_models": {"RealESRGAN_x2plus.pth", "RealESRGAN_x4plus.safetensors"},
	"vae": {
		"flux2-vae.safetensors",
		"vae-ft-mse-840000-ema-pruned.safetensors",
		"wan2.2_vae.safetensors",
	},
}

// pixelSpace names the choice of VAELoader that needs no file.
const pixelSpace = "pixel_space"

// loaders names the folder of each input that takes a model file.
var loaders = map[[2]string]string{
	{"CLIPLoader", "clip_name"}:                "text_encoders",
	{"CLIPVisionLoader", "clip_name"}:          "clip_vision",
	{"CheckpointLoaderSimple", "ckpt_name"}:    "checkpoints",
	{"ControlNetLoader", "control_net_name"}:   "controlnet",
	{"DualCLIPLoader", "clip_name1"}:           "text_encoders",
	{"DualCLIPLoader", "clip_name2"}:           "text_encoders",
	{"ImageOnlyCheckpointLoader", "ckpt_name"}: "checkpoints",
	{"LoraLoader", "lora_name"}:                "loras",
	{"LoraLoaderModelOnly", "lora_name"}:       "loras",
	{"UNETLoader", "unet_name"}:                "diffusion_models",
	{"UpscaleModelLoader", "model_name"}:       "upscale_models",
	{"VAELoader", "vae_name"}:                  "vae",
}

// Shelf is the models of one process.
type Shelf struct {
	// Folder holds further files, in subfolders named as ComfyUI's; it may be missing. Empty: there are none.
	Folder string
}

// Folders returns the names of the folders.
func (s Shelf) Folders() []string { return slices.Sorted(maps.Keys(builtIn)) }

// Files returns the files of a folder as of now, with their subfolders, sorted; false for an unknown folder.
func (s Shelf) Files(folder string) ([]string, bool) {
	present, known := builtIn[folder]
	if !known {
		return nil, false
	}
	files := append([]string{}, present...)
	if s.Folder != "" {
		root := filepath.Join(s.Folder, folder)
		_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error { // a missing folder holds nothing
			if err == nil && entry.Type().IsRegular() {
				if name, err := filepath.Rel(root, path); err == nil {
					files = append(files, name)
				}
			}
			return nil
		})
	}
	slices.Sort(files)
	return slices.Compact(files), true
}

// Offered returns what an input of a class offers; false for one that takes no model file.
func (s Shelf) Offered(class, input string) ([]string, bool) {
	folder, ok := loaders[[2]string{class, input}]
	if !ok {
		return nil, false
	}
	files, _ := s.Files(folder)
	if folder == "vae" {
		files = append(files, pixelSpace)
	}
	return files, true
}

// Inputs returns the inputs of a class that take a model file.
func Inputs(class string) []string {
	var inputs []string
	for key := range loaders {
		if key[0] == class {
			inputs = append(inputs, key[1])
		}
	}
	slices.Sort(inputs)
	return inputs
}

// Broken tells whether a file is there but cannot be loaded: broken.safetensors of the checkpoints, and every file in the models
// folder whose whole content is the word "broken".
func (s Shelf) Broken(class, input, file string) bool {
	if file == "broken.safetensors" {
		return true
	}
	if s.Folder == "" {
		return false
	}
	content, err := os.ReadFile(filepath.Join(s.Folder, loaders[[2]string{class, input}], filepath.FromSlash(file)))
	return err == nil && string(content) == "broken"
}
