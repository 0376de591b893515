package library_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/memory"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// comfyUI is one that has some node classes.
type comfyUI []string

func (c comfyUI) ObjectInfo(_ context.Context, class string) (comfy.NodeClass, bool, error) {
	for _, known := range c {
		if known == class {
			return comfy.NodeClass{
				Name:       class,
				OutputNode: true,
				Inputs: []comfy.Input{
					{Name: "text", Kind: comfy.String},
					{Name: "seed", Kind: comfy.Int},
				},
			}, true, nil
		}
	}
	return comfy.NodeClass{}, false, nil
}

const foxes = `{"1": {"class_type": "OldFox", "inputs": {"text": "", "seed": 1}}}`

// newLibrary has one workflow, of one node of the class OldFox.
func newLibrary(t *testing.T) (l *library.Library, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "fox_api.json")
	if err := os.WriteFile(file, []byte(foxes), 0o600); err != nil {
		t.Fatal(err)
	}
	bind := func(field string) workflow.Binding {
		return workflow.Binding{Targets: []workflow.Target{{NodeID: "1", Field: field}}}
	}
	bindings := map[string]workflow.Binding{"prompt": bind("text"), "seed": bind("seed")}
	template, err := workflow.Parse("fox", "Fox", []byte(foxes), bindings)
	if err != nil {
		t.Fatal(err)
	}
	s := memory.Open(memory.NewState())
	t.Cleanup(func() { _ = s.Close() })
	return library.New(library.Config{
		Store:    s,
		Sources:  []library.Source{{ID: "fox", Title: "Fox", File: file, Bindings: bindings, Template: template}},
		Log:      slog.New(slog.DiscardHandler),
		OnChange: func(workflow.Workflow) {},
	}), file
}

// A version that one worker can run is offered, and goes to that worker alone; the other goes on with what it has.
func TestAnEditThatOneOfTwoWorkersCanRun(t *testing.T) {
	l, file := newLibrary(t)
	notices := map[string]string{}
	stock := func(worker string, c comfyUI) *library.Stock {
		return l.Stock(worker, library.StockConfig{
			ComfyUI: c,
			Notice:  func(_, text string) { notices[worker] = text },
			Edited:  func(string) {},
			Again:   time.Hour,
		})
	}
	old, both := stock("old", comfyUI{"OldFox"}), stock("both", comfyUI{"OldFox", "NewFox"})
	returns := func(s *library.Stock) {
		t.Helper()
		if err := s.Return(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	returns(old)
	returns(both)
	before := l.Current("fox")
	if !l.Runs("old", "fox") || !l.Runs("both", "fox") {
		t.Error("one of them does not run what both can")
	}

	if err := os.WriteFile(file, []byte(strings.ReplaceAll(foxes, "OldFox", "NewFox")), 0o600); err != nil {
		t.Fatal(err)
	}
	returns(old)
	if l.Current("fox").Hash != before.Hash || !strings.Contains(notices["old"], "is not used, the version before is") {
		t.Errorf("offered %s, told %q", l.Current("fox").Hash, notices["old"])
	}
	returns(both)
	if l.Current("fox").Hash == before.Hash || l.Runs("old", "fox") || !l.Runs("both", "fox") || notices["both"] != "" {
		t.Errorf("offered %s; old runs it: %v, both: %v %q",
			l.Current("fox").Hash, l.Runs("old", "fox"), l.Runs("both", "fox"), notices["both"])
	}
	// The one that comes back keeps what it can run, and does not take the offer back.
	returns(old)
	if old.First().Template.Hash != before.Hash || l.Current("fox").Hash == before.Hash {
		t.Errorf("old has %s, offered is %s", old.First().Template.Hash, l.Current("fox").Hash)
	}
	if _, err := l.Template(t.Context(), before.Hash); err != nil {
		t.Errorf("the version before: %v", err)
	}

	if err := os.WriteFile(file, []byte(foxes), 0o600); err != nil {
		t.Fatal(err)
	}
	returns(both)
	if l.Current("fox").Hash != before.Hash || !l.Runs("old", "fox") || !l.Runs("both", "fox") {
		t.Errorf("taken back: offered %s", l.Current("fox").Hash)
	}
}

// What no worker can run is offered as long as nothing else is: its bookings wait.
func TestAWorkflowThatNoWorkerCanRun(t *testing.T) {
	l, _ := newLibrary(t)
	s := l.Stock("none", library.StockConfig{
		ComfyUI: comfyUI{},
		Notice:  func(string, string) {},
		Edited:  func(string) {},
		Again:   time.Hour,
	})
	if err := s.Take(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot run the workflow fox") {
		t.Errorf("taken: %v", err)
	}
	if !l.Runs("none", "fox") {
		t.Error("its bookings have no worker")
	}
}
