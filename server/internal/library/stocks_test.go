package library_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store/memory"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// comfyUI has some node classes.
type comfyUI []string

func (c comfyUI) ObjectInfo(context.Context) ([]byte, error) {
	classes := map[string]any{"Other": map[string]any{"input": map[string]any{}}}
	for _, class := range c {
		classes[class] = json.RawMessage(`{"output_node": true, "input": {"required": {"text": ["STRING", {}], "seed": ["INT", {}]}}}`)
	}
	return json.Marshal(classes)
}

const foxes = `{"1": {"class_type": "OldFox", "inputs": {"text": "", "seed": 1}}}`

// newLibrary has one workflow, of one node of the class OldFox.
func newLibrary(t *testing.T) (l *library.Library, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "fox_api.json")
	if err := os.WriteFile(file, []byte(foxes), 0o600); err != nil {
		t.Fatal(err)
	}
	bind := func(field string) form.Binding {
		return form.Binding{Targets: []form.Target{{Node: "1", Field: field}}}
	}
	s := memory.Open(memory.NewState())
	t.Cleanup(func() { _ = s.Close() })
	return library.New(library.Config{
		Store: s,
		Sources: []library.Source{{
			ID:       "fox",
			Title:    "Fox",
			File:     file,
			Bindings: map[string]form.Binding{"prompt": bind("text"), "seed": bind("seed")},
		}},
		Log:      slog.New(slog.DiscardHandler),
		OnChange: func([]workflow.Workflow) {},
	}), file
}

// runs reports whether a worker can run a workflow. Asked among others the library says the same, with the workflow as it is there now.
func runs(t *testing.T, l *library.Library, worker, id string) bool {
	t.Helper()
	alone := len(l.Runners(id, []string{worker})) > 0
	among := false
	for _, there := range l.Runners(id, []string{"old", "both", "none"}) {
		if o, known := l.On(there.Worker, id); known && (o.Graph != there.Graph || o.Version != there.Version) {
			t.Errorf("%s offers what it had before", there.Worker)
		}
		among = among || there.Worker == worker
	}
	if among != alone {
		t.Errorf("%s runs %s: %v, asked among others: %v", worker, id, alone, among)
	}
	return alone
}

