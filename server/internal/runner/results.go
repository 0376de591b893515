package runner

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// Fetch asks for a result, or a range of it as HTTP names it, through ComfyUI's interface; fs.ErrNotExist.
func (r *Runner) Fetch(ctx context.Context, name, byteRange string) (*http.Response, error) {
	return r.fetch(ctx, "output", name, byteRange)
}

// FetchInput does the same for a file of ComfyUI's input folder.
func (r *Runner) FetchInput(ctx context.Context, name, byteRange string) (*http.Response, error) {
	return r.fetch(ctx, "input", name, byteRange)
}

func (r *Runner) fetch(ctx context.Context, kind, name, byteRange string) (*http.Response, error) {
	folder, file := path.Split(name)
	if folder = path.Clean(folder); folder == "." {
		folder = ""
	}
	response, err := r.Client.View(ctx, comfy.File{Filename: file, Subfolder: folder, Type: kind}, byteRange)
	var status *comfy.StatusError
	if errors.As(err, &status) {
		switch status.Status {
		case http.StatusNotFound, http.StatusBadRequest, http.StatusForbidden: // all of them ComfyUI's words for it
			return nil, fs.ErrNotExist
		}
	}
	return response, err
}

// kindsByExtension tells results apart; ComfyUI's own keys ("images", "gifs") do not.
var kindsByExtension = map[string]job.Kind{
	".png":  job.Image,
	".jpg":  job.Image,
	".jpeg": job.Image,
	".webp": job.Image,
	".gif":  job.Image,
	".avif": job.Image,
	".bmp":  job.Image,
	".mp4":  job.Video,
	".webm": job.Video,
	".mkv":  job.Video,
	".mov":  job.Video,
	".flac": job.Audio,
	".mp3":  job.Audio,
	".wav":  job.Audio,
	".ogg":  job.Audio,
	".opus": job.Audio,
	".m4a":  job.Audio,
}

// resultOf is a file in the output folder, by the name that ComfyUI gave it.
func (r *Runner) resultOf(name, node string) job.Result {
	kind, known := kindsByExtension[strings.ToLower(path.Ext(name))]
	if !known {
		kind = job.File
	}
	if r.NameOf != nil {
		name = r.NameOf(name)
	}
	return job.Result{Filename: name, Kind: kind, NodeID: node}
}

// resultsOf are the files in the output folder and the texts.
func (r *Runner) resultsOf(o comfy.Outcome) []job.Result {
	var results []job.Result
	for _, file := range o.Files {
		if name := file.Path(); name != "" {
			results = append(results, r.resultOf(name, file.NodeID))
		}
	}
	for _, text := range o.Texts {
		results = append(results, job.Result{Kind: job.Text, NodeID: text.NodeID, Text: text.Text})
	}
	return results
}
