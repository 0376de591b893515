package simulator_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestShippedWorkflowsRun(t *testing.T) {
	c := start(t)
	for _, name := range []string{"flux_klein_api.json", "model_free_api.json"} {
		entry := c.run(shipped(t, name))
		if got := at(entry, "status", "status_str"); got != "success" {
			t.Errorf("%s: status %v", name, got)
		}
		for id, output := range at(entry, "outputs").(object) {
			if _, err := png.Decode(bytes.NewReader(c.picture(entry, id, 0))); err != nil {
				t.Errorf("%s: node %s saved %v: %v", name, id, output, err)
			}
		}
	}
}

func TestPictureDependsOnPromptAndOnEveryBitOfTheSeed(t *testing.T) {
	c := start(t, "--disable-metadata")
	seen := map[string]string{}
	for _, job := range [][2]string{
		{"a cat", "18446744073709551615"},
		{"a cat", "18446744073709551614"}, // the same float64
		{"a cat", "9007199254740993"},
		{"a cat", "9007199254740992"}, // the same float64
		{"a dog", "18446744073709551615"},
	} {
		entry := c.run(klein(t, job[0], job[1]))
		content := c.picture(entry, "9", 0)
		config, err := png.DecodeConfig(bytes.NewReader(content))
		if err != nil || config.Width != 96 || config.Height != 64 {
			t.Errorf("%v: %dx%d, %v; want 96x64", job, config.Width, config.Height, err)
		}
		if same := seen[string(content)]; same != "" {
			t.Errorf("%v looks like %v", job, same)
		}
		seen[string(content)] = strings.Join(job[:], " ")
		if got := at(entry, "prompt", 2, "25", "inputs", "noise_seed"); got != json.Number(job[1]) {
			t.Errorf("history tells seed %v, want %s", got, job[1])
		}
	}
	code, answer := c.do("POST", "/prompt", encode(object{"prompt": klein(t, "a cat", "18446744073709551616")}))
	if kind := at(answer, "node_errors", "25", "errors", 0, "type"); code != 400 || kind != "value_bigger_than_max" {
		t.Errorf("seed 2^64: %d %v", code, answer)
	}
}

func TestPictureCarriesTheGraph(t *testing.T) {
	c := start(t)
	g := klein(t, "Grüße, <世界> 🎨", "18446744073709551615")
	workflow := object{"nodes": []any{"é"}}
	content := c.picture(c.run(g, object{"extra_data": object{"extra_pnginfo": object{"workflow": workflow}}}), "9", 0)
	if diff := cmp.Diff(decode(t, []byte(encode(g))), decode(t, textChunk(t, content, "prompt"))); diff != "" {
		t.Errorf("prompt (-posted +embedded):\n%s", diff)
	}
	if diff := cmp.Diff(decode(t, []byte(encode(workflow))), decode(t, textChunk(t, content, "workflow"))); diff != "" {
		t.Errorf("workflow (-posted +embedded):\n%s", diff)
	}
}

func textChunk(t *testing.T, content []byte, keyword string) []byte {
	t.Helper()
	for rest := content[8:]; len(rest) > 12; {
		length := int(rest[0])<<24 | int(rest[1])<<16 | int(rest[2])<<8 | int(rest[3])
		body := rest[8 : 8+length]
		if text, ok := bytes.CutPrefix(body, []byte(keyword+"\x00")); ok && string(rest[4:8]) == "tEXt" {
			return text
		}
		rest = rest[12+length:]
	}
	t.Fatalf("no tEXt %q", keyword)
	return nil
}

