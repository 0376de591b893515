package editor_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/pairs"
)

// pageClock is the moment at which the page made the graphs of the collection.
var pageClock = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// manifest is the collection's table of contents.
type manifest struct {
	Cases []collected
	Edge  []collected
}

type collected struct {
	Name, Set, File, Status, Expected string
	Partial, Needs                    string
	NeedsExtension                    string `json:"needs_extension"`
	FileExport                        string `json:"file_export"`
	Features                          map[string]any
	Nondeterministic                  [][]string
	TimingDependent                   any        `json:"timing_dependent"`
	ServerWithFilesDiffers            [][]string `json:"server_with_files_differs"`
	MissingNodes                      []string   `json:"missing_nodes"`
	Random                            []struct {
		MathRandom float64 `json:"math_random"`
		File       string
	}
}

// apart tells that a case cannot be had from the file alone.
func (c collected) apart() bool {
	return c.Features["viewport_3d"] != nil || len(c.Nondeterministic) > 0 || c.TimingDependent != nil
}

// TestPairs converts every workflow of the collection and holds it against what ComfyUI's page made of it.
func TestPairs(t *testing.T) {
	folder := pairs.Folder(t)
	info := readInfo(t, filepath.Join(folder, "object_info.json"))
	var m manifest
	readJSON(t, filepath.Join(folder, "manifest.json"), &m)
	tallies := map[string]*tally{}
	count := func(set string) *tally {
		if tallies[set] == nil {
			tallies[set] = &tally{}
		}
		return tallies[set]
	}
	for _, c := range append(m.Cases, m.Edge...) {
		if c.Set == "" {
			c.Set = "edge"
		}
		files := []string{c.File}
		if c.FileExport != "" {
			files = append(files, c.FileExport)
		}
		for _, file := range files {
			counted := count(c.Set)
			switch {
			case c.Status != "ok":
				counted = count(c.Set + ", to be refused")
			case c.apart():
				counted = count(c.Set + ", counted apart (3D viewport, nondeterministic)")
			}
			options := editor.Options{Info: info, Now: pageClock, SetGet: c.NeedsExtension != ""}
			counted.check(t, folder, file, c, options)
			for _, variant := range c.Random {
				options.Random = func() float64 { return variant.MathRandom }
				with := c
				with.Expected = variant.File
				counted.check(t, folder, file, with, options)
			}
		}
	}
	all, equal := 0, 0
	for _, set := range slices.Sorted(maps.Keys(tallies)) {
		n := tallies[set]
		t.Logf("%-70s %3d of %3d", set, n.equal, n.all)
		if !strings.Contains(set, "apart") {
			all, equal = all+n.all, equal+n.equal
		}
		for _, difference := range n.differences {
			t.Log("    ", difference)
		}
	}
	share := 100 * float64(equal) / float64(all)
	t.Logf("equal: %d of %d (%.2f %%)", equal, all, share)
	if share < 99 {
		t.Errorf("%.2f %% of the pairs are equal, which is less than 99", share)
	}
}

type tally struct {
	all, equal  int
	differences []string
}

func (n *tally) check(t *testing.T, folder, file string, c collected, o editor.Options) {
	t.Helper()
	n.all++
	data, err := os.ReadFile(filepath.Join(folder, file))
	if err != nil {
		t.Fatal(err)
	}
	got, err := convert(data, o)
	problem := ""
	switch {
	case c.Status == "ok" && err != nil:
		problem = err.Error()
	case c.Status == "ok":
		problem = difference(t, filepath.Join(folder, c.Expected), got.Graph)
	case err == nil:
		problem = "was converted, but the page refuses it"
	case c.MissingNodes != nil:
		problem = notNamed(err, c)
	}
	if problem == "" {
		n.equal++
		return
	}
	n.differences = append(n.differences, file+": "+problem)
}

func convert(data []byte, o editor.Options) (*editor.Converted, error) {
	file, err := graphfile.Read(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return editor.Convert(file.Editor, o)
}

// notNamed checks that the error names each node whose class is missing, and no other.
func notNamed(err error, c collected) string {
	problems, ok := errors.AsType[graph.Problems](err)
	if !ok {
		return err.Error()
	}
	var nodes []string
	for _, p := range problems {
		nodes = append(nodes, p.Node)
	}
	slices.Sort(nodes)
	slices.Sort(c.MissingNodes)
	return cmp.Diff(c.MissingNodes, nodes)
}

// difference says where the graph is not the expected one. What is not compared is _meta and is_changed; keys have no
// order, and 1 is 1.0.
func difference(t *testing.T, expected string, got *graph.Graph) string {
	t.Helper()
	type node struct {
		Class  string         `json:"class_type"`
		Inputs map[string]any `json:"inputs"`
	}
	var want, have map[string]node
	readJSON(t, expected, &want)
	data, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &have); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(union(want, have))) {
		w, inPage := want[id]
		h, here := have[id]
		if !inPage || !here || w.Class != h.Class {
			lines = append(lines, fmt.Sprintf("node %s: the page has %q, we have %q", id, w.Class, h.Class))
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(union(w.Inputs, h.Inputs))) {
			if !cmp.Equal(w.Inputs[name], h.Inputs[name]) || len(w.Inputs) != len(h.Inputs) && has(w.Inputs, name) != has(h.Inputs, name) {
				lines = append(lines, fmt.Sprintf("node %s (%s) %s: the page has %.80s, we have %.80s",
					id, w.Class, name, fmt.Sprint(w.Inputs[name]), fmt.Sprint(h.Inputs[name])))
			}
		}
	}
	return strings.Join(lines, "; ")
}

func has(m map[string]any, key string) bool {
	_, ok := m[key]
	return ok
}

func union[V any](a, b map[string]V) map[string]V {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

func readInfo(t testing.TB, file string) *objectinfo.Info {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := objectinfo.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func readJSON(t testing.TB, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", file, err))
	}
}
