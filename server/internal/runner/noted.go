package runner

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/zeebo/blake3"

	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/outputs"
)

// noteLimit bounds the time that it takes to look at the files of a run; what is not known by then stays unknown.
const noteLimit = 20 * time.Second

// noted returns results with what their files are now. Of a ComfyUI whose disk cannot be read no content is hashed: that would fetch
// everything once.
func (r *Runner) noted(ctx context.Context, results []job.Result) []job.Result {
	ctx, cancel := context.WithTimeout(ctx, noteLimit)
	defer cancel()
	for i := range results {
		result := &results[i]
		if result.Filename == "" {
			continue
		}
		name := result.Filename
		if r.OwnName != nil {
			name = r.OwnName(name)
		}
		if r.OutputDir != "" {
			noteFile(ctx, outputs.New(r.OutputDir, r.Links...), name, result)
		} else {
			r.noteRemote(ctx, name, result)
		}
	}
	return results
}

func noteFile(ctx context.Context, folder outputs.Folder, name string, result *job.Result) {
	file, info, err := folder.Open(name)
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }()
	hasher := blake3.New()
	if _, err := io.Copy(hasher, &bounded{ctx, file}); err == nil {
		result.Hash = hex.EncodeToString(hasher.Sum(nil))
	}
	result.Size, result.Modified, result.Tag = info.Size(), info.ModTime().UnixMilli(), outputs.Tag(info)
}

// bounded reads until its context ends.
type bounded struct {
	ctx context.Context
	io.Reader
}

// Read implements io.Reader.
func (b *bounded) Read(into []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	return b.Reader.Read(into)
}

func (r *Runner) noteRemote(ctx context.Context, name string, result *job.Result) {
	response, err := r.Fetch(ctx, name, "bytes=0-0")
	if err != nil {
		return
	}
	defer response.Body.Close()
	modified, err := http.ParseTime(response.Header.Get("Last-Modified"))
	tag := outputs.TagIn(response.Header.Get("Etag"))
	if err != nil && tag == "" {
		return
	}
	size := response.ContentLength
	if response.StatusCode == http.StatusPartialContent {
		_, whole, _ := strings.Cut(response.Header.Get("Content-Range"), "/")
		if size, err = strconv.ParseInt(whole, 10, 64); err != nil {
			return
		}
	}
	if size < 0 {
		return
	}
	result.Size, result.Tag = size, tag
	if !modified.IsZero() {
		result.Modified = modified.UnixMilli()
	}
}
