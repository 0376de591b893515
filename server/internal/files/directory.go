package files

import (
	"context"
	"errors"
	"fmt"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/outputs"
)

// Directory is an output directory on disk.
type Directory struct{ folder outputs.Folder }

// NewDirectory makes a source of the folder, which may be made later.
func NewDirectory(folder outputs.Folder) Directory { return Directory{folder} }

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
	// ComfyUI gives a name again when its file was deleted, so name and size do not tell.
	tag := fmt.Sprintf("%x-%x", info.ModTime().UnixNano(), info.Size())
	return &File{ReadSeekCloser: file, Tag: tag, Size: info.Size(), Modified: info.ModTime()}, nil
}
