package comfy

import (
	"bytes"
	"fmt"
	"net/http"
)

// LockedOutError says that something in front of ComfyUI does not let us through to it: ComfyUI itself has no login.
type LockedOutError struct {
	URL  string // of ComfyUI
	Seen string // what came instead of an answer
}

func (e *LockedOutError) Error() string {
	return fmt.Sprintf("something in front of ComfyUI at %s does not let the service through (%s)", e.URL, e.Seen)
}

// lockedOut recognises an answer that is no ComfyUI's: a refusal, a redirect to somewhere else, a page of HTML.
func (c *Client) lockedOut(status int, location string, body []byte) error {
	seen := fmt.Sprintf("%d %s", status, http.StatusText(status))
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
	case status/100 == 3 && location != "":
		seen += ", to " + shorten(clean(location), errorBrief)
	case status == http.StatusOK && bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")):
		seen = "a page of HTML"
	default:
		return nil
	}
	return &LockedOutError{URL: c.base, Seen: seen}
}
