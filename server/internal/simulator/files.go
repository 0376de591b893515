package simulator

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// annotated splits "name [output]" into name and folder type; kind is the type without it.
func annotated(name, kind string) (string, string) {
	for _, candidate := range []string{"output", "input", "temp"} {
		if plain, ok := strings.CutSuffix(name, " ["+candidate+"]"); ok {
			return plain, candidate
		}
	}
	return name, kind
}

// inputFile resolves the file that a node names, and tells its state; the path is empty when it leads outside.
func (s *server) inputFile(value string) (path, state string) {
	name, kind := annotated(value, "input")
	root := s.folders.byType[kind]
	path = filepath.Join(root, filepath.FromSlash(name))
	if !inside(root, path) {
		return "", "missing"
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return path, "missing"
	}
	return path, fmt.Sprint(info.Size(), info.ModTime().UnixNano())
}

// view serves GET /view: a file of one of the folders, with ranges, or re-encoded as JPEG
// when a preview is asked for.
func (s *server) view(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	if !query.Has("filename") {
		return empty(w, http.StatusNotFound)
	}
	name, kind := annotated(query.Get("filename"), cmp.Or(query.Get("type"), "output"))
	root, known := s.folders.byType[kind]
	if name == "" || name[0] == '/' || strings.Contains(name, "..") || !known {
		return empty(w, http.StatusBadRequest)
	}
	folder := filepath.Join(root, query.Get("subfolder"))
	if filepath.IsAbs(query.Get("subfolder")) || !inside(root, folder) {
		return empty(w, http.StatusForbidden)
	}
	file, err := os.Open(filepath.Join(folder, filepath.Base(name)))
	if err != nil {
		return empty(w, http.StatusNotFound)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return empty(w, http.StatusNotFound)
	}
	w.Header().Set("Content-Disposition", fmt.Sprintf(`filename="%s"`, info.Name()))
	if query.Has("preview") {
		return viewPreview(w, file, query.Get("preview"))
	}
	w.Header().Set("ETag", fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), info.Size()))
	http.ServeContent(w, r, info.Name(), info.ModTime(), file)
	return nil
}

// viewPreview answers preview=FORMAT;QUALITY. There is no WebP encoder here, so that every
// format becomes JPEG, and the content type says so.
func viewPreview(w http.ResponseWriter, file io.Reader, wanted string) error {
	quality := 90
	if _, text, found := strings.Cut(wanted, ";"); found {
		if n, err := strconv.Atoi(text); err == nil {
			quality = n
		}
	}
	pixels, _, err := image.Decode(file)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, pixels, &jpeg.Options{Quality: quality}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/jpeg")
	_, _ = out.WriteTo(w)
	return nil
}
