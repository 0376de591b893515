package files

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

const (
	maxStill   = 64 << 20         // bytes of a remote video that is fetched for its poster
	stillLimit = 20 * time.Second // for that
)

// errNotFetched says that a video could not be fetched for its poster: another try may succeed.
var errNotFetched = errors.New("the video cannot be had now")

// still makes the poster of a remote video. It is fetched whole, for the moment: what reads it jumps back and forth in it.
func (r *Remote) still(ctx context.Context, of *fetched) ([]byte, error) {
	kept, err := os.CreateTemp("", "comfyscheduler-video-*")
	if err != nil {
		return nil, errors.Join(errNotFetched, err)
	}
	defer func() { _ = errors.Join(kept.Close(), os.Remove(kept.Name())) }()
	fetching, cancel := context.WithTimeout(ctx, stillLimit)
	defer cancel()
	video := &fetched{ctx: fetching, fetch: r.fetch, name: of.name, tag: of.tag, size: of.size, free: func() {}} // it has the other's slot
	_, err = io.CopyN(kept, video, of.size)
	if err = errors.Join(err, video.Close()); err != nil {
		return nil, errors.Join(errNotFetched, err)
	}
	if _, err := kept.Seek(0, io.SeekStart); err != nil {
		return nil, errors.Join(errNotFetched, err)
	}
	return r.posters.Make(ctx, kept)
}
