package assets

import (
	"bytes"
	"image"
	_ "image/gif" // formats whose headers are read
	_ "image/jpeg"
	_ "image/png"
	"io"
	"math"
	"os"
	"unicode/utf8"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

const (
	headBytes = 64 << 10    // of a file that are looked at to tell its kind
	maxPixels = 178_956_970 // of a picture: Pillow takes anything larger for a bomb, and ComfyUI does not open it
	maxSide   = math.MaxInt32
)

// taken says in words which kinds of files there are.
const taken = "taken are pictures (PNG, JPEG, WebP, GIF, BMP, TIFF), video (MP4, MOV, WebM, MKV, AVI), " +
	"sound (WAV, FLAC, MP3, Opus, Ogg, M4A), 3D (GLB, glTF, OBJ, FBX, STL, PLY) and workflows"

// format is a kind of file that is told by its first bytes.
type format struct {
	kind      form.FileKind
	mediaType string
	extension string // of the name under which ComfyUI gets it
	is        func(head []byte) bool
	look      func(file *os.File, size int64, a *store.Asset) // more about it; what cannot be read stays unknown
}

// formats in the order in which they are looked for: those without a mark at their beginning come last.
var formats = []format{
	{form.Image, "image/png", ".png", starts("\x89PNG\r\n\x1a\n"), lookPNG},
	{form.Image, "image/jpeg", ".jpg", starts("\xff\xd8\xff"), lookPicture},
	{form.Image, "image/webp", ".webp", riff("WEBP"), lookWebP},
	{form.Image, "image/gif", ".gif", starts("GIF87a", "GIF89a"), lookGIF},
	{form.Image, "image/bmp", ".bmp", starts("BM"), lookPicture},
	{form.Image, "image/tiff", ".tiff", starts("II*\x00", "MM\x00*"), lookPicture},
	{form.Audio, "audio/mp4", ".m4a", brand("M4A ", "M4B "), lookMP4},
	{form.Video, "video/quicktime", ".mov", brand("qt  "), lookMP4},
	{form.Video, "video/mp4", ".mp4", isMP4, lookMP4},
	{form.Video, "video/webm", ".webm", func(head []byte) bool { return isMatroska(head, "webm") }, lookMatroska},
	{form.Video, "video/x-matroska", ".mkv", func(head []byte) bool { return isMatroska(head, "matroska") }, lookMatroska},
	{form.Video, "video/x-msvideo", ".avi", riff("AVI "), nil},
	{form.Audio, "audio/wav", ".wav", riff("WAVE"), lookWAV},
	{form.Audio, "audio/flac", ".flac", starts("fLaC"), lookFLAC},
	{form.Audio, "audio/ogg", ".ogg", starts("OggS"), lookOgg},
	{form.Audio, "audio/mpeg", ".mp3", isMP3, nil},
	{form.Model3D, "model/gltf-binary", ".glb", starts("glTF"), nil},
	{form.Model3D, "model/x-fbx", ".fbx", starts("Kaydara FBX Binary"), nil},
	{form.Model3D, "model/x-ply", ".ply", starts("ply\n", "ply\r\n"), nil},
	{form.WorkflowFile, "image/x-exr", ".exr", starts("\x76\x2f\x31\x01"), nil},
	{form.Model3D, "model/gltf+json", ".gltf", isGLTF, nil},
	{form.WorkflowFile, "application/json", ".json", isJSON, nil},
	{form.Model3D, "model/stl", ".stl", starts("solid "), nil},
	{form.Model3D, "model/obj", ".obj", isOBJ, nil},
}

// extensions are those of the media types.
var extensions = func() map[string]string {
	found := map[string]string{}
	for _, f := range formats {
		found[f.mediaType] = f.extension
	}
	return found
}()

// recognise tells what a file is by its content. It fills in everything but the hash; fault.UnsupportedFile, fault.InvalidFields for a
// picture that ComfyUI would not open.
func recognise(file *os.File, size int64) (a store.Asset, err error) {
	head := make([]byte, min(size, headBytes))
	if _, err := io.ReadFull(io.NewSectionReader(file, 0, size), head); err != nil {
		return a, err
	}
	found, known := formatOf(head, size)
	if !known {
		return a, unsupported(head)
	}
	a = store.Asset{Kind: string(found.kind), MediaType: found.mediaType, Size: size}
	if found.look != nil {
		found.look(file, size, &a)
	}
	if found.kind != form.Image {
		return a, nil
	}
	switch {
	case a.Width <= 0 || a.Height <= 0:
		return a, fault.Invalid("content", "it begins like a picture ("+found.mediaType+"), but cannot be read as one")
	case int64(a.Width)*int64(a.Height) > maxPixels:
		return a, fault.Newf(fault.TooLarge, "the picture has %d × %d pixels: ComfyUI opens pictures of %d million at most", a.Width, a.Height,
			maxPixels/1_000_000)
	}
	return a, nil
}

func formatOf(head []byte, size int64) (format, bool) {
	for _, f := range formats {
		if f.is(head) {
			return f, true
		}
	}
	switch {
	case isSafetensors(head, size):
		return format{kind: form.WorkflowFile, mediaType: "application/x-safetensors", extension: ".latent"}, true
	case isSTL(head, size):
		return format{kind: form.Model3D, mediaType: "model/stl", extension: ".stl"}, true
	}
	return format{}, false
}

func unsupported(head []byte) error {
	switch {
	case brand("heic", "heix", "hevc", "mif1", "msf1")(head):
		err := fault.New(fault.UnsupportedFile, "pictures in HEIC are not taken: ComfyUI cannot open them; save it as JPEG or PNG")
		return err.With("media_type", "image/heic")
	case brand("avif", "avis")(head):
		err := fault.New(fault.UnsupportedFile, "pictures in AVIF are not taken: save it as PNG, JPEG or WebP")
		return err.With("media_type", "image/avif")
	case starts("<svg", "<?xml")(bytes.TrimLeft(head, " \r\n\t\ufeff")):
		return fault.New(fault.UnsupportedFile, "pictures in SVG are not taken: save it as PNG").With("media_type", "image/svg+xml")
	}
	return fault.New(fault.UnsupportedFile, "the file is of no kind that is taken: "+taken)
}

func starts(with ...string) func([]byte) bool {
	return func(head []byte) bool {
		for _, mark := range with {
			if bytes.HasPrefix(head, []byte(mark)) {
				return true
			}
		}
		return false
	}
}

func riff(form string) func([]byte) bool {
	return func(head []byte) bool {
		return len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == form
	}
}

// brand is the main brand of a file in the family of MP4.
func brand(of ...string) func([]byte) bool {
	return func(head []byte) bool {
		if len(head) < 12 || string(head[4:8]) != "ftyp" {
			return false
		}
		for _, one := range of {
			if string(head[8:12]) == one {
				return true
			}
		}
		return false
	}
}

// isMP4 takes those of the family that are no pictures.
func isMP4(head []byte) bool {
	return len(head) >= 12 && string(head[4:8]) == "ftyp" &&
		!brand("heic", "heix", "hevc", "mif1", "msf1", "avif", "avis", "crx ", "jp2 ", "jpx ")(head)
}

func isMatroska(head []byte, docType string) bool {
	return starts("\x1a\x45\xdf\xa3")(head) && bytes.Contains(head[:min(len(head), 64)], []byte(docType))
}

// isMP3 is a tag, or the header of a frame of layer III.
func isMP3(head []byte) bool {
	return starts("ID3")(head) || len(head) >= 4 && head[0] == 0xff && head[1]&0xe6 == 0xe2 && head[2]&0xf0 != 0xf0 && head[2]&0x0c != 0x0c
}

func isText(head []byte) bool {
	for cut := 0; cut < utf8.UTFMax && cut < len(head); cut++ { // a rune at the end may be cut
		if utf8.Valid(head[:len(head)-cut]) {
			return bytes.IndexByte(head, 0) < 0
		}
	}
	return false
}

func isJSON(head []byte) bool {
	trimmed := bytes.TrimLeft(head, " \r\n\t\ufeff")
	return starts("{", "[")(trimmed) && isText(head)
}

func isGLTF(head []byte) bool {
	return isJSON(head) && bytes.Contains(head, []byte(`"asset"`)) && bytes.Contains(head, []byte(`"version"`)) &&
		(bytes.Contains(head, []byte(`"scenes"`)) || bytes.Contains(head, []byte(`"meshes"`)) || bytes.Contains(head, []byte(`"buffers"`)))
}

// isOBJ is text whose lines begin as those of a Wavefront file do, one of them a vertex.
func isOBJ(head []byte) bool {
	if !isText(head) {
		return false
	}
	lines := bytes.Split(head, []byte("\n"))
	if len(lines) > 1 {
		lines = lines[:len(lines)-1] // may be cut
	}
	vertices := 0
	for _, line := range lines {
		word, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		switch string(word) {
		case "v":
			vertices++
		case "", "#", "vn", "vt", "vp", "f", "l", "p", "o", "g", "s", "mtllib", "usemtl", "cstype", "deg", "curv", "surf":
		default:
			if !bytes.HasPrefix(word, []byte("#")) {
				return false
			}
		}
	}
	return vertices > 0
}

// lookPicture reads the size of a picture from its header.
func lookPicture(file *os.File, size int64, a *store.Asset) {
	config, _, err := image.DecodeConfig(io.NewSectionReader(file, 0, size))
	if err == nil && config.Width <= maxSide && config.Height <= maxSide {
		a.Width, a.Height = config.Width, config.Height
	}
}
