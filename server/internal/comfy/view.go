package comfy

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	refusalLimit = 64 << 10         // of an error answer that is read, in bytes
	stallLimit   = 30 * time.Second // for a file's next bytes
)

// View asks for a file through ComfyUI's API; for a ComfyUI whose disk cannot be read. byteRange is the header Range, or
// empty. The answer has the status 200, 206 or 416, and the caller closes its body. A file that is gone (ComfyUI
// reuses and users delete names) gives a *[StatusError] with status 404.
func (c *Client) View(ctx context.Context, f File, byteRange string) (*http.Response, error) {
	q := url.Values{"filename": {f.Filename}, "subfolder": {f.Subfolder}, "type": {f.Type}}
	// As the file is: a length and ranges of something compressed would be of no use.
	header := http.Header{"Accept-Encoding": {"identity"}}
	if byteRange != "" {
		header.Set("Range", byteRange)
	}
	ctx, cancel := context.WithCancel(ctx)
	// The answer must begin in time; its length is the caller's affair.
	late := time.AfterFunc(requestTimeout, cancel)
	res, err := c.open(ctx, http.MethodGet, "/view?"+q.Encode(), header, nil)
	if err != nil {
		cancel()
		return nil, err
	}
	late.Stop()
	switch res.StatusCode {
	case http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable:
		res.Body = &viewed{body: res.Body, cancel: cancel}
		return res, nil
	}
	defer cancel()
	defer res.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(res.Body, refusalLimit)) // what was read of it is told
	return nil, answer{status: res.StatusCode, body: c.secrets.clear(body)}.ok(http.MethodGet, "/view")
}

// viewed ends the request with its body, and when nothing more comes.
type viewed struct {
	body   io.ReadCloser
	cancel context.CancelFunc
}

// Read implements io.Reader.
func (v *viewed) Read(p []byte) (int, error) {
	stalled := time.AfterFunc(stallLimit, v.cancel)
	defer stalled.Stop()
	return v.body.Read(p)
}

// Close implements io.Closer.
func (v *viewed) Close() error {
	defer v.cancel()
	return v.body.Close()
}
