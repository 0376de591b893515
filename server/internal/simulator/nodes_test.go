package simulator_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const checkpoint = "v1-5-pruned-emaonly.safetensors"

// repaint is a graph that paints over photo.jpg as far as denoise goes, and where more adds nodes in between.
func repaint(denoise float64, latent any, more graph) graph {
	g := graph{
		"1": node("LoadImage", object{"image": "photo.jpg"}),
		"2": node("CheckpointLoaderSimple", object{"ckpt_name": checkpoint}),
		"3": node("CLIPTextEncode", object{"text": "a forest", "clip": []any{"2", 1}}),
		"4": node("VAEEncode", object{"pixels": []any{"1", 0}, "vae": []any{"2", 2}}),
		"5": node("KSampler", object{
			"seed":         1,
			"steps":        2,
			"cfg":          1,
			"sampler_name": "euler",
			"scheduler":    "normal",
			"denoise":      denoise,
			"model":        []any{"2", 0},
			"positive":     []any{"3", 0},
			"negative":     []any{"3", 0},
			"latent_image": latent,
		}),
		"6": node("VAEDecode", object{"samples": []any{"5", 0}, "vae": []any{"2", 2}}),
		"9": node("SaveImage", object{"images": []any{"6", 0}, "filename_prefix": "repaint"}),
	}
	for id, node := range more {
		g[id] = node
	}
	return g
}

func (c *comfy) saved(g graph) image.Image {
	c.t.Helper()
	entry := c.run(g)
	if status := at(entry, "status", "status_str"); status != "success" {
		c.t.Fatalf("%v", at(entry, "status", "messages", -1))
	}
	pixels, err := png.Decode(bytes.NewReader(c.picture(entry, "9", 0)))
	if err != nil {
		c.t.Fatal(err)
	}
	return pixels
}

// apart is the mean difference of two pictures inside a rectangle, from 0 to 255.
func apart(a, b image.Image, where image.Rectangle) float64 {
	sum, count := 0.0, 0.0
	for y := where.Min.Y; y < where.Max.Y; y += 2 {
		for x := where.Min.X; x < where.Max.X; x += 2 {
			p, q := color.RGBAModel.Convert(a.At(x, y)).(color.RGBA), color.RGBAModel.Convert(b.At(x, y)).(color.RGBA)
			for _, pair := range [][2]uint8{{p.R, q.R}, {p.G, q.G}, {p.B, q.B}} {
				sum += max(float64(pair[0])-float64(pair[1]), float64(pair[1])-float64(pair[0]))
				count++
			}
		}
	}
	return sum / count
}

func TestDenoiseSaysHowMuchOfThePictureStays(t *testing.T) {
	c := start(t, "--sample-inputs")
	photo := c.saved(graph{
		"1": node("LoadImage", object{"image": "photo.jpg"}),
		"9": node("SaveImage", object{"images": []any{"1", 0}, "filename_prefix": "photo"}),
	})
	above := image.Rect(0, 0, photo.Bounds().Dx(), photo.Bounds().Dy()/2) // where no mark is
	before := -1.0
	for _, denoise := range []float64{0, 0.3, 0.6, 1} {
		painted := c.saved(repaint(denoise, []any{"4", 0}, nil))
		if painted.Bounds() != photo.Bounds() {
			t.Fatalf("painted %v over %v", painted.Bounds(), photo.Bounds())
		}
		distance := apart(photo, painted, above)
		if distance <= before {
			t.Errorf("denoise %v: %.1f away from the photo, no more than with less", denoise, distance)
		}
		before = distance
	}
}

func TestOnlyTheMaskIsPaintedAnew(t *testing.T) {
	c := start(t, "--sample-inputs")
	photo := c.saved(graph{
		"1": node("LoadImage", object{"image": "photo.jpg"}),
		"9": node("SaveImage", object{"images": []any{"1", 0}, "filename_prefix": "photo"}),
	})
	painted := c.saved(repaint(1, []any{"8", 0}, graph{
		"7": node("LoadImageMask", object{"image": "mask.png", "channel": "red"}),
		"8": node("SetLatentNoiseMask", object{"samples": []any{"4", 0}, "mask": []any{"7", 0}}),
	}))
	if distance := apart(photo, painted, image.Rect(0, 0, 300, 400)); distance > 0 {
		t.Errorf("%.1f away from the photo where the mask is black", distance)
	}
	if distance := apart(photo, painted, image.Rect(520, 170, 600, 250)); distance < 5 {
		t.Errorf("only %.1f away from the photo where the mask is white", distance)
	}
}

