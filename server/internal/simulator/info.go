package simulator

import (
	"encoding/json"
	"io"
	"net/http"
	"runtime"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/templates"
)

// memory is the size that the simulated machine reports, in bytes.
const memory = 16 << 30

func (s *server) home(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err := io.WriteString(w, "<!doctype html><title>Simulated ComfyUI</title><p>This is a simulated ComfyUI. It has no page of its own.")
	return err
}

func (s *server) systemStats(w http.ResponseWriter, _ *http.Request) error {
	system := "posix"
	if runtime.GOOS == "windows" {
		system = "nt"
	}
	return answer(w, http.StatusOK, object{
		"system": object{
			"os":                          system,
			"ram_total":                   memory,
			"ram_free":                    memory / 2,
			"comfyui_version":             version,
			"required_frontend_version":   "0.0.0",
			"installed_templates_version": nil,
			"required_templates_version":  "0.0.0",
			"python_version":              "none (simulated)",
			"pytorch_version":             "none (simulated)",
			"embedded_python":             false,
			"argv":                        s.options.Argv,
		},
		"devices": []object{{
			"name":             deviceName,
			"type":             "cpu",
			"index":            nil,
			"vram_total":       memory,
			"vram_free":        memory / 2,
			"torch_vram_total": memory,
			"torch_vram_free":  memory / 2,
		}},
	})
}

func (s *server) packTemplates(w http.ResponseWriter, _ *http.Request) error {
	names, err := templates.Packs()
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, json.RawMessage(names))
}

func (s *server) featureFlags() object {
	return object{"supports_preview_metadata": true, "max_upload_size": s.maxUpload()}
}

func (s *server) features(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, s.featureFlags())
}

func (s *server) objectInfo(w http.ResponseWriter, _ *http.Request) error {
	all := make(map[string]json.RawMessage, len(s.catalogue))
	for name := range s.catalogue {
		all[name] = s.catalogue.Describe(name, s)
	}
	return answer(w, http.StatusOK, all)
}

func (s *server) classInfo(w http.ResponseWriter, r *http.Request) error {
	found := map[string]json.RawMessage{}
	if name := r.PathValue("class"); s.catalogue[name] != nil {
		found[name] = s.catalogue.Describe(name, s)
	}
	return answer(w, http.StatusOK, found)
}
