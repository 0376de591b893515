package simulator

import (
	"cmp"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/nodes"
)

// fileKinds are the files that nodes of a class take from the input folder, and how the class calls one that it cannot take.
var fileKinds = map[string]struct {
	extensions []string
	refusal    string
}{
	"LoadImage":     {pictures, "Invalid image file: "},
	"LoadImageMask": {pictures, "Invalid image file: "},
	"LoadVideo":     {videos, "Invalid video file: "},
	"LoadAudio":     {slices.Concat(sounds, videos), "Invalid audio file: "},
}

var (
	pictures = []string{".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"}
	videos   = []string{".mp4", ".webm", ".mkv", ".mov"}
	sounds   = []string{".flac", ".mp3", ".wav", ".ogg", ".opus", ".m4a"}
)

// Choices returns the models of loaders, and the files that lie in the input folder itself, without its subfolders.
func (s *server) Choices(class, input string) ([]string, bool) {
	if files, ok := s.shelf.Offered(class, input); ok {
		return files, true
	}
	if input == "" || nodes.ReadsFile(class) != input {
		return nil, false
	}
	files := []string{}
	entries, _ := os.ReadDir(s.folders.byType["input"]) // sorted; an unreadable folder holds nothing
	for _, entry := range entries {
		extension := strings.ToLower(filepath.Ext(entry.Name()))
		if !entry.IsDir() && slices.Contains(fileKinds[class].extensions, extension) {
			files = append(files, entry.Name())
		}
	}
	return files, true
}

// FileProblem tells whether a node can read the file that it names, which may lie in a subfolder or another folder.
func (s *server) FileProblem(class, input, name string) (problem string, ok bool) {
	if input == "" || nodes.ReadsFile(class) != input {
		return "", false
	}
	if _, state := s.inputFile(name); state == "missing" {
		return fileKinds[class].refusal + name, true
	}
	return "", true
}

func (s *server) modelFolders(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, s.shelf.Folders())
}

func (s *server) modelFiles(w http.ResponseWriter, r *http.Request) error {
	files, known := s.shelf.Files(r.PathValue("folder"))
	if !known {
		return empty(w, http.StatusNotFound)
	}
	return answer(w, http.StatusOK, files)
}

func (s *server) embeddings(w http.ResponseWriter, _ *http.Request) error {
	files, _ := s.shelf.Files("embeddings")
	for i, file := range files {
		files[i] = strings.TrimSuffix(file, filepath.Ext(file))
	}
	return answer(w, http.StatusOK, files)
}

// filesOf serves GET /internal/files/TYPE: the names in one of the folders, the newest first, without its subfolders.
func (s *server) filesOf(w http.ResponseWriter, r *http.Request) error {
	folder, known := s.folders.byType[r.PathValue("type")]
	if !known {
		return answer(w, http.StatusBadRequest, object{"error": "Invalid directory type"})
	}
	type file struct {
		name    string
		changed int64
	}
	files := []file{}
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, file{entry.Name(), info.ModTime().UnixNano()})
		}
	}
	slices.SortStableFunc(files, func(a, b file) int { return cmp.Compare(b.changed, a.changed) })
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = file.name
	}
	return answer(w, http.StatusOK, names)
}
