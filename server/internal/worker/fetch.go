package worker

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"path"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
)

// Fetch asks for a result, or a range of it as HTTP names it, through ComfyUI's interface; fs.ErrNotExist.
func (w *Worker) Fetch(ctx context.Context, name, byteRange string) (*http.Response, error) {
	folder, file := path.Split(name)
	if folder = path.Clean(folder); folder == "." {
		folder = ""
	}
	response, err := w.client.View(ctx, comfy.File{Filename: file, Subfolder: folder, Type: "output"}, byteRange)
	var status *comfy.StatusError
	if errors.As(err, &status) {
		switch status.Status {
		case http.StatusNotFound, http.StatusBadRequest, http.StatusForbidden: // all of them ComfyUI's words for it
			return nil, fs.ErrNotExist
		}
	}
	return response, err
}
