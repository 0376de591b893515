package fleet

import (
	"context"
	"io/fs"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
	"github.com/comfyscheduler/comfyscheduler/server/internal/outputs"
	"github.com/comfyscheduler/comfyscheduler/server/internal/poster"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// inputs are the files that lie in the input folders of the workers' ComfyUIs, by names that begin with the worker's id. What people have
// handed in is not among them.
type inputs struct{ *Fleet }

// Inputs returns them.
func (f *Fleet) Inputs() files.Source { return inputs{f} }

// Open implements files.Source.
func (i inputs) Open(ctx context.Context, name string) (*files.File, error) {
	worker, own, _ := strings.Cut(name, "/")
	l, err := i.Lane(worker)
	if folder, _, _ := strings.Cut(own, "/"); err != nil || strings.EqualFold(strings.TrimSpace(folder), workflow.HandedFolder) {
		return nil, fs.ErrNotExist
	}
	file, err := l.inputs.Open(ctx, own)
	if fault.Is(err, fault.NotFound) { // behind a link
		return nil, fs.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	if file.Tag != "" {
		file.Tag = "input-" + file.Tag // no result is taken for it
	}
	return file, nil
}

// inputsOf returns what lies in a worker's input folder, where the service can read it, else through ComfyUI's interface.
func (l *Lane) inputsOf(w config.Worker) files.Source {
	if dir := w.ComfyUI.InputDir(); dir != "" {
		return files.NewDirectory(outputs.New(dir), poster.Maker{})
	}
	return files.NewRemote(l.Runner.FetchInput, poster.Maker{})
}
