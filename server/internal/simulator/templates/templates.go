// Package templates serves what a simulated ComfyUI offers as starting points on its page: a few workflows in the editor's format
// and pictures of them. Some are ComfyUI's, some belong to a pack of nodes.
package templates

import (
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed core packs
var files embed.FS

// Register adds the routes. As with ComfyUI, the files are served under these paths alone: its own without /api, those of packs
// with it.
func Register(mux *http.ServeMux) {
	mux.Handle("GET /templates/", http.StripPrefix("/templates/", served("core")))
	mux.Handle("GET /api/workflow_templates/", http.StripPrefix("/api/workflow_templates/", served("packs")))
}

func served(folder string) http.Handler {
	content, err := fs.Sub(files, folder)
	if err != nil {
		panic(err) // the folder is embedded
	}
	plain := http.FileServerFS(content)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "" || strings.HasSuffix(r.URL.Path, "/") { // no list of what is there
			http.Error(w, "403: Forbidden", http.StatusForbidden)
			return
		}
		plain.ServeHTTP(w, r)
	})
}

// Packs returns the names of the packs' workflows as JSON, by pack.
func Packs() ([]byte, error) {
	names, err := fs.Glob(files, "packs/*/*.json")
	if err != nil {
		return nil, err
	}
	byPack := map[string][]string{}
	for _, name := range names {
		pack := path.Base(path.Dir(name))
		byPack[pack] = append(byPack[pack], strings.TrimSuffix(path.Base(name), ".json"))
	}
	return json.Marshal(byPack)
}
