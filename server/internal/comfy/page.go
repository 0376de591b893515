package comfy

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// PageFile reads a file of ComfyUI's own page, such as "/templates/index.json". One of more than limit bytes is an error, and so is
// any status but 200: a *[StatusError].
func (c *Client) PageFile(ctx context.Context, path string, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	res, err := c.open(ctx, http.MethodGet, path, http.Header{}, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(res.Body, refusalLimit)) // what was read of it is told
		return nil, &StatusError{Method: http.MethodGet, Path: path, Status: res.StatusCode, Body: answer{body: c.secrets.clear(body)}.said()}
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading ComfyUI's answer to GET %s: %w", path, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("ComfyUI's answer to GET %s is longer than %d bytes", path, limit)
	}
	return data, nil
}
