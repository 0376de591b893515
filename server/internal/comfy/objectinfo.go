package comfy

import (
	"context"
	"fmt"
	"net/http"
)

// InputFiles returns the names of the files that lie in ComfyUI's input folder itself, without those in folders in it.
func (c *Client) InputFiles(ctx context.Context) (names []string, err error) {
	const path = "/internal/files/input"
	a, err := c.send(ctx, requestTimeout, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	if err := a.ok(http.MethodGet, path); err != nil {
		return nil, err
	}
	if err := decode(a.body, &names); err != nil {
		return nil, fmt.Errorf("GET %s was answered with %.60q", path, a.body)
	}
	return names, nil
}

// ObjectInfo returns what ComfyUI says of all its node classes, as it says it: JSON of at most 64 MiB.
func (c *Client) ObjectInfo(ctx context.Context) ([]byte, error) {
	const path = "/object_info"
	a, err := c.send(ctx, slowTimeout, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	if err := c.lockedOut(a.status, a.location, a.body); err != nil {
		return nil, err
	}
	if err := a.ok(http.MethodGet, path); err != nil {
		return nil, err
	}
	return a.body, nil
}
