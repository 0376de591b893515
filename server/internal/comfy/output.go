package comfy

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// File is one file a node wrote, as ComfyUI names it.
type File struct {
	NodeID    string
	MediaKey  string // the node's word for it: "images", "gifs", "video", "audio", ...
	Filename  string
	Subfolder string // with backslashes when ComfyUI runs on Windows
	Type      string // folder: "output", "temp" or "input"
	Animated  bool
}

// Path returns the file's path below ComfyUI's output folder with forward slashes. It is empty for files in
// other folders and for names that would leave the folder.
func (f File) Path() string {
	if f.Type != "output" {
		return ""
	}
	p := path.Join(strings.ReplaceAll(f.Subfolder, `\`, "/"), strings.ReplaceAll(f.Filename, `\`, "/"))
	if strings.HasPrefix(f.Subfolder, "/") || !fs.ValidPath(p) || p == "." {
		return ""
	}
	return p
}

// Text is one text a node put out.
type Text struct {
	NodeID, Text string
}

// parseOutputs reads {node: {key: value}}, up to what a listing keeps.
func parseOutputs(raw json.RawMessage) ([]File, []Text) {
	nodes, err := members(raw)
	if err != nil {
		return nil, nil
	}
	var kept listing
	for _, node := range nodes {
		kept.add(outputsOf(node.key, node.value))
	}
	return kept.files, kept.all()
}

// outputsOf reads one node's {key: value}. Values are files or lists of files under any key, texts under "text";
// whatever else packs put there is passed over.
func outputsOf(node string, raw json.RawMessage) (files []File, texts []Text) {
	outputs, err := members(raw)
	if err != nil {
		return nil, nil
	}
	animated := false
	for _, out := range outputs {
		switch out.key {
		case "animated":
			animated = bytes.Contains(out.value, []byte("true"))
		case "text":
			for _, t := range elements(out.value) {
				var s string
				if json.Unmarshal(t, &s) == nil {
					texts = append(texts, Text{NodeID: node, Text: clean(s)})
				}
			}
		case "result":
			files = append(files, shapeIn(out)...)
		default:
			files = append(files, filesIn(out)...)
		}
	}
	for i := range files {
		files[i].NodeID, files[i].Animated = node, animated
	}
	return files, texts
}

func filesIn(out member) []File {
	var files []File
	for _, item := range elements(out.value) {
		var f struct {
			Filename  string  `json:"filename"`
			Subfolder string  `json:"subfolder"`
			Type      *string `json:"type"`
		}
		if json.Unmarshal(item, &f) != nil || f.Filename == "" {
			continue
		}
		folder := "output" // as /view has it
		if f.Type != nil {
			folder = *f.Type
		}
		files = append(files, File{MediaKey: out.key, Filename: brief(f.Filename), Subfolder: brief(f.Subfolder), Type: brief(folder)})
	}
	return files
}

// shapes are the endings of the files of 3D nodes.
var shapes = []string{".glb", ".gltf", ".obj", ".stl", ".fbx", ".ply", ".usdz", ".splat", ".ksplat", ".spz"}

// shapeIn reads what 3D nodes put under "result": the path of a file below the output folder, and after it what the page's viewer
// needs. Other nodes put other things there, which are passed over.
func shapeIn(out member) []File {
	var name string
	if items := elements(out.value); len(items) == 0 || json.Unmarshal(items[0], &name) != nil {
		return nil
	}
	name = strings.TrimSuffix(strings.ReplaceAll(name, `\`, "/"), " [output]")
	if !slices.Contains(shapes, strings.ToLower(path.Ext(name))) {
		return nil
	}
	folder, file := path.Split(name)
	return []File{{MediaKey: out.key, Filename: brief(file), Subfolder: brief(strings.TrimSuffix(folder, "/")), Type: "output"}}
}

// elements returns a list's items, or the value itself when it is no list.
func elements(value json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(value, &list) == nil {
		return list
	}
	return []json.RawMessage{value}
}
