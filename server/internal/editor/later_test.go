package editor_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
)

// TestResolvedLaterIsTheSame holds a graph whose texts are resolved when it is posted against one that was converted then.
func TestResolvedLaterIsTheSame(t *testing.T) {
	data, err := os.ReadFile("testdata/golden/plain.workflow.json")
	if err != nil {
		t.Fatal(err)
	}
	info := readInfo(t, "testdata/object_info.json")
	now, random := time.Date(2028, 2, 29, 1, 2, 3, 0, time.UTC), func() float64 { return 0.7 }
	at, err := convert(data, editor.Options{Info: info, Now: now, Random: random})
	if err != nil {
		t.Fatal(err)
	}
	before, err := convert(data, editor.Options{Info: info, Later: true})
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := before.Graph.Node("2").Input("text"); !strings.HasPrefix(text.(string), "a {red|blue") {
		t.Errorf("it was resolved before: %v", text)
	}
	resolved := editor.Resolve(before.Graph, before.Texts, now, random)
	for id, field := range map[string]string{"2": "text", "3": "text"} {
		want, _ := at.Graph.Node(id).Input(field)
		if got, _ := resolved.Node(id).Input(field); got != want {
			t.Errorf("node %s: %v, want %v", id, got, want)
		}
	}
	if name, _ := resolved.Node("7").Input("filename_prefix"); !strings.HasPrefix(name.(string), "2028-02-29_010203 28/") {
		t.Error(name)
	}
}

// The case date_token_prefix.
func TestNamesOfFilesInAGraph(t *testing.T) {
	file, err := graphfile.Read(strings.NewReader(`{
		"1":{"class_type":"Sampler","inputs":{"seed":7,"from":["2",0]},"_meta":{"title":"Draw"}},
		"2":{"class_type":"SaveImage","inputs":{"filename_prefix":"%date:yyyy/MM%/%date:hh:mm%_%Draw.seed%_%Draw.from%_%width%_100% {a|b}"}},
		"3":{"class_type":"SaveImage","inputs":{"filename_prefix":"plain"}},
		"4":{"class_type":"Other","inputs":{"filename_prefix":"%date:yyyy%"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	names := editor.Names(file.API)
	if diff := cmp.Diff([]editor.Target{{Node: "2", Field: "filename_prefix"}}, names); diff != "" {
		t.Error(diff)
	}
	before, _ := json.Marshal(file.API)
	got := editor.Resolve(file.API, names, time.Date(2027, 3, 4, 15, 6, 7, 0, time.UTC), nil)
	if name, _ := got.Node("2").Input("filename_prefix"); name != "2027/03/15_06_7_%Draw.from%_%width%_100% {a|b}" {
		t.Error(name)
	}
	if after, _ := json.Marshal(file.API); string(after) != string(before) {
		t.Error("the graph itself was changed")
	}
}