func TestFileNames(t *testing.T) {
	c := start(t)
	g := simple(1, "tok/%year%-%width%x%height%")
	entry := c.run(g)
	want := []any{object{"filename": time.Now().Format("2006") + "-64x64_00001_.png", "subfolder": "tok", "type": "output"}}
	if diff := cmp.Diff(want, at(entry, "outputs", "9", "images")); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
	if err := os.WriteFile(filepath.Join(c.base, "output", "pic_00041_.png"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	g = simple(2, "pic")
	set(g, "1", "batch_size", 2)
	entry = c.run(g)
	if a, b := at(entry, "outputs", "9", "images", 0, "filename"), at(entry, "outputs", "9", "images", 1, "filename"); a != "pic_00042_.png" ||
		b != "pic_00043_.png" {
		t.Errorf("a batch after pic_00041_ is called %v, %v", a, b)
	}
	if bytes.Equal(c.picture(entry, "9", 0), c.picture(entry, "9", 1)) {
		t.Error("the pictures of a batch are equal")
	}
	entry = c.run(simple(3, "../../escape"))
	if kind := at(entry, "status", "messages", 2, 0); kind != "execution_error" {
		t.Errorf("a prefix outside the output folder ends with %v", kind)
	}
}

func TestUploadedPictureIsLoaded(t *testing.T) {
	c := start(t)
	saved := c.picture(c.run(simple(1, "source")), "9", 0)
	if code, answer := c.upload("in.png", saved); code != 200 || at(answer, "name") != "in.png" {
		t.Fatalf("upload: %d %v", code, answer)
	}
	if _, answer := c.upload("in.png", saved); at(answer, "name") != "in.png" {
		t.Errorf("the same content again is called %v", at(answer, "name"))
	}
	if _, answer := c.upload("in.png", saved[:50]); at(answer, "name") != "in (1).png" {
		t.Errorf("other content of the same name is called %v", at(answer, "name"))
	}
	if list := at(c.get("/object_info/LoadImage"), "LoadImage", "input", "required", "image", 0); !cmp.Equal(list,
		[]any{"in (1).png", "in.png"}) {
		t.Errorf("LoadImage offers %v", list)
	}
	g := graph{
		"1": node("LoadImage", object{"image": "in.png"}),
		"9": node("SaveImage", object{"images": []any{"1", 0}, "filename_prefix": "copy"}),
	}
	loaded := c.picture(c.run(g), "9", 0)
	if !cmp.Equal(pixels(t, saved), pixels(t, loaded)) {
		t.Error("the saved copy differs from the uploaded picture")
	}
}

func pixels(t *testing.T, content []byte) []byte {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			r, g, b, _ := picture.At(x, y).RGBA()
			all = append(all, byte(r), byte(g), byte(b))
		}
	}
	return all
}

func TestCacheKeepsThePreviousPromptOnly(t *testing.T) {
	c := start(t)
	s := c.dial("me", false)
	cached := func(g graph) []any {
		c.submit(g)
		frame := last(s.until(ofType("execution_cached")))
		s.until(end)
		return at(frame, "data", "nodes").([]any)
	}
	if got := cached(klein(t, "a", "1")); len(got) != 0 {
		t.Errorf("first run: cached %v", got)
	}
	if got := cached(klein(t, "a", "1")); len(got) != 13 {
		t.Errorf("identical run: cached %v, want all 13 nodes", got)
	}
	if got := cached(klein(t, "a", "2")); slices.Contains(got, any("13")) || !slices.Contains(got, any("6")) {
		t.Errorf("new seed: cached %v, want the text encoding but not the sampler", got)
	}
	if got := cached(klein(t, "b", "2")); slices.Contains(got, any("6")) || !slices.Contains(got, any("12")) {
		t.Errorf("new prompt: cached %v, want the model but not the text encoding", got)
	}
	if got := cached(klein(t, "a", "1")); slices.Contains(got, any("13")) {
		t.Errorf("back to the first: cached %v, want the sampler to run again", got)
	}
	c.post("/free", object{"unload_models": true})
	if got := cached(klein(t, "a", "1")); len(got) != 13 {
		t.Errorf("after unload_models: cached %v, want all", got)
	}
	c.post("/free", object{"free_memory": true})
	if got := cached(klein(t, "a", "1")); len(got) != 0 {
		t.Errorf("after free_memory: cached %v", got)
	}
}

func TestPreviews(t *testing.T) {
	c := start(t, "--preview-method", "auto")
	for _, client := range []struct {
		id       string
		announce bool
		kind     byte
	}{{"plain", false, 1}, {"with-metadata", true, 4}} {
		s := c.dial(client.id, client.announce)
		id := c.submit(klein(t, client.id, "1"), object{"client_id": client.id})
		previews := 0
		for _, frame := range s.until(end) {
			body, binary := frame.([]byte)
			if !binary {
				continue
			}
			previews++
			if body[3] != client.kind {
				t.Fatalf("%s: preview of kind %d, want %d", client.id, body[3], client.kind)
			}
			content := body[8:]
			if client.kind == 4 {
				length := int(body[6])<<8 | int(body[7])
				about := decode(t, body[8:8+length])
				compareShape(t, at(fixture(t, "answers.json"), "preview metadata"), about)
				if at(about, "prompt_id") != id || at(about, "node_id") != "13" {
					t.Errorf("metadata %v", about)
				}
				content = body[8+length:]
			}
			size, format, err := image.DecodeConfig(bytes.NewReader(content))
			if err != nil || format != "jpeg" || size.Width != 512 || size.Height != 341 {
				t.Errorf("%s: preview is %s %dx%d, %v; want jpeg 512x341", client.id, format, size.Width, size.Height, err)
			}
		}
		if previews != 4 {
			t.Errorf("%s: %d previews of 4 steps", client.id, previews)
		}
	}
}
