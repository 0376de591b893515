package comfy

import (
	"context"
	"net/http"
)

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
