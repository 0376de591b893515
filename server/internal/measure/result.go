package measure

import (
	"context"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/judge"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

const (
	maxJudged = 8        // files of a run that are looked at
	maxRead   = 64 << 20 // bytes that are read of one
)

// judge says why a result cannot be used; nothing when it can, or when it cannot be looked at.
func (m *Meter) judge(ctx context.Context, offer workflow.Offer, name string, outcome comfy.Outcome) string {
	files := outcome.Files
	if len(files) == 0 && len(outcome.Texts) == 0 { // some nodes do not list what they write
		for _, found := range m.Found(ctx, offer.Version, name) {
			folder, file := path.Split(found)
			files = append(files, comfy.File{Filename: file, Subfolder: path.Clean(folder), Type: "output"})
		}
		defer m.remove(files)
	}
	var read []judge.File
	for _, f := range files[:min(len(files), maxJudged)] {
		content, err := m.content(ctx, f)
		if err != nil {
			return "" // it is there, and cannot be looked at
		}
		read = append(read, content)
	}
	var texts []string
	for _, text := range outcome.Texts {
		texts = append(texts, text.Text)
	}
	var writers []string
	for _, w := range offer.Writers(name) {
		writers = append(writers, graph.Name(w.NodeID, offer.NodeTitle(w.NodeID), w.Class))
	}
	return judge.Results(read, texts, writers)
}

// content reads a file that a run has written, from the disk or through ComfyUI's interface.
func (m *Meter) content(ctx context.Context, f comfy.File) (judge.File, error) {
	out := judge.File{Name: f.Filename}
	var content io.ReadCloser
	if name := f.Path(); m.OutputDir != "" && name != "" {
		file, err := os.Open(filepath.Join(m.OutputDir, filepath.FromSlash(name)))
		if err != nil {
			return out, err
		}
		content = file
	} else {
		response, err := m.Client.View(ctx, f, "")
		if err != nil {
			return out, err
		}
		content = response.Body
	}
	defer func() { _ = content.Close() }()
	data, err := io.ReadAll(io.LimitReader(content, maxRead))
	out.Data, out.Size = data, int64(len(data))
	return out, err
}
