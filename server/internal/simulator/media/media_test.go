package media_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/webp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/media"
)

const (
	promptText   = `{"9": {"class_type": "SaveAudio", "inputs": {"filename_prefix": "d\u00e9j\u00e0 vu"}}}`
	workflowText = `{"nodes": [{"id": 9, "type": "SaveAudio"}], "links": []}`
)

var texts = []media.Text{{Keyword: "prompt", Value: promptText}, {Keyword: "workflow", Value: workflowText}}

func frames(count int) []image.Image {
	var all []image.Image
	for i := range count {
		frame := image.NewRGBA(image.Rect(0, 0, 40, 25))
		for x := range 40 {
			for y := range 25 {
				frame.Set(x, y, color.RGBA{uint8(x * 6), uint8(y * 10), uint8(i * 60), 255})
			}
		}
		all = append(all, frame)
	}
	return all
}

func TestFilesCarryTheirGraph(t *testing.T) {
	animation, err := media.AnimatedWebP(frames(3), 6, texts)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"animated WebP": animation,
		"FLAC":          media.FLAC(media.Melody("a", 0.3), texts),
		"MP3":           media.MP3(2, texts),
		"MP4":           media.MP4(texts),
		"Opus":          media.Opus(texts),
		"long Opus":     media.Opus(append(slices.Clone(texts), media.Text{Keyword: "more", Value: strings.Repeat("x", 200_000)})),
		"WebM":          media.WebM(texts),
	} {
		file, err := graphfile.Read(bytes.NewReader(content))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if file.API == nil || file.Editor == nil {
			t.Errorf("%s: graph %v, editor %v: want both", name, file.API != nil, file.Editor != nil)
		}
	}
}

func TestFramesAreKeptWithoutLoss(t *testing.T) {
	all := frames(2)
	animation, err := media.AnimatedWebP(all, 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(animation, []byte("VP8L"))
	length := int(binary.LittleEndian.Uint32(animation[at+4:]))
	chunk := animation[at : at+8+length+length%2]
	still := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(4+len(chunk)))...)
	decoded, err := webp.Decode(bytes.NewReader(append(append(still, "WEBP"...), chunk...)))
	if err != nil {
		t.Fatal(err)
	}
	for x := range 40 {
		for y := range 25 {
			if got, want := color.RGBAModel.Convert(decoded.At(x, y)), all[0].At(x, y); got != want {
				t.Fatalf("at %d,%d: %v, want %v", x, y, got, want)
			}
		}
	}
}

func TestFramesOfOtherSizesAreRefused(t *testing.T) {
	mixed := append(frames(1), image.NewRGBA(image.Rect(0, 0, 3, 3)))
	if _, err := media.AnimatedWebP(mixed, 6, nil); err == nil {
		t.Error("two sizes in one animation are taken")
	}
	if _, err := media.AnimatedWebP(nil, 6, nil); err == nil {
		t.Error("an animation without a picture is taken")
	}
}

func TestShapesAreGLB(t *testing.T) {
	content, err := media.GLB("a teapot", texts)
	if err != nil {
		t.Fatal(err)
	}
	if string(content[:4]) != "glTF" || int(binary.LittleEndian.Uint32(content[8:])) != len(content) {
		t.Fatalf("head %q of %d bytes", content[:12], len(content))
	}
	length := binary.LittleEndian.Uint32(content[12:])
	var document struct {
		Asset struct {
			Extras map[string]string `json:"extras"`
		} `json:"asset"`
		Buffers []struct {
			ByteLength int `json:"byteLength"`
		} `json:"buffers"`
	}
	if err := json.Unmarshal(content[20:20+length], &document); err != nil {
		t.Fatal(err)
	}
	if document.Asset.Extras["prompt"] != promptText {
		t.Errorf("extras %v", document.Asset.Extras)
	}
	if got := len(content) - int(20+length+8); got != document.Buffers[0].ByteLength {
		t.Errorf("%d bytes of data, told %d", got, document.Buffers[0].ByteLength)
	}
	other, err := media.GLB("a cat", texts)
	if err != nil || bytes.Equal(content, other) {
		t.Error("two texts have one shape")
	}
}

func TestMelodiesDiffer(t *testing.T) {
	if bytes.Equal(media.FLAC(media.Melody("a", 1), nil), media.FLAC(media.Melody("b", 1), nil)) {
		t.Error("two texts sound alike")
	}
	if got := len(media.Melody("a", 1.5)); got != 1.5*media.Rate {
		t.Errorf("%d samples in 1.5 seconds", got)
	}
}
