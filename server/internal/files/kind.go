package files

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"path"
	"strings"
)

// binary and textual are the types that the first bytes do not tell, by the ending of the name.
var (
	binary = map[string]string{
		".avif": "image/avif",
		".mkv":  "video/x-matroska",
		".mov":  "video/quicktime",
		".flac": "audio/flac",
		".opus": "audio/ogg",
		".m4a":  "audio/mp4",
		".mp3":  "audio/mpeg",
		".mp4":  "video/mp4",
	}
	textual = map[string]string{".svg": "image/svg+xml", ".json": "application/json"}
)

// contentType is that of a file's first bytes. The name helps where they say no more than bytes, or text: a picture that
// is a page is served as text, whatever it is called.
func contentType(name string, file io.ReadSeeker) (string, error) {
	head := make([]byte, 512)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	found, ending := http.DetectContentType(head[:n]), strings.ToLower(path.Ext(name))
	switch {
	case strings.HasPrefix(found, "text/"):
		return cmp.Or(textual[ending], "text/plain; charset=utf-8"), nil
	case found == "application/octet-stream", found == "video/mp4": // the second is a container of many kinds
		return cmp.Or(binary[ending], found), nil
	case found == "application/ogg":
		return "audio/ogg", nil
	}
	return found, nil
}

// shown reports whether a browser shows or plays the type; all else is for downloading.
func shown(kind string) bool {
	for _, prefix := range []string{"image/", "video/", "audio/", "text/plain", "application/json"} {
		if strings.HasPrefix(kind, prefix) {
			return true
		}
	}
	return false
}
