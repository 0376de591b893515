package simulator

import (
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/templates"
)

// handler is a route. Its error becomes a 500, ComfyUI's answer to everything unforeseen.
type handler func(w http.ResponseWriter, r *http.Request) error

type methods map[string]handler

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	for path, byMethod := range map[string]methods{
		"/{$}":                   {"GET": s.home},
		"/ws":                    {"GET": s.socket},
		"/system_stats":          {"GET": s.systemStats},
		"/features":              {"GET": s.features},
		"/object_info":           {"GET": s.objectInfo},
		"/object_info/{class}":   {"GET": s.classInfo},
		"/models":                {"GET": s.modelFolders},
		"/models/{folder}":       {"GET": s.modelFiles},
		"/embeddings":            {"GET": s.embeddings},
		"/prompt":                {"GET": s.promptInfo, "POST": s.postPrompt},
		"/queue":                 {"GET": s.getQueue, "POST": s.postQueue},
		"/history":               {"GET": s.getHistory, "POST": s.postHistory},
		"/history/{id}":          {"GET": s.getHistoryOf},
		"/interrupt":             {"POST": s.interrupt},
		"/free":                  {"POST": s.postFree},
		"/view":                  {"GET": s.view},
		"/upload/image":          {"POST": s.uploadImage},
		"/upload/mask":           {"POST": s.uploadMask},
		"/workflow_templates":    {"GET": s.packTemplates},
		"/internal/files/{type}": {"GET": s.filesOf},
		"/internal/logs":         {"GET": s.logs},
		"/internal/logs/raw":     {"GET": s.rawLogs},
	} {
		route := s.dispatch(byMethod)
		mux.HandleFunc(path, route)
		mux.HandleFunc("/api"+path, route)
	}
	templates.Register(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusNotFound) })
	return checkOrigin(mux)
}

func (s *server) dispatch(byMethod methods) http.HandlerFunc {
	byMethod = maps.Clone(byMethod)
	byMethod["HEAD"] = byMethod["GET"]
	byMethod["OPTIONS"] = func(w http.ResponseWriter, _ *http.Request) error { return empty(w, http.StatusOK) }
	return func(w http.ResponseWriter, r *http.Request) {
		serve := byMethod[r.Method]
		if serve == nil {
			plain(w, http.StatusMethodNotAllowed)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, s.maxUpload())
		err := serve(w, r)
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			answerText(w, http.StatusRequestEntityTooLarge, "Maximum request body size "+strconv.FormatInt(s.maxUpload(), 10)+" exceeded")
		} else if err != nil {
			s.logf("Error handling request %s %s: %v", r.Method, r.URL.Path, err)
			answerText(w, http.StatusInternalServerError, "500 Internal Server Error\n\nServer got itself in trouble")
		}
	}
}

// checkOrigin refuses pages of other sites: on a loopback host a given Origin must name the
// same host and port.
func checkOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if parsed, err := url.Parse(origin); err == nil && parsed.Host != "" && isLoopback(r.Host) && parsed.Host != r.Host {
			_ = empty(w, http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func answer(w http.ResponseWriter, code int, value any) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write(encode(value)) // fails only when the client has gone
	return nil
}

func answerText(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	io.WriteString(w, text)
}

func plain(w http.ResponseWriter, code int) {
	answerText(w, code, strconv.Itoa(code)+": "+http.StatusText(code))
}

func empty(w http.ResponseWriter, code int) error {
	w.Header().Set("Content-Type", "application/octet-stream")
	w.WriteHeader(code)
	return nil
}
