package files_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
)

// Previews are pictures or nothing, whatever the node that sends them says.
func TestPreviews(t *testing.T) {
	sent := map[string]string{
		"jpeg":    "\xff\xd8\xff\xe0\x00\x10JFIF",
		"png":     "\x89PNG\r\n\x1a\n\x00",
		"webp":    "RIFF\x00\x00\x00\x00WEBPVP8 ",
		"page":    "<!DOCTYPE html><script>alert(1)</script>",
		"drawing": `<svg xmlns="http://www.w3.org/2000/svg"/>`,
		"film":    "GIF89a",
		"empty":   "",
	}
	mux := http.NewServeMux()
	mux.Handle("GET /previews/{job}", files.Previews(func(id string) (int, []byte) {
		data, ok := sent[id]
		if !ok {
			return 0, nil
		}
		return 3, []byte(data)
	}))
	for job, kind := range map[string]string{"JPEG": "image/jpeg", "png": "image/png", "webp": "image/webp"} {
		answer := get(mux, "/previews/"+job+"?n=3")
		header := answer.Header()
		if answer.Body.String() != sent[strings.ToLower(job)] || header.Get("Content-Type") != kind ||
			header.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.HasPrefix(header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: %d %v", job, answer.Code, header)
		}
	}
	for _, job := range []string{"page", "drawing", "film", "empty", "none"} {
		if answer := get(mux, "/previews/"+job); answer.Code != http.StatusNotFound || strings.Contains(answer.Body.String(), "<") {
			t.Errorf("%s: %d %s", job, answer.Code, answer.Body)
		}
	}
}