func TestModelsOfTheFolderAreOffered(t *testing.T) {
	c := start(t)
	folder := filepath.Join(c.base, "models", "loras", "mine")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"new.safetensors": "", "bad.safetensors": "broken"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if list := encode(c.get("/models/loras")); !strings.Contains(list, "mine/new.safetensors") {
		t.Errorf("GET /models/loras: %s", list)
	}
	if code, _ := c.do("GET", "/models/nothing", ""); code != http.StatusNotFound {
		t.Errorf("an unknown folder of models: %d", code)
	}
	offered := at(c.get("/object_info/LoraLoaderModelOnly"), "LoraLoaderModelOnly", "input", "required", "lora_name", 0)
	if !strings.Contains(encode(offered), "mine/new.safetensors") {
		t.Errorf("the loader offers %v", offered)
	}
	with := func(lora string) graph {
		g := repaint(1, []any{"7", 0}, graph{
			"7": node("EmptyLatentImage", object{"width": 64, "height": 64, "batch_size": 1}),
			"8": node("LoraLoaderModelOnly", object{"model": []any{"2", 0}, "lora_name": lora, "strength_model": 1}),
		})
		set(g, "5", "model", []any{"8", 0})
		delete(g, "1")
		delete(g, "4")
		return g
	}
	if status := at(c.run(with("mine/new.safetensors")), "status", "status_str"); status != "success" {
		t.Errorf("with the new model: %v", status)
	}
	failed := c.run(with("mine/bad.safetensors"))
	if got := at(failed, "status", "messages", -1, 1, "exception_type"); got != "safetensors_rust.SafetensorError" {
		t.Errorf("with the broken model: %v", at(failed, "status", "messages", -1))
	}
	code, answer := c.do("POST", "/prompt", encode(object{"prompt": with("none.safetensors")}))
	if kind := at(answer, "node_errors", "8", "errors", 0, "type"); code != http.StatusBadRequest || kind != "value_not_in_list" {
		t.Errorf("with a missing model: %d %v", code, answer)
	}
}

func TestInputsOfAChoiceAreChecked(t *testing.T) {
	c := start(t)
	caption := func(more object) graph {
		inputs := object{"clip": []any{"1", 0}, "prompt": "hello", "max_length": 20}
		for name, value := range more {
			inputs[name] = value
		}
		return graph{
			"1": node("CLIPLoader", object{"clip_name": "qwen_3_4b.safetensors", "type": "flux2"}),
			"2": node("TextGenerate", inputs),
			"3": node("PreviewAny", object{"source": []any{"2", 0}}),
		}
	}
	sampling := object{
		"sampling_mode":                    "on",
		"sampling_mode.temperature":        0.7,
		"sampling_mode.top_k":              64,
		"sampling_mode.top_p":              0.95,
		"sampling_mode.min_p":              0.05,
		"sampling_mode.repetition_penalty": 1,
		"sampling_mode.seed":               1,
	}
	if text := at(c.run(caption(sampling)), "outputs", "3", "text", 0); !strings.Contains(encode(text), "hello") {
		t.Errorf("the text is %v", text)
	}
	if text := at(c.run(caption(object{"sampling_mode": "off"})), "outputs", "3", "text", 0); text == nil {
		t.Error("no text without sampling")
	}
	for want, mode := range map[string]object{
		"required_input_missing": {"sampling_mode": "on"},
		"value_not_in_list":      {"sampling_mode": "perhaps"},
	} {
		_, answer := c.do("POST", "/prompt", encode(object{"prompt": caption(mode)}))
		if got := at(answer, "node_errors", "2", "errors", 0, "type"); got != want {
			t.Errorf("%v: %v, want %s", mode, got, want)
		}
	}
}

func TestPaidNodesWantTheirKey(t *testing.T) {
	c := start(t)
	g := graph{
		"1": node("FluxProUltraImageNode", object{
			"prompt":            "a fox",
			"prompt_upsampling": false,
			"seed":              1,
			"aspect_ratio":      "16:9",
			"raw":               false,
		}),
		"9": node("SaveImage", object{"images": []any{"1", 0}, "filename_prefix": "paid"}),
	}
	if message := encode(at(c.run(g), "status", "messages", -1)); !strings.Contains(message, "Unauthorized") {
		t.Errorf("without a key: %s", message)
	}
	const key = "comfyui-secret-key"
	entry := c.run(g, object{"extra_data": object{"api_key_comfy_org": key}})
	if status := at(entry, "status", "status_str"); status != "success" {
		t.Errorf("with a key: %v", at(entry, "status", "messages", -1))
	}
	if strings.Contains(encode(entry), key) || strings.Contains(c.log.String(), key) {
		t.Error("history or log tell the key")
	}
	if at(c.get("/object_info/FluxProUltraImageNode"), "FluxProUltraImageNode", "api_node") != true {
		t.Error("the class does not say that it is paid")
	}
}

func TestPicturesCanComeOutBad(t *testing.T) {
	c := start(t)
	for marker, shade := range map[string]uint8{"black": 0, "flat": 126} {
		picture := c.saved(klein(t, "a cat [["+marker+"]]", "1"))
		for _, at := range []image.Point{{0, 0}, {50, 20}, {95, 63}} {
			if got := color.RGBAModel.Convert(picture.At(at.X, at.Y)).(color.RGBA); got != (color.RGBA{shade, shade, shade, 255}) {
				t.Errorf("%s: %v at %v", marker, got, at)
			}
		}
	}
	if content := c.picture(c.run(klein(t, "[[empty-file]]", "1")), "9", 0); len(content) != 0 {
		t.Errorf("an empty file of %d bytes", len(content))
	}
}

