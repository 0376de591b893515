package form_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/pairs"
)

// TestPairs detects the form of every workflow of the collection and tells in how many of those that have a text or a seed
// the prompt and the seed are found.
func TestPairs(t *testing.T) {
	folder := pairs.Folder(t)
	data, err := os.ReadFile(filepath.Join(folder, "object_info.json"))
	if err != nil {
		t.Fatal(err)
	}
	info, err := objectinfo.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	data, err = os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Cases []struct{ Name, Set, File, Status string }
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	var prompts, seeds, files share
	for _, c := range manifest.Cases {
		if c.Status != "ok" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(folder, c.File))
		if err != nil {
			t.Fatal(err)
		}
		file, err := graphfile.Read(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		converted, err := editor.Convert(file.Editor, editor.Options{Info: info})
		if err != nil {
			t.Fatal(err)
		}
		found := form.Detect(converted.Graph, info, form.Author{App: converted.App, Shown: converted.Shown})
		check(t, c.Name, converted.Graph, found)
		hasText, hasSeed, uploads := holds(converted.Graph, info)
		prompts.count(hasText, found.With(form.Prompt) != nil, c.File)
		seeds.count(hasSeed, found.With(form.SeedRole) != nil, c.File)
		shown := 0
		for _, in := range found.Inputs {
			if in.Kind == form.File {
				shown += len(in.Targets)
			}
		}
		files.count(uploads > 0, shown >= uploads, c.File)
		if testing.Verbose() && os.Getenv("FORMS") != "" {
			for _, in := range found.Inputs {
				if !in.Hidden {
					t.Logf("%s: %s %s %q %v [%s..%s] %d choices %.60v %v",
						c.Name, in.Role, in.Kind, in.Label, in.File, in.Min, in.Max, len(in.Choices), in.Default, in.Targets)
				}
			}
		}
	}
	prompts.tell(t, "prompt", 95)
	seeds.tell(t, "seed", 99)
	files.tell(t, "files", 99)
}

// share counts how many of those that have something are found to have it.
type share struct {
	have, found int
	misses      []string
}

func (s *share) count(has, found bool, name string) {
	if !has {
		return
	}
	s.have++
	if found {
		s.found++
	} else {
		s.misses = append(s.misses, name)
	}
}

func (s *share) tell(t *testing.T, what string, least float64) {
	t.Helper()
	percent := 100 * float64(s.found) / float64(s.have)
	t.Logf("%s: found in %d of %d (%.1f %%); missed in: %s", what, s.found, s.have, percent, strings.Join(s.misses, ", "))
	if percent < least {
		t.Errorf("%s: less than %.0f %%", what, least)
	}
}

// holds tells by the names alone whether a graph has a text that could be a prompt, a seed, and how many files it takes.
func holds(g *graph.Graph, info *objectinfo.Info) (text, seed bool, uploads int) {
	runs := needed(g, info)
	for _, n := range g.Nodes {
		if len(runs) > 0 && !runs[n.ID] {
			continue
		}
		class := info.Class(n.Class)
		for _, in := range n.Inputs {
			spec := class.Input(in.Name)
			if _, linked := in.Value.(graph.Link); linked || spec == nil {
				continue
			}
			last := in.Name[strings.LastIndexByte(in.Name, '.')+1:]
			if spec.Widget == objectinfo.String && spec.Multiline && !strings.Contains(last, "system") && !strings.Contains(last, "negative") &&
				(strings.Contains(last, "prompt") || last == "text" || strings.HasPrefix(n.Class, "PrimitiveString")) {
				text = true
			}
			if spec.Widget == objectinfo.Int && (last == "seed" || last == "noise_seed") {
				seed = true
			}
			if spec.Widget == objectinfo.Combo && spec.Upload != objectinfo.NoUpload {
				uploads++
			}
		}
	}
	return text, seed, uploads
}

// needed are the nodes that ComfyUI runs for what is saved or shown as a picture, video or sound.
func needed(g *graph.Graph, info *objectinfo.Info) map[string]bool {
	runs := map[string]bool{}
	var visit func(id string)
	visit = func(id string) {
		n := g.Node(id)
		if n == nil || runs[id] {
			return
		}
		runs[id] = true
		for _, in := range n.Inputs {
			if link, ok := in.Value.(graph.Link); ok {
				visit(link.Node)
			}
		}
	}
	for _, n := range g.Nodes {
		if info.Class(n.Class).Output && n.Class != "PreviewAny" {
			visit(n.ID)
		}
	}
	return runs
}

// check asks what holds for every form.
func check(t *testing.T, name string, g *graph.Graph, f *form.Form) {
	t.Helper()
	names, labels, roles, targets := map[string]bool{}, map[string]bool{}, map[form.Role]bool{}, map[form.Target]bool{}
	for _, in := range f.Inputs {
		if in.Name == "" || names[in.Name] || in.Label == "" || labels[in.Label] {
			t.Errorf("%s: name %q or label %q is empty or there twice", name, in.Name, in.Label)
		}
		if in.Role != "" && roles[in.Role] {
			t.Errorf("%s: two inputs are the %s", name, in.Role)
		}
		names[in.Name], labels[in.Label], roles[in.Role] = true, true, true
		if len(in.Targets) == 0 {
			t.Errorf("%s: %s sets nothing", name, in.Name)
		}
		for _, target := range in.Targets {
			n := g.Node(target.Node)
			if n == nil || targets[target] {
				t.Errorf("%s: %s sets %v, which is not there or set twice", name, in.Name, target)
				continue
			}
			targets[target] = true
			value, ok := n.Input(target.Field)
			if _, linked := value.(graph.Link); !ok || linked {
				t.Errorf("%s: %s sets %v, which has no value of its own", name, in.Name, target)
			}
		}
	}
}