func TestAnEditThatOneOfTwoWorkersCanRun(t *testing.T) {
	l, file := newLibrary(t)
	notices := map[string]string{}
	stock := func(worker string, c comfyUI) *library.Stock {
		return l.Stock(worker, library.StockConfig{
			ComfyUI:    c,
			Notice:     func(_, text string) { notices[worker] = text },
			Edited:     func(string) {},
			RetryEvery: time.Hour,
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
	before := l.Current("fox")
	if !runs(t, l, "old", "fox") {
		t.Error("it does not run what it can")
	}

	// What no worker can run takes no place.
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(foxes, "OldFox", "NewFox")), 0o600); err != nil {
		t.Fatal(err)
	}
	returns(old)
	if l.Current("fox").Hash != before.Hash || !strings.Contains(notices["old"], "is not used, the version before is") {
		t.Errorf("offered %s, told %q", l.Current("fox").Hash, notices["old"])
	}
	// When another one can run it, it is offered, and goes to that worker alone.
	returns(both)
	if l.Current("fox").Hash == before.Hash || runs(t, l, "old", "fox") || !runs(t, l, "both", "fox") || notices["both"] != "" {
		t.Errorf("offered %s; old runs it: %v, both: %v %q",
			l.Current("fox").Hash, runs(t, l, "old", "fox"), runs(t, l, "both", "fox"), notices["both"])
	}
	// The one that comes back does not take the offer back.
	returns(old)
	if l.Current("fox").Hash == before.Hash {
		t.Errorf("offered is %s", l.Current("fox").Hash)
	}
	if _, err := l.Version(t.Context(), before.Hash); err != nil {
		t.Errorf("the version before: %v", err)
	}
	// Whoever has the form of the version before is told what is different.
	_, err := l.Offer(t.Context(), "fox", before.Hash)
	if refused, is := fault.Of(err); !is || refused.Reason != fault.StaleWorkflow || len(refused.Fields) != 0 {
		t.Errorf("the form is the same: %v", err)
	}

	if err := os.WriteFile(file, []byte(foxes), 0o600); err != nil {
		t.Fatal(err)
	}
	returns(both)
	if l.Current("fox").Hash != before.Hash || !runs(t, l, "old", "fox") || !runs(t, l, "both", "fox") {
		t.Errorf("taken back: offered %s", l.Current("fox").Hash)
	}
}

// What no worker can run is shown with the reason.
func TestAWorkflowThatNoWorkerCanRun(t *testing.T) {
	l, _ := newLibrary(t)
	told := ""
	s := l.Stock("none", library.StockConfig{
		ComfyUI:    comfyUI{},
		Notice:     func(_, text string) { told = text },
		Edited:     func(string) {},
		RetryEvery: time.Hour,
	})
	if err := s.Take(t.Context()); err != nil || !strings.Contains(told, "cannot run the workflow fox") {
		t.Errorf("told %q (%v)", told, err)
	}
	if runs(t, l, "none", "fox") {
		t.Error("it runs there all the same")
	}
	if err := l.Bookable("fox"); !fault.Is(err, fault.NotBookable) || !strings.Contains(err.Error(), "OldFox") {
		t.Errorf("booked: %v", err)
	}
	if all := l.Workflows(); all[0].Bookable || len(all[0].Problems) != 1 {
		t.Errorf("shown as %+v", all[0])
	}
}

// A worker that comes to the library late, and is not meant for a workflow, is not taken for one that has yet to be asked.
func TestALateWorkerThatIsNotMeantForTheWorkflow(t *testing.T) {
	l, _ := newLibrary(t)
	if !runs(t, l, "old", "fox") {
		t.Error("nobody was asked yet")
	}
	l.Stock("old", library.StockConfig{ComfyUI: comfyUI{"OldFox"}, MayRun: func(string) bool { return false }})
	if runs(t, l, "old", "fox") {
		t.Error("it runs what the configuration keeps from it")
	}
}

// choosy is a ComfyUI whose class takes one of some models.
type choosy []string

func (c choosy) ObjectInfo(context.Context) ([]byte, error) {
	models, err := json.Marshal(append([]string{"both"}, c...))
	return fmt.Appendf(nil, `{"OldFox": {"output_node": true, "input": {"required": {"model": [%s]}}}}`, models), err
}

// What only one worker has to choose from is not for the others.
func TestValuesThatOneWorkerTakes(t *testing.T) {
	m := openMenu(t)
	m.write("first_api.json", `{"1": {"class_type": "OldFox", "inputs": {"model": "both"}}}`)
	m.write("first_api.form.json", `{"inputs": [{"name": "model", "hidden": false}]}`)
	for worker, c := range map[string]choosy{"one": {"red"}, "two": {"blue"}} {
		s := m.Stock(worker, library.StockConfig{ComfyUI: c, Notice: func(string, string) {}, Edited: func(string) {}, RetryEvery: time.Hour})
		if err := s.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for worker, model := range map[string]string{"one": "red", "two": "blue"} {
		other := map[string]string{"one": "two", "two": "one"}[worker]
		values := workflow.Values{"model": workflow.Text(model), "from a version before": workflow.Integer(1)}
		takes := func(worker string) error {
			o, known := m.On(worker, "first")
			if !known {
				t.Fatal("it was asked")
			}
			return o.CheckKnown(values)
		}
		if err := takes(worker); err != nil {
			t.Errorf("%s takes %s: %v", worker, model, err)
		}
		if err := takes(other); !fault.Is(err, fault.InvalidFields) {
			t.Errorf("%s takes %s: %v", other, model, err)
		}
	}
}
