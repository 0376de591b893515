package library_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/edits"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/library"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

var (
	root = account.Actor{User: account.User{ID: "root", Administrator: true}}
	ada  = account.Actor{User: account.User{ID: "ada"}}
	bob  = account.Actor{User: account.User{ID: "bob"}}
)

func brought(text, filename string) library.Import {
	return library.Import{File: strings.NewReader(text), Filename: filename}
}

func ptr[T any](value T) *T { return &value }

func TestAnImportFromItsBeginningToItsEnd(t *testing.T) {
	m := openMenu(t)
	m.stock("gpu", comfyUI{"OldFox"})
	ctx := t.Context()
	if _, _, err := m.Import(ctx, ada, brought(foxes, "Red Fox_api.json")); !fault.Is(err, fault.NotAdministrator) {
		t.Errorf("by somebody else: %v", err)
	}
	check := brought(foxes, "Red Fox_api.json")
	check.CheckOnly = true
	if d, known, err := m.Import(ctx, root, check); err != nil || known || d.Title != "Red Fox" || !d.Bookable || len(m.Workflows()) != 1 {
		t.Errorf("only checked: %+v %v (%v)", d.Workflow, known, err)
	}
	d, known, err := m.Import(ctx, root, brought(foxes, "Red Fox_api.json"))
	if err != nil || known || d.ID != "red_fox" || d.Source != workflow.FromImport || d.Importer != "root" ||
		d.Filename != "Red Fox_api.json" || !d.Bookable {
		t.Fatalf("imported: %+v %v (%v)", d, known, err)
	}
	if again, known, err := m.Import(ctx, root, brought(foxes+"\n", "other.json")); err != nil || !known || again.ID != d.ID {
		t.Errorf("the same again: %+v %v (%v)", again.Workflow, known, err)
	}
	first := d.Version

	// Edited: another form is another version, another text is not.
	title := library.Change{Version: first}
	title.Title = ptr("Foxes")
	if err := m.Change(ctx, root, d.ID, title); err != nil || m.Current(d.ID).Hash != first {
		t.Errorf("another title: %v", err)
	}
	edit := library.Change{Version: first}
	edit.Inputs = []edits.InputChange{{Name: "prompt", Label: ptr("What"), Optional: ptr(true)}, {Name: "seed", Hidden: ptr(true)}}
	if err := m.Change(ctx, root, d.ID, edit); err != nil || m.Current(d.ID).Hash == first {
		t.Fatalf("another form: %v", err)
	}
	if err := m.Change(ctx, root, d.ID, edit); !fault.Is(err, fault.StaleWorkflow) {
		t.Errorf("by a look at an older one: %v", err)
	}
	_, err = m.Offer(ctx, d.ID, first)
	if stale, is := fault.Of(err); !is || stale.Reason != fault.StaleWorkflow || len(stale.Fields) != 2 ||
		stale.Fields[0].Key != "prompt" || stale.Fields[1].Key != "seed" {
		t.Errorf("who has the older form is told what is gone: %v", err)
	}
	if err := m.Change(ctx, bob, d.ID, title); !fault.Is(err, fault.NotOwner) {
		t.Errorf("by somebody else: %v", err)
	}
	if err := m.Keep(ctx, m.Current(d.ID)); err != nil {
		t.Fatal(err)
	}
	booked := m.Current(d.ID).Hash

	// A new version keeps what was said of the form.
	newer := brought(strings.Replace(foxes, `"seed": 1`, `"seed": 1, "steps": 4`, 1), "newer.json")
	newer.ID = d.ID
	if d, known, err = m.Import(ctx, root, newer); err != nil || known || d.ID != "red_fox" || d.Title != "Foxes" || d.Version == booked ||
		d.Offer.Form.Named("prompt").Label != "What" {
		t.Errorf("a new version: %+v %v (%v)", d.Workflow, known, err)
	}

	// All of it is there after a restart.
	again := library.New(m.Config)
	if err := again.Load(ctx); err != nil {
		t.Fatal(err)
	}
	if now, err := again.Detail(d.ID); err != nil || now.Title != "Foxes" || now.Importer != "root" ||
		now.Offer.Form.With(form.Prompt).Label != "What" {
		t.Errorf("after a restart: %+v (%v)", now.Workflow, err)
	}

	off := library.Change{}
	off.Disabled = ptr(true)
	if err := m.Change(ctx, root, d.ID, off); err != nil || !fault.Is(m.Bookable(d.ID), fault.NotBookable) {
		t.Errorf("switched off: %v, %v", err, m.Bookable(d.ID))
	}
	if err := m.Delete(ctx, bob, d.ID); !fault.Is(err, fault.NotOwner) {
		t.Errorf("deleted by somebody else: %v", err)
	}
	if err := m.Delete(ctx, root, d.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Detail(d.ID); !fault.Is(err, fault.NotFound) || m.order() != "first" {
		t.Errorf("after its end: %v, %s", err, m.order())
	}
	for _, l := range []*library.Library{m.Library, again} {
		if v, err := l.Version(ctx, booked); err != nil || v.ID != d.ID {
			t.Errorf("jobs of it: %v", err)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	m := openMenu(t)
	m.write("owl.json", foxes)
	if err := m.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`{`:        "line 1",
		`{"a": 1}`: "no ComfyUI workflow",
		`{"1": {"class_type": "X", "inputs": {"a": ["2", 0]}}, "3": {"class_type": "Y", "inputs": {"b": ["4", 0]}}}`: "node 4",
	} {
		_, _, err := m.Import(t.Context(), root, brought(text, "x.json"))
		if refused, is := fault.Of(err); !is || refused.Reason != fault.WorkflowRefused || !strings.Contains(err.Error(), want) ||
			len(refused.Fields) == 0 {
			t.Errorf("%s: %v", text, err)
		}
	}
	if m.order() != "first owl" {
		t.Errorf("something was kept: %s", m.order())
	}
	change := library.Change{}
	change.Title = ptr("x")
	if err := m.Change(t.Context(), root, "first", change); !fault.Is(err, fault.InvalidFields) {
		t.Errorf("changed in the configuration: %v", err)
	}
	if err := m.Delete(t.Context(), root, "owl"); !fault.Is(err, fault.InvalidFields) {
		t.Errorf("deleted in the folder: %v", err)
	}
	if err := m.Change(t.Context(), root, "cat", change); !fault.Is(err, fault.NotFound) {
		t.Errorf("one that is not there: %v", err)
	}
	for _, bad := range []edits.InputChange{
		{Name: "cat"},
		{Name: "seed", Min: ptr(json.Number("x")), Default: "a text"},
	} {
		change := library.Change{}
		change.Inputs = []edits.InputChange{bad}
		if err := m.Change(t.Context(), root, "owl", change); !fault.Is(err, fault.InvalidFields) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// What is missing on the workers is told, and refuses nothing.
func TestAnImportThatNothingCanRun(t *testing.T) {
	m := openMenu(t)
	m.stock("gpu", comfyUI{"OldFox"})
	d, _, err := m.Import(t.Context(), root, brought(strings.ReplaceAll(foxes, "OldFox", "Bear"), "bear.json"))
	if err != nil || d.Bookable || d.Version == "" || len(d.Fitness) != 1 || d.Fitness[0].Problems[0].Class != "Bear" {
		t.Errorf("%+v (%v)", d, err)
	}
	// So it is where the editor's format cannot be converted without the class.
	page := `{"nodes": [{"id": 1, "type": "Bear", "inputs": [], "outputs": [], "widgets_values": ["", 1]}], "links": [], "version": 0.4}`
	d, _, err = m.Import(t.Context(), root, brought(page, "page.json"))
	if err != nil || d.Bookable || d.Version != "" || len(d.Fitness) != 1 || d.Fitness[0].Problems[0].Class != "Bear" {
		t.Errorf("%+v (%v)", d, err)
	}
}

// What is changed of a workflow in the folder stands beside it, for people too.
func TestAChangeInTheFolder(t *testing.T) {
	m := openMenu(t)
	m.write("owl.json", foxes)
	if err := m.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.stock("gpu", comfyUI{"OldFox"})
	before, err := m.Detail("owl")
	if err != nil {
		t.Fatal(err)
	}
	change := library.Change{}
	change.Description, change.Inputs = ptr("An owl."), []edits.InputChange{{Name: "seed", Label: ptr("Luck")}}
	if err := m.Change(t.Context(), root, "owl", change); err != nil {
		t.Fatal(err)
	}
	side, err := os.ReadFile(filepath.Join(m.folder, "owl.form.json"))
	if err != nil || !strings.Contains(string(side), `"label": "Luck"`) {
		t.Errorf("side file: %s (%v)", side, err)
	}
	if now, err := m.Detail("owl"); err != nil || now.Description != "An owl." || now.Version == before.Version ||
		now.Offer.Form.Named("seed").Label != "Luck" {
		t.Errorf("%+v (%v)", now.Workflow, err)
	}
	if left, err := filepath.Glob(filepath.Join(m.folder, ".writing*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}
