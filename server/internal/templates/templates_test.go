package templates_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/templates"
)

const index = `[
 {"moduleName": "default", "title": "Getting Started", "isEssential": true, "templates": [
  {"name": "default", "title": "Image\nGeneration", "description": "From text.", "mediaSubtype": "webp",
   "tags": ["Image", ""], "size": 1.5},
  {"name": "../../userdata/secret", "title": "Out of the folder", "mediaSubtype": "webp"},
  {"name": "a_song", "mediaSubtype": "mp3"},
  "no template"
 ]},
 {"moduleName": "default", "title": "Image API", "templates": [
  {"name": "default", "title": "Once more"},
  {"name": "openai", "OpenSource": false, "tags": ["API"], "mediaSubtype": "webp"}
 ]},
 {"moduleName": "another", "title": "Not served here", "templates": [{"name": "x"}]}
]`

const packs = `{"Pack B": ["two", "one more"], "A": ["first"], "..": ["x"]}`

// page is a ComfyUI with these files, by path.
func page(t *testing.T, files map[string]string) (*comfy.Client, *atomic.Int32) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		content, there := files[r.URL.Path]
		if !there {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(content))
	}))
	t.Cleanup(server.Close)
	return comfy.New(comfy.Options{BaseURL: server.URL}), &asked
}

const picture = "RIFF\x00\x00\x00\x00WEBPVP8 "

