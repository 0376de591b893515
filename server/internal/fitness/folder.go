package fitness

import (
	"path"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
)

// classFolders are the folders below ComfyUI's models folder of classes whose field does not tell: a clip_name may be a text
// encoder or look at pictures, a model_name anything.
var classFolders = map[string]string{
	"CLIPVisionLoader":              "clip_vision",
	"ConditioningLoader":            "embeddings",
	"FrameInterpolationModelLoader": "frame_interpolation",
	"LatentUpscaleModelLoader":      "latent_upscale_models",
	"LoadBackgroundRemovalModel":    "background_removal",
	"LoadDA3Model":                  "geometry_estimation",
	"LoadMediaPipeFaceLandmarker":   "detection",
	"LoadMoGeModel":                 "geometry_estimation",
	"ModelPatchLoader":              "model_patches",
	"OpticalFlowLoader":             "optical_flow",
	"SAM3DBody_Loader":              "detection",
	"UpscaleModelLoader":            "upscale_models",
}

// fieldFolders are those of fields that mean the same in every class.
var fieldFolders = map[string]string{
	"unet_name":             "diffusion_models",
	"clip_name":             "text_encoders",
	"clip_name1":            "text_encoders",
	"clip_name2":            "text_encoders",
	"clip_name3":            "text_encoders",
	"clip_name4":            "text_encoders",
	"text_encoder":          "text_encoders",
	"vae_name":              "vae",
	"ckpt_name":             "checkpoints",
	"lora_name":             "loras",
	"control_net_name":      "controlnet",
	"style_model_name":      "style_models",
	"gligen_name":           "gligen",
	"hypernetwork_name":     "hypernetworks",
	"photomaker_model_name": "photomaker",
	"audio_encoder_name":    "audio_encoders",
	"bg_removal_name":       "background_removal",
}

// ModelFolder is the folder below ComfyUI's models folder that a field of a class loads from; empty when that is not known.
func ModelFolder(class, field string) string {
	if folder := classFolders[class]; folder != "" {
		return folder
	}
	return fieldFolders[field[strings.LastIndexByte(field, '.')+1:]]
}

// IsModel reports whether a field of a class names a model file: one whose folder is known, or of a loader and with a name such as a
// model's.
func IsModel(class, field string, value any) bool {
	file, ok := value.(string)
	if !ok || file == "" {
		return false
	}
	isFile := slices.Contains(modelExtensions, strings.ToLower(path.Ext(file)))
	return ModelFolder(class, field) != "" || isFile && strings.Contains(class, "Load")
}

// Models returns the model files that a graph names, below ComfyUI's models folder, sorted: those of classes whose folder is known.
func Models(g *graph.Graph) (models []string) {
	for _, n := range g.Nodes {
		for _, in := range n.Inputs {
			folder := ModelFolder(n.Class, in.Name)
			if file, ok := in.Value.(string); ok && folder != "" && file != "" {
				models = append(models, path.Join(folder, strings.ReplaceAll(file, `\`, "/")))
			}
		}
	}
	slices.Sort(models)
	return slices.Compact(models)
}
