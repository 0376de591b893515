package files

import (
	"context"
	"errors"
	"io"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/outputs"
	"github.com/comfyscheduler/comfyscheduler/server/internal/poster"
)

// Directory is an output directory on disk.
type Directory struct {
	folder  outputs.Folder
	posters poster.Maker
}

// NewDirectory makes a source of the folder, which may be made later, and what makes posters of videos in it.
func NewDirectory(folder outputs.Folder, posters poster.Maker) Directory {
	return Directory{folder, posters}
}

// errLeadsAway refuses what lies behind a link that nobody allowed.
var errLeadsAway = fault.New(fault.NotFound, "the file is not served: "+outputs.ErrLeadsAway.Error()+
	"; an administrator can allow where it leads with comfy_ui.output_links")

// Open implements Source.
func (d Directory) Open(_ context.Context, name string) (*File, error) {
	file, info, err := d.folder.Open(name)
	if errors.Is(err, outputs.ErrLeadsAway) {
		return nil, errLeadsAway.With("what", "result").With("name", name)
	}
	if err != nil {
		return nil, err
	}
	tag := outputs.Tag(info)
	found := &File{ReadSeekCloser: file, Tag: tag, Own: tag, Size: info.Size(), Modified: info.ModTime()}
	if d.posters.Makes(name) {
		found.Poster = func(ctx context.Context) ([]byte, error) {
			if _, err := file.Seek(0, io.SeekStart); err != nil {
				return nil, err
			}
			return d.posters.Make(ctx, file)
		}
	}
	return found, nil
}
