// Package webui serves the built web client.
package webui

import (
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/apierror"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/klauspost/compress/gzhttp"
)

var missing = fault.New(fault.NotReady,
	`The web client is not built into this program: run "make build". The API is served all the same.`)

// policy lets the page load only what comes from the service itself. Styles that scripts set on elements are no inline
// styles: nothing inline is needed.
const policy = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; style-src 'self'; font-src 'self'; " +
	"img-src 'self' data: blob:; media-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Handler serves the files of dist: those whose names hold a hash of their content for good, the page itself anew each
// time, and the page for every path without an extension, since its routes live in the browser.
func Handler(dist fs.FS) http.Handler {
	files := http.FileServerFS(dist)
	return gzhttp.GzipHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			header.Set("Allow", "GET, HEAD")
			apierror.Write(w, r, apierror.ErrNothingToCall)
			return
		}
		header.Set("Content-Security-Policy", policy)
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if info, err := fs.Stat(dist, name); err == nil && !info.IsDir() && name != "index.html" {
			if strings.HasPrefix(name, "assets/") {
				header.Set("Cache-Control", "public, max-age=31536000, immutable")
			} else {
				header.Set("Cache-Control", "no-cache")
			}
			files.ServeHTTP(w, r)
			return
		}
		if path.Ext(name) != "" && name != "index.html" {
			apierror.Write(w, r, fault.NoSuch("path", r.URL.Path))
			return
		}
		page, err := fs.ReadFile(dist, "index.html")
		if err != nil {
			apierror.Write(w, r, missing)
			return
		}
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Cache-Control", "no-cache")
		_, _ = w.Write(page) // whoever asked may have gone
	}))
}