func TestWhatAComfyUIOffers(t *testing.T) {
	client, asked := page(t, map[string]string{
		"/templates/index.json":                   index,
		"/api/workflow_templates":                 packs,
		"/templates/default.json":                 `{"nodes": []}`,
		"/templates/default-1.webp":               picture,
		"/templates/openai-1.webp":                "<svg/>",
		"/api/workflow_templates/Pack B/two.json": `{"nodes": [1]}`,
		"/userdata/secret.json":                   `a secret`,
	})
	all := templates.New([]templates.Source{{Worker: "gpu", ComfyUI: client}})
	found, worker, err := all.List(t.Context(), "")
	want := []templates.Template{
		{Name: "default", Title: "Image Generation", Description: "From text.", Category: "Getting Started", Tags: []string{"Image"}},
		{Name: "a_song", Title: "a_song", Category: "Getting Started"},
		{Name: "openai", Title: "openai", Category: "Image API", Tags: []string{"API"}, Paid: true},
		{Name: "A/first", Title: "first", Category: "A", Pack: "A"},
		{Name: "Pack B/two", Title: "two", Category: "Pack B", Pack: "Pack B"},
		{Name: "Pack B/one more", Title: "one more", Category: "Pack B", Pack: "Pack B"},
	}
	if diff := cmp.Diff(want, found, cmpopts.IgnoreUnexported(templates.Template{})); diff != "" || worker != "gpu" || err != nil {
		t.Errorf("by %s: %v\n%s", worker, err, diff)
	}
	if !found[0].HasPicture() || found[1].HasPicture() || !found[3].HasPicture() {
		t.Error("the pictures are not known")
	}
	for name, want := range map[string]string{"default": `{"nodes": []}`, "Pack B/two": `{"nodes": [1]}`} {
		if data, from, err := all.File(t.Context(), "", name); string(data) != want || from != "gpu" || err != nil {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	for _, name := range []string{"../../userdata/secret", "../userdata/secret", "a_song", ""} {
		if data, _, err := all.File(t.Context(), "", name); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %q, %v", name, data, err)
		}
	}
	before := asked.Load()
	if _, _, err := all.List(t.Context(), "gpu"); err != nil || asked.Load() != before {
		t.Errorf("asked again: %v", err)
	}
	if _, _, err := all.List(t.Context(), "other"); !fault.Is(err, fault.NotFound) {
		t.Errorf("another worker: %v", err)
	}
}

func TestWords(t *testing.T) {
	template := templates.Template{Name: "image_flux", Title: "Flux: Text to Image", Tags: []string{"Fill"}, Pack: "Pack"}
	for query, want := range map[string]bool{"": true, " IMAGE flux ": true, "fill": true, "pack": true, "flux video": false} {
		if template.Matches(query) != want {
			t.Errorf("%q", query)
		}
	}
}

func TestOldComfyUIsHaveNoTemplates(t *testing.T) {
	client, _ := page(t, nil)
	all := templates.New([]templates.Source{{Worker: "gpu", ComfyUI: client}})
	if found, _, err := all.List(t.Context(), ""); err != nil || len(found) > 0 {
		t.Errorf("%v, %v", found, err)
	}
}

func TestAWorkerThatIsDownIsPassedOver(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	down := templates.Source{Worker: "down", ComfyUI: comfy.New(comfy.Options{BaseURL: closed.URL})}
	client, _ := page(t, map[string]string{"/templates/index.json": index})
	all := templates.New([]templates.Source{down, {Worker: "up", ComfyUI: client}})
	if found, worker, err := all.List(t.Context(), ""); worker != "up" || len(found) != 3 {
		t.Errorf("by %q: %v", worker, err)
	}
	if _, _, err := all.List(t.Context(), "down"); !fault.Is(err, fault.NotReady) || !errors.Is(err, comfy.ErrUnreachable) {
		t.Errorf("the one that is down: %v", err)
	}
}

func TestPictures(t *testing.T) {
	files := map[string]string{"/templates/default-1.webp": picture, "/templates/openai-1.webp": "<svg/>"}
	var names []string
	for i := range 40 {
		name := fmt.Sprint("large", i)
		names = append(names, fmt.Sprintf(`{"name": %q, "mediaSubtype": "webp"}`, name))
		files["/templates/"+name+"-1.webp"] = picture + strings.Repeat("x", 1<<20)
	}
	files["/templates/large39-1.webp"] = picture + strings.Repeat("x", 5<<20)
	files["/templates/index.json"] = strings.Replace(index, `"no template"`, strings.Join(names, ","), 1)
	client, asked := page(t, files)
	all := templates.New([]templates.Source{{Worker: "gpu", ComfyUI: client}})
	mux := http.NewServeMux()
	mux.Handle("GET /templates/{worker}/{name...}", all.Pictures())
	get := func(path string) *httptest.ResponseRecorder {
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		return answer
	}
	got := get("/templates/gpu/default")
	if got.Code != http.StatusOK || got.Header().Get("Content-Type") != "image/webp" || !bytes.Equal(got.Body.Bytes(), []byte(picture)) {
		t.Errorf("%d %v", got.Code, got.Header())
	}
	before := asked.Load()
	if get("/templates/gpu/default"); asked.Load() != before {
		t.Error("a picture is fetched again")
	}
	for path, want := range map[string]int{
		"/templates/gpu/openai":  http.StatusNotFound, // it is none
		"/templates/gpu/a_song":  http.StatusNotFound,
		"/templates/gpu/large39": http.StatusNotFound, // too large
		"/templates/gpu/..%2fx":  http.StatusNotFound,
		"/templates/tpu/default": http.StatusNotFound,
	} {
		if got := get(path); got.Code != want {
			t.Errorf("%s: %d", path, got.Code)
		}
	}
	for i := range 39 {
		if got := get(fmt.Sprint("/templates/gpu/large", i)); got.Code != http.StatusOK {
			t.Errorf("picture %d: %d", i, got.Code)
		}
	}
	before = asked.Load()
	if get("/templates/gpu/large38"); asked.Load() != before {
		t.Error("the newest is not kept")
	}
	if get("/templates/gpu/default"); asked.Load() == before {
		t.Error("everything is kept")
	}
}

// What a ComfyUI offers changes with its packs.
func TestTheListIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		all := templates.New([]templates.Source{{Worker: "gpu", ComfyUI: counting{&asked}}})
		for range 3 {
			if _, _, err := all.List(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
			time.Sleep(40 * time.Second)
		}
		if asked != 4 { // twice both lists
			t.Errorf("asked %d times", asked)
		}
	})
}

// counting is an empty ComfyUI that counts how often it is asked.
type counting struct{ asked *int }

func (c counting) PageFile(context.Context, string, int64) ([]byte, error) {
	*c.asked++
	return nil, nil
}