func TestMasksAreUploaded(t *testing.T) {
	c := start(t, "--sample-inputs")
	hole := image.NewNRGBA(image.Rect(0, 0, 768, 512)) // transparent on the left
	for y := range 512 {
		for x := 384; x < 768; x++ {
			hole.SetNRGBA(x, y, color.NRGBA{255, 255, 255, 255})
		}
	}
	var mask bytes.Buffer
	if err := png.Encode(&mask, hole); err != nil {
		t.Fatal(err)
	}
	original := map[string]string{"original_ref": `{"filename": "photo.jpg", "type": "input"}`, "subfolder": "clipspace"}
	code, answer := c.uploadTo("/upload/mask", "painted.png", mask.Bytes(), original)
	if code != http.StatusOK || at(answer, "subfolder") != "clipspace" {
		t.Fatalf("%d %v", code, answer)
	}
	shown := c.saved(graph{
		"1": node("LoadImage", object{"image": "clipspace/painted.png [input]"}),
		"2": node("MaskToImage", object{"mask": []any{"1", 1}}),
		"9": node("SaveImage", object{"images": []any{"2", 0}, "filename_prefix": "mask"}),
	})
	width := shown.Bounds().Dx()
	left, _, _, _ := shown.At(width/4, 10).RGBA()
	right, _, _, _ := shown.At(width*3/4, 10).RGBA()
	if left != 0xffff || right != 0 {
		t.Errorf("the mask is %x on the left, %x on the right", left, right)
	}
	original["original_ref"] = `{"filename": "../photo.jpg", "type": "input"}`
	if code, _ := c.uploadTo("/upload/mask", "painted.png", mask.Bytes(), original); code != http.StatusBadRequest {
		t.Errorf("a picture outside the folder: %d", code)
	}
}

func TestTimesVaryOnRequest(t *testing.T) {
	c := start(t, "--time-noise", "0.5")
	if status := at(c.run(klein(t, "noisy", "1")), "status", "status_str"); status != "success" {
		t.Errorf("status %v", status)
	}
	for _, share := range []string{"-0.1", "1.5", "NaN"} {
		p := spawn(t, "--time-noise", share)
		if code := p.exitCode(); code == 0 || !strings.Contains(p.log.String(), "--time-noise") {
			t.Errorf("--time-noise %s: exit code %d\n%s", share, code, p.log)
		}
	}
}

// What has to be loaded or compiled is what is not kept: the model of time in which estimates are tried.
func TestWhatIsKeptInMemoryTakesNoTime(t *testing.T) {
	between := graph{ // so that the loaders run again
		"1": node("EmptyImage", object{"width": 64, "height": 64, "batch_size": 1, "color": 0}),
		"2": node("SaveImage", object{"images": []any{"1", 0}, "filename_prefix": "between"}),
	}
	for _, tc := range []struct {
		resident string
		loads    int
	}{{"0", 3}, {"1", 6}, {"3", 3}} {
		c := start(t, "--resident-models", tc.resident, "--compile-time", "1ms", "--step-growth", "1.5", "--outliers", "0.5")
		c.run(klein(t, "a cat", "1"))
		c.run(between)
		c.run(klein(t, "a cat", "2"))
		if loads := strings.Count(c.log.String(), "loaded completely"); loads != tc.loads {
			t.Errorf("with %s in memory %d files were loaded, want %d", tc.resident, loads, tc.loads)
		}
		if n := strings.Count(c.log.String(), "compiled for"); n != 1 {
			t.Errorf("compiled %d times for one size", n)
		}
	}
	for _, wrong := range [][2]string{{"--step-growth", "9"}, {"--outliers", "2"}} {
		p := spawn(t, wrong[0], wrong[1])
		if code := p.exitCode(); code == 0 || !strings.Contains(p.log.String(), wrong[0]) {
			t.Errorf("%v: exit code %d\n%s", wrong, code, p.log)
		}
	}
}

func TestSoundIsSavedInEveryFormat(t *testing.T) {
	c := start(t, "--sample-inputs")
	for class, start := range map[string]string{"SaveAudio": "fLaC", "SaveAudioMP3": "ID3", "SaveAudioOpus": "OggS"} {
		entry := c.run(graph{
			"1": node("LoadAudio", object{"audio": "tune.flac"}),
			"2": node(class, object{"audio": []any{"1", 0}, "filename_prefix": "audio/x", "quality": "128k"}),
		})
		if content := c.view(t, at(entry, "outputs", "2", "audio", 0)); !bytes.HasPrefix(content, []byte(start)) {
			t.Errorf("%s: begins with %q", class, content[:4])
		}
	}
}
