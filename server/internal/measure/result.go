package measure

import (
	"context"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"

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
	read := func(yield func(judge.File) bool) { // one at a time: a file may be large
		for _, f := range files[:min(len(files), maxJudged)] {
			if !yield(m.content(ctx, f)) {
				return
			}
		}
	}
	var texts []string
	for _, text := range outcome.Texts {
		texts = append(texts, text.Text)
	}
	var writers []string
	for _, w := range offer.Writers(name) {
		writers = append(writers, graph.Name(w.NodeID, offer.NodeTitle(w.NodeID), w.Class))
	}
	defer debug.FreeOSMemory() // it is needed seldom, and much of it
	return judge.Results(read, texts, writers)
}

// content reads a file that a run has written, from the disk or through ComfyUI's interface. One that is there and cannot be read
// is taken for good.
func (m *Meter) content(ctx context.Context, f comfy.File) judge.File {
	content, err := m.open(ctx, f)
	if err != nil {
		return judge.File{Name: f.Filename, Size: 1}
	}
	defer func() { _ = content.Close() }()
	data, err := io.ReadAll(io.LimitReader(content, maxRead))
	if err != nil {
		return judge.File{Name: f.Filename, Size: 1}
	}
	return judge.File{Name: f.Filename, Data: data, Size: int64(len(data))}
}

func (m *Meter) open(ctx context.Context, f comfy.File) (io.ReadCloser, error) {
	if name := f.Path(); m.OutputDir != "" && name != "" {
		return os.Open(filepath.Join(m.OutputDir, filepath.FromSlash(name)))
	}
	response, err := m.Client.View(ctx, f, "")
	if err != nil {
		return nil, err
	}
	return response.Body, nil
}
