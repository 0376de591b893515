package comfy_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// scripted answers requests from a table and remembers them.
type scripted struct {
	t *testing.T
	// answers maps "METHOD /path" to its answers in order; the last one repeats.
	answers map[string][]answer

	mu    sync.Mutex
	asked []string
}

// answer is a fixed HTTP answer; status 0 drops the connection instead.
type answer struct {
	status int
	body   string
}

const nowhere = `{"queue_running": [], "queue_pending": []}`

// absent answers every look with "unknown".
func absent(t *testing.T, id string) *scripted {
	return &scripted{
		t: t,
		answers: map[string][]answer{
			"GET /history/" + id: {{200, `{}`}},
			"GET /queue":         {{200, nowhere}},
			"POST /queue":        {{200, ""}},
			"POST /interrupt":    {{200, ""}},
		},
	}
}

func (s *scripted) on(request string, answers ...answer) *scripted {
	s.answers[request] = answers
	return s
}

func (s *scripted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key := r.Method + " " + r.URL.Path
	s.mu.Lock()
	s.asked = append(s.asked, strings.TrimSpace(key+" "+string(body)))
	list := s.answers[key]
	if len(list) > 1 {
		s.answers[key] = list[1:]
	}
	s.mu.Unlock()
	switch {
	case len(list) == 0:
		s.t.Errorf("unexpected %s", key)
		http.NotFound(w, r)
	case list[0].status == 0:
		panic(http.ErrAbortHandler)
	default:
		w.WriteHeader(list[0].status)
		_, _ = io.WriteString(w, list[0].body)
	}
}

// requests returns those that begin with a prefix.
func (s *scripted) requests(prefix string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for _, a := range s.asked {
		if strings.HasPrefix(a, prefix) {
			list = append(list, a)
		}
	}
	return list
}

// finished is a history answer for one successful prompt.
func finished(id string) string {
	return `{"` + id + `": {"prompt": [], "outputs": {"9": {"images": [{"filename": "a.png", "subfolder": "", "type": "output"}]}},
		"status": {"status_str": "success", "completed": true, "messages": [["execution_start", {"timestamp": 1000}],
		["execution_success", {"timestamp": 3500}]]}}}`
}

// smallGraph is a graph that passes CheckGraph. Its seed is the greatest there is and must arrive as it is.
var smallGraph = json.RawMessage(`{"1": {"class_type": "RandomNoise", "inputs": {"noise_seed": 18446744073709551615}},
	"9": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "<a>&b"}}}`)
