package library_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/memory"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// menu is a library with a folder, as those who watch it see it.
type menu struct {
	*library.Library
	t      *testing.T
	folder string

	mu   sync.Mutex
	told chan struct{} // closed with the next news
	last []workflow.Workflow
}

func openMenu(t *testing.T) *menu {
	t.Helper()
	dir := t.TempDir()
	m := &menu{t: t, folder: filepath.Join(dir, "workflows"), told: make(chan struct{})}
	if err := os.Mkdir(m.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	m.write("first_api.json", foxes)
	s := memory.Open(memory.NewState())
	t.Cleanup(func() { _ = s.Close() })
	m.Library = library.New(library.Config{
		Store: s,
		Sources: []library.Source{{
			ID:    "first",
			Title: "First",
			From:  workflow.FromConfiguration,
			File:  filepath.Join(m.folder, "first_api.json"),
		}},
		Folder: m.folder,
		Now:    time.Now,
		Log:    slog.New(slog.DiscardHandler),
		OnChange: func(all []workflow.Workflow) {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.last = all
			close(m.told)
			m.told = make(chan struct{})
		},
	})
	return m
}

func (m *menu) write(name, text string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.folder, name), []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// run reads and watches the folder until the test ends.
func (m *menu) run() {
	var parts sync.WaitGroup
	ctx, stop := context.WithCancel(m.t.Context())
	parts.Go(func() { m.Run(ctx) })
	parts.Go(func() { m.Watch(ctx) })
	m.t.Cleanup(func() {
		stop()
		parts.Wait()
	})
}

// until waits for news that are as wanted.
func (m *menu) until(wanted string, is func(all map[string]workflow.Workflow) bool) {
	m.t.Helper()
	limit := time.After(time.Minute)
	for {
		m.mu.Lock()
		told, all := m.told, map[string]workflow.Workflow{}
		for _, w := range m.last {
			all[w.ID] = w
		}
		m.mu.Unlock()
		if is(all) {
			return
		}
		select {
		case <-told:
		case <-limit:
			m.t.Fatalf("waited in vain for %s: %.2000s", wanted, fmt.Sprintf("%+v", m.Workflows()))
		}
	}
}

func (m *menu) stock(worker string, c comfyUI) *library.Stock {
	m.t.Helper()
	s := m.Stock(worker, library.StockConfig{
		ComfyUI:    c,
		Notice:     func(string, string) {},
		Edited:     func(string) {},
		RetryEvery: time.Hour,
	})
	if err := s.Take(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
	return s
}

func (m *menu) order() string {
	var ids []string
	for _, w := range m.Workflows() {
		ids = append(ids, w.ID)
	}
	return strings.Join(ids, " ")
}

func TestTheFolder(t *testing.T) {
	m := openMenu(t)
	m.write("zebra.json", foxes)
	m.write("Ein Bär.json", strings.ReplaceAll(foxes, "OldFox", "Bear"))
	m.write("notes.txt", "not a workflow")
	m.write("broken.json", "{")
	m.run()
	m.stock("gpu", comfyUI{"OldFox"})
	m.until("all of it", func(all map[string]workflow.Workflow) bool {
		return len(all) == 4 && all["zebra"].Bookable && len(all["ein_bar"].Problems) == 1 && all["ein_bar"].Version != "" &&
			strings.Contains(fmt.Sprint(all["broken"].Problems), "line 1")
	})
	if got := m.order(); got != "first broken ein_bar zebra" {
		t.Errorf("order: %s", got)
	}
	d, err := m.Detail("ein_bar")
	if err != nil || d.Title != "Ein Bär" || d.Filename != "Ein Bär.json" || d.Source != workflow.FromFolder ||
		d.Offer.Form.With(form.Prompt) == nil {
		t.Errorf("detail: %+v (%v)", d, err)
	}
	if on := d.Fitness; len(on) != 1 || len(on[0].Problems) != 1 || on[0].Problems[0].Class != "Bear" {
		t.Errorf("on the workers: %+v", on)
	}

	m.write("new.json", foxes)
	m.until("a new file", func(all map[string]workflow.Workflow) bool { return all["new"].Bookable })
	before := m.Current("new")
	m.write("new.form.json", `{"title": "A new one", "tags": ["animals"], "inputs": [{"name": "seed"}, {"name": "text", "hidden": true}]}`)
	m.until("its side file", func(all map[string]workflow.Workflow) bool {
		w := all["new"]
		return w.Title == "A new one" && len(w.Tags) == 1 && w.Version != before.Hash
	})
	edited := m.Current("new")
	m.write("new.json", "{") // half written
	m.write("new.form.json", `{"titel": ""}`)
	m.write("zebra.form.json", `{"disabled": true}`)
	m.until("the switch", func(all map[string]workflow.Workflow) bool { return all["zebra"].Disabled })
	if err := m.Bookable("zebra"); err == nil || !strings.Contains(err.Error(), "switched off") {
		t.Errorf("booked: %v", err)
	}
	if d, err := m.Detail("new"); err != nil || len(d.Notes) < 2 || m.Current("new").Hash != edited.Hash || m.Bookable("new") != nil {
		t.Errorf("the last good version is gone: %q (%v)", d.Notes, err)
	}
	if err := os.Remove(filepath.Join(m.folder, "new.json")); err != nil {
		t.Fatal(err)
	}
	m.until("the end of it", func(all map[string]workflow.Workflow) bool { return all["new"].ID == "" && len(all) == 4 })
	if v, err := m.Version(t.Context(), edited.Hash); err != nil || v.ID != "new" {
		t.Errorf("jobs of it: %v", err)
	}
}

// What is wrong with several nodes of a file that ComfyUI saved is told in one line, each apart.
func TestProblemsOfSeveralNodes(t *testing.T) {
	m := openMenu(t)
	m.write("two.json", `{"nodes": [{"id": 1, "type": "Bear", "mode": 0}, {"id": 2, "type": "Wolf", "mode": 0}], "links": [], "version": 0.4}`)
	m.run()
	m.stock("gpu", comfyUI{"OldFox"})
	m.until("both nodes", func(all map[string]workflow.Workflow) bool {
		told := fmt.Sprint(all["two"].Problems)
		return strings.Contains(told, "Bear") && strings.Contains(told, "; node 2 (Wolf)")
	})
}

// A folder that is made while the service runs is watched, and one that is made anew is watched again.
func TestAFolderThatIsMadeLater(t *testing.T) {
	m := openMenu(t)
	later := filepath.Join(t.TempDir(), "made", "later")
	m.Config.Folder = later
	m.Library = library.New(m.Config)
	m.run()
	m.stock("gpu", comfyUI{"OldFox"})
	m.until("what there is", func(all map[string]workflow.Workflow) bool { return all["first"].Bookable })
	for range 2 {
		if err := os.MkdirAll(later, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(later, "fox.json"), []byte(foxes), 0o600); err != nil {
			t.Fatal(err)
		}
		m.until("the file in it", func(all map[string]workflow.Workflow) bool { return all["fox"].Bookable })
		if err := os.RemoveAll(later); err != nil {
			t.Fatal(err)
		}
		m.until("the end of it", func(all map[string]workflow.Workflow) bool { return all["fox"].ID == "" })
	}
}

// What is installed later is seen when somebody asks for it.
func TestRecheck(t *testing.T) {
	m := openMenu(t)
	m.write("bear.json", strings.ReplaceAll(foxes, "OldFox", "Bear"))
	has := comfyUI{"OldFox", ""}
	m.stock("gpu", has)
	if d, err := m.Detail("bear"); err != nil || d.Bookable || d.Fitness[0].Asked.IsZero() {
		t.Fatalf("%+v (%v)", d, err)
	}
	has[1] = "Bear"
	if err := m.Recheck(t.Context(), "bear"); err != nil {
		t.Fatal(err)
	}
	if d, err := m.Detail("bear"); err != nil || !d.Bookable {
		t.Errorf("%+v (%v)", d.Workflow, err)
	}
	if err := m.Recheck(t.Context(), "cat"); err == nil {
		t.Error("one that is not there")
	}
}

// A folder full of workflows is not read before somebody asks.
func TestAThousandFiles(t *testing.T) {
	m := openMenu(t)
	for i := range 1000 {
		m.write(fmt.Sprintf("w%03d.json", i), "{")
	}
	l := library.New(m.Config)
	if err := l.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := l.Workflows()
	if len(all) != 1001 || all[1].Problems[0] != "it is being read" {
		t.Errorf("%d workflows, %v", len(all), all[1].Problems)
	}
	m.Library = l
	m.run()
	m.until("all of it", func(all map[string]workflow.Workflow) bool {
		return len(all) == 1001 && strings.Contains(fmt.Sprint(all["w999"].Problems), "line 1")
	})
}
