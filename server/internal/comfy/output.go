package comfy

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
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

// parseOutputs reads {node: {key: value}}. Values are files or lists of files under any key, texts under "text";
// whatever else packs put there is passed over.
func parseOutputs(raw json.RawMessage) (files []File, texts []Text) {
	nodes, err := members(raw)
	if err != nil {
		return nil, nil
	}
	for _, node := range nodes {
		f, t := outputsOf(node.key, node.value)
		files, texts = append(files, f...), append(texts, t...)
	}
	return files, texts
}

// outputsOf reads one node's {key: value}.
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
			for _, t := range each(out.value) {
				var s string
				if json.Unmarshal(t, &s) == nil {
					texts = append(texts, Text{NodeID: node, Text: s})
				}
			}
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
	for _, item := range each(out.value) {
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
		files = append(files, File{MediaKey: out.key, Filename: f.Filename, Subfolder: f.Subfolder, Type: folder})
	}
	return files
}

// each returns a list's items, or the value itself when it is no list.
func each(value json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(value, &list) == nil {
		return list
	}
	return []json.RawMessage{value}
}

// View opens a file through ComfyUI's API; for a ComfyUI whose disk cannot be read. The caller closes the body.
// A file that is gone (ComfyUI reuses and users delete names) gives a *[StatusError] with status 404.
func (c *Client) View(ctx context.Context, f File) (io.ReadCloser, http.Header, error) {
	q := url.Values{"filename": {f.Filename}, "subfolder": {f.Subfolder}, "type": {f.Type}}
	ctx, cancel := context.WithCancel(ctx)
	// The answer must begin in time; its length is the caller's affair.
	late := time.AfterFunc(requestTimeout, cancel)
	res, err := c.open(ctx, http.MethodGet, "/view?"+q.Encode(), nil)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	late.Stop()
	if res.StatusCode != http.StatusOK {
		defer cancel()
		defer res.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(res.Body, errorLimit))
		return nil, nil, answer{res.StatusCode, body}.ok(http.MethodGet, "/view")
	}
	return &viewed{res.Body, cancel}, res.Header, nil
}

// viewed ends the request's context with its body.
type viewed struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (v *viewed) Close() error {
	defer v.cancel()
	return v.ReadCloser.Close()
}
