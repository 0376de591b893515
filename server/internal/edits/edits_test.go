package edits_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/comfyscheduler/comfyscheduler/server/internal/edits"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
)

var drawing = graph.New([]graph.Node{{
	ID:    "1",
	Class: "X",
	Inputs: []graph.Input{
		{Name: "text", Value: "a fox"},
		{Name: "style", Value: "oil"},
		{Name: "steps", Value: json.Number("4")},
		{Name: "seed", Value: json.Number("7")},
		{Name: "clip", Value: graph.Link{Node: "1"}},
	},
}})

func at(field string) []form.Target { return []form.Target{{Node: "1", Field: field}} }

func found() *form.Form {
	return &form.Form{
		Inputs: []form.Input{
			{Name: "prompt", Label: "Prompt", Kind: form.Text, Role: form.Prompt, Targets: at("text")},
			{Name: "steps", Label: "Steps", Kind: form.Integer, Role: form.Steps, Targets: at("steps")},
			{Name: "seed", Label: "Seed", Kind: form.Seed, Role: form.SeedRole, Targets: at("seed")},
			{Name: "style", Label: "Style", Kind: form.Text, Hidden: true, Targets: at("style")},
		},
	}
}

func parse(t *testing.T, text string) edits.Edits {
	t.Helper()
	e, err := edits.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func names(f *form.Form) string {
	var all []string
	for _, in := range f.Inputs {
		name := in.Name
		if in.Hidden {
			name = "(" + name + ")"
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

func TestASideFile(t *testing.T) {
	e := parse(t, `{"title": "Foxes", "inputs": [
		{"name": "steps", "label": "Quality", "min": 2, "max": 18446744073709551615, "default": 8},
		{"name": "style", "hidden": false, "choices": ["oil", "ink"], "help": "How it looks."},
		{"name": "again", "targets": [{"node_id": "1", "field": "style"}]},
		{"name": "gone"}, {"name": "bad", "targets": [{"node_id": "1", "field": "clip"}]}, {"name": "steps"}]}`)
	got, notes := e.Apply(found(), drawing)
	if order := names(got); order != "steps style again prompt seed" {
		t.Errorf("order: %s", order)
	}
	want := form.Input{
		Name:    "steps",
		Label:   "Quality",
		Role:    form.Steps,
		Kind:    form.Integer,
		Min:     "2",
		Max:     "18446744073709551615",
		Default: json.Number("8"),
		Targets: at("steps"),
	}
	if diff := cmp.Diff(want, got.Inputs[0]); diff != "" {
		t.Error(diff)
	}
	if len(notes) != 3 || !strings.Contains(notes[0], "the input gone: the workflow has none of this name") {
		t.Errorf("notes: %q", notes)
	}
	e.Only = true
	if got, _ = e.Apply(found(), drawing); names(got) != "steps style again (prompt) (seed)" {
		t.Errorf("only what is named: %s", names(got))
	}
	if diff := cmp.Diff(e, parse(t, string(e.Encode()))); diff != "" {
		t.Errorf("written down and read again: %s", diff)
	}
}

// The inputs with the roles prompt and seed have these names, whatever roles are given.
func TestRolesMove(t *testing.T) {
	for text, want := range map[string]string{
		`{"inputs": [{"name": "prompt"}, {"name": "style", "role": "prompt"}]}`: "style (prompt) steps seed",
		`{"inputs": [{"name": "prompt", "role": ""}]}`:                          "former_prompt steps seed (style)",
		`{"inputs": [{"name": "steps", "role": "seed"}]}`:                       "seed prompt steps (style)",
	} {
		got, notes := parse(t, text).Apply(found(), drawing)
		if names(got) != want || len(notes) > 0 {
			t.Errorf("%s: %s, want %s (%q)", text, names(got), want, notes)
		}
	}
}

func TestBadSideFilesAreExplained(t *testing.T) {
	for text, want := range map[string]string{
		`{"title": `:                         "line 1",
		`{"titel": "x"}`:                     "titel: unknown key",
		`{"inputs": [{"label": "x"}]}`:       "an input has no name",
		`{"inputs": {"name": "x"}}`:          "inputs: object was not expected there",
		`{"inputs": [{"name": "x", "y":1}]}`: "y: unknown key",
	} {
		if _, err := edits.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func ptr[T any](value T) *T { return &value }

func TestChangesAddUp(t *testing.T) {
	var e edits.Edits
	change := func(c edits.Change) *form.Form {
		t.Helper()
		now, _ := e.Apply(found(), drawing)
		changed, err := e.With(c, found(), now)
		if err != nil {
			t.Fatal(err)
		}
		e = changed
		now, _ = e.Apply(found(), drawing)
		return now
	}
	now := change(edits.Change{Inputs: []edits.InputChange{{Name: "steps", Label: ptr("Quality"), Max: ptr(json.Number("9"))}}})
	if names(now) != "prompt steps seed (style)" || now.Inputs[1].Label != "Quality" {
		t.Errorf("inputs keep their places: %s", names(now))
	}
	now = change(edits.Change{
		Order:  []string{"seed", "style"},
		Inputs: []edits.InputChange{{Name: "style", Hidden: ptr(false), Role: ptr(form.Prompt)}},
	})
	if names(now) != "seed prompt style steps" || now.Inputs[3].Max != "9" {
		t.Errorf("ordered: %s", names(now))
	}
	now = change(edits.Change{Title: ptr("Foxes"), Inputs: []edits.InputChange{{Name: "style", Label: ptr("Mood")}}})
	if in := now.Named("style"); in.Label != "Mood" || in.Targets[0].Field != "text" || e.Title != "Foxes" {
		t.Errorf("by the name that it has now: %+v", in)
	}
	now = change(edits.Change{Inputs: []edits.InputChange{{Name: "steps", Reset: true}}})
	if in := now.Named("steps"); in.Max != "" || in.Label != "Steps" {
		t.Errorf("reset: %+v", in)
	}
	if now = change(edits.Change{Reset: true}); names(now) != "prompt steps seed (style)" || len(e.Inputs) > 0 || e.Title != "Foxes" {
		t.Errorf("all reset: %s", names(now))
	}
	_, err := e.With(edits.Change{
		Inputs: []edits.InputChange{{Name: "cfg"}, {Name: "steps", Min: ptr(json.Number("9")), Max: ptr(json.Number("1"))}},
		Order:  []string{"cfg"},
	}, found(), found())
	if refused, is := fault.Of(err); !is || len(refused.Fields) != 3 {
		t.Errorf("got %v", err)
	}
}

// Whatever is changed, one after the other: the form stays whole, and each change does what it says.
func TestAnyChanges(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var e edits.Edits
		for range rapid.IntRange(1, 6).Draw(r, "changes") {
			now, _ := e.Apply(found(), drawing)
			in := rapid.SampledFrom(now.Inputs).Draw(r, "input")
			change := edits.InputChange{Name: in.Name, Label: ptr(fmt.Sprint("L", rapid.IntRange(0, 9).Draw(r, "label")))}
			if rapid.Bool().Draw(r, "role") {
				change.Role = ptr(rapid.SampledFrom([]form.Role{"", form.Prompt, form.SeedRole, form.Steps}).Draw(r, "of"))
			}
			if rapid.Bool().Draw(r, "hide") {
				change.Hidden = ptr(rapid.Bool().Draw(r, "hidden"))
			}
			order := []string{}
			if rapid.Bool().Draw(r, "move") {
				order = append(order, rapid.SampledFrom(now.Inputs).Draw(r, "first").Name)
			}
			changed, err := e.With(edits.Change{Inputs: []edits.InputChange{change}, Order: order}, found(), now)
			if err != nil {
				r.Fatal(err)
			}
			e = changed
			after, notes := e.Apply(found(), drawing)
			seen, roles := map[string]bool{}, map[form.Role]int{}
			for _, out := range after.Inputs {
				if seen[out.Name] {
					r.Fatalf("%s is there twice: %s", out.Name, names(after))
				}
				seen[out.Name] = true
				roles[out.Role]++
				if out.Targets[0] == in.Targets[0] && out.Label != *change.Label {
					r.Fatalf("%s is called %s, want %s", out.Name, out.Label, *change.Label)
				}
			}
			prompt, seed := after.With(form.Prompt), after.With(form.SeedRole)
			if len(notes) > 0 || len(after.Inputs) != 4 || roles[form.Prompt] > 1 || roles[form.SeedRole] > 1 ||
				prompt != nil && prompt.Name != "prompt" || seed != nil && seed.Name != "seed" {
				r.Fatalf("%s %q %v", names(after), notes, e)
			}
		}
	})
}
