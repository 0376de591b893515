package assets_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

func TestKindsAreToldByContent(t *testing.T) {
	r := newRig(t, generous)
	stl := make([]byte, 84+50)
	stl[80] = 1
	for _, c := range []struct {
		name string
		data []byte
		want store.Asset
	}{
		{"photo", sample(t, "samples/photo.jpg"), store.Asset{Kind: "image", MediaType: "image/jpeg", Width: -1, Height: -1}},
		{"mask", sample(t, "samples/mask.png"), store.Asset{Kind: "image", MediaType: "image/png", Width: -1, Height: -1}},
		{"mp4", sample(t, "media/clip.mp4"), store.Asset{Kind: "video", MediaType: "video/mp4", Width: -1, Height: -1, Duration: -1}},
		{"webm", sample(t, "media/clip.webm"), store.Asset{Kind: "video", MediaType: "video/webm", Width: -1, Height: -1, Duration: -1}},
		{"mp3", sample(t, "media/tone.mp3"), store.Asset{Kind: "audio", MediaType: "audio/mpeg"}},
		{"opus", sample(t, "media/tone.opus"), store.Asset{Kind: "audio", MediaType: "audio/ogg", Duration: -1}},
		{"wav", wave(), store.Asset{Kind: "audio", MediaType: "audio/wav", Duration: 1000}},
		{"glb", []byte("glTF\x02\x00\x00\x00"), store.Asset{Kind: "model_3d", MediaType: "model/gltf-binary"}},
		{"gltf", []byte(`{"asset": {"version": "2.0"}, "meshes": []}`), store.Asset{Kind: "model_3d", MediaType: "model/gltf+json"}},
		{"obj", []byte("# a cube\nv 0 0 1\nv 0 1 0\nf 1 2 1\n"), store.Asset{Kind: "model_3d", MediaType: "model/obj"}},
		{"stl", stl, store.Asset{Kind: "model_3d", MediaType: "model/stl"}},
		{"latent", []byte("\x02\x00\x00\x00\x00\x00\x00\x00{} "), store.Asset{Kind: "workflow", MediaType: "application/x-safetensors"}},
		{"graph", []byte(graph), store.Asset{Kind: "workflow", MediaType: "application/json"}},
	} {
		a, err := r.Receive(t.Context(), r.ada, c.name, bytes.NewReader(c.data), int64(len(c.data)))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := a.Asset
		for _, field := range []struct{ got, want *int }{{&got.Width, &c.want.Width}, {&got.Height, &c.want.Height}} {
			if *field.want == -1 && *field.got > 0 { // known, whatever it is
				*field.got = -1
			}
		}
		if c.want.Duration == -1 && got.Duration > 0 {
			got.Duration = -1
		}
		c.want.ID, c.want.Size = got.ID, int64(len(c.data))
		if got != c.want {
			t.Errorf("%s: %+v, not %+v", c.name, got, c.want)
		}
	}
}

// wave is a second of silence.
func wave() []byte {
	head := "RIFF\x00\x00\x00\x00WAVE" +
		"fmt \x10\x00\x00\x00\x01\x00\x01\x00" +
		"\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\x40\x1f\x00\x00"
	return append([]byte(head), make([]byte, 8000)...)
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../simulator", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// FuzzRecognise: no file makes it panic, and a file that is taken has a kind.
func FuzzRecognise(f *testing.F) {
	for _, seed := range []string{
		"\x89PNG\r\n\x1a\n", "RIFF\x00\x00\x00\x00WEBPVP8X", "\x00\x00\x00\x08ftypisom\x00\x00\x00\x08moov", "\x1a\x45\xdf\xa3\x80webm",
		string(wave()),
		"fLaC\x00\x00\x00\x22", "OggS\x01vorbis", graph,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := newRig(t, generous)
		a, err := r.Receive(t.Context(), r.ada, "", bytes.NewReader(data), -1)
		if err == nil && (a.Kind == "" || a.MediaType == "") {
			t.Errorf("%+v", a)
		}
	})
}
