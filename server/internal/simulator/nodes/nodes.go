package nodes

import (
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/models"
)

// behaviours says what the nodes do that do more than hand on what they get.
var behaviours = map[string]func(*Call) (Result, error){
	"CLIPTextEncode":           encodeText,
	"ConditioningCombine":      combine,
	"ConditioningStableAudio":  conditionPair,
	"ControlNetApplyAdvanced":  controlNet,
	"ReferenceLatent":          reference,
	"InpaintModelConditioning": inpaintConditioning,
	"CLIPVisionEncode":         look,
	"Hunyuan3Dv2Conditioning":  lookedAt,
	"WanImageToVideo":          imageToVideo,

	"KSampler":              kSampler,
	"KSamplerAdvanced":      kSampler,
	"BasicGuider":           guider,
	"CFGGuider":             guider,
	"KSamplerSelect":        samplerSelect,
	"BasicScheduler":        schedule,
	"Flux2Scheduler":        schedule,
	"SamplerCustomAdvanced": customSampler,
	"FluxProUltraImageNode": partner,

	"EmptyLatentImage":        emptyLatent,
	"EmptySD3LatentImage":     emptyLatent,
	"EmptyFlux2LatentImage":   emptyLatent,
	"EmptyHunyuanLatentVideo": emptyLatent,
	"EmptyLatentAudio":        emptySound,
	"EmptyLatentHunyuan3Dv2":  emptyShape,
	"VAEDecode":               decode,
	"VAEDecodeTiled":          decode,
	"VAEEncode":               encode,
	"VAEEncodeForInpaint":     encodeForInpaint,
	"SetLatentNoiseMask":      setMask,
	"LatentUpscaleBy":         upscaleLatent,
	"RepeatLatentBatch":       repeatLatent,
	"VAEDecodeAudio":          decodeSound,
	"VAEEncodeAudio":          encodeSound,
	"VAEDecodeHunyuan3D":      decodeShape,

	"EmptyImage":              emptyImage,
	"LoadImage":               loadImage,
	"LoadImageMask":           loadMask,
	"ImageScale":              scaleTo,
	"ImageScaleBy":            scaleBy,
	"ImageScaleToTotalPixels": scaleToPixels,
	"ImageUpscaleWithModel":   upscale,
	"ImagePadForOutpaint":     pad,
	"ImageInvert":             invert,
	"ImageBatch":              batch,
	"ImageCompositeMasked":    compositeMasked,
	"GetImageSize":            size,
	"ImageAddNoise":           addNoise,
	"ImageBlur":               blur,
	"ImageBlend":              blend,
	"ImageToMask":             imageToMask,
	"MaskToImage":             maskToImage,
	"InvertMask":              invertMask,
	"GrowMask":                growMask,

	"LoadVideo":          loadVideo,
	"GetVideoComponents": videoComponents,
	"CreateVideo":        createVideo,
	"LoadAudio":          loadSound,

	"PrimitiveString":          primitive,
	"PrimitiveStringMultiline": primitive,
	"PrimitiveInt":             primitive,
	"PrimitiveFloat":           primitive,
	"PrimitiveBoolean":         primitive,
	"StringConcatenate":        concatenate,
	"StringReplace":            replace,
	"RegexReplace":             replacePattern,
	"StringLength":             length,
	"TextGenerate":             generateText,

	"SaveImage":        saveImage,
	"PreviewImage":     previewImage,
	"SaveAnimatedWEBP": saveAnimation,
	"SaveVideo":        saveVideo,
	"SaveWEBM":         saveVideo,
	"SaveAudio":        saveSound,
	"SaveAudioMP3":     saveSound,
	"SaveAudioOpus":    saveSound,
	"PreviewAudio":     saveSound,
	"SaveGLB":          saveShape,
	"PreviewAny":       previewAny,
}

// Samples tells whether nodes of a class take steps.
func Samples(class string) bool {
	return slices.Contains([]string{"KSampler", "KSamplerAdvanced", "SamplerCustomAdvanced", "TextGenerate", "FluxProUltraImageNode"}, class)
}

// ReadsFile returns the input by which nodes of a class name a file; empty for other classes.
func ReadsFile(class string) string {
	switch class {
	case "LoadImage", "LoadImageMask":
		return "image"
	case "LoadAudio":
		return "audio"
	case "LoadVideo":
		return "file"
	}
	return ""
}

// Run does what the node does. Its error is an *Exception, or one of the machine's.
func (c *Call) Run() (Result, error) {
	for _, input := range models.Inputs(c.Class.Name) {
		if err := c.Machine.Load(c.Class.Name, input, c.text(input)); err != nil {
			return Result{}, err
		}
	}
	if behaviour := behaviours[c.Class.Name]; behaviour != nil {
		return behaviour(c)
	}
	return c.handOn()
}

// handOn gives each output the first value of its type that comes in, and a model where none does: the file's, of a loader.
func (c *Call) handOn() (Result, error) {
	var result Result
	model := Model(c.Class.Name)
	for _, input := range models.Inputs(c.Class.Name) {
		model = Model(c.text(input))
	}
	for _, kind := range c.Class.Outputs {
		var value any = model
		for _, input := range c.Class.Inputs {
			if came := get[any](c, input.Name); input.Type == kind && came != nil {
				value = came
				break
			}
		}
		result.Values = append(result.Values, value)
	}
	return result, nil
}
