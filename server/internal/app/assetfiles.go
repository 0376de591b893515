package app

import (
	"context"
	"io/fs"
	"path"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/assets"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fleet"
	"github.com/comfyscheduler/comfyscheduler/server/internal/rpc"
)

// assetFiles serves assets by the names of [assets.FileName].
type assetFiles struct{ *assets.Assets }

// Open implements files.Source.
func (a assetFiles) Open(_ context.Context, name string) (*files.File, error) {
	id := strings.TrimSuffix(name, path.Ext(name))
	content, err := a.Content(id)
	if fault.Is(err, fault.NotFound) {
		return nil, fs.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	info, err := content.Stat()
	if err != nil {
		_ = content.Close()
		return nil, err
	}
	return &files.File{ReadSeekCloser: content, Tag: id[:32], Size: info.Size(), Modified: info.ModTime()}, nil
}

// ownResults serves the results that requests have by their jobs.
type ownResults struct{ *fleet.Fleet }

// Open implements files.Source.
func (o ownResults) Open(ctx context.Context, _ string) (*files.File, error) {
	asked := rpc.ResultIn(ctx)
	return o.OpenOwn(ctx, asked.Job, asked.N)
}
