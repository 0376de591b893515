package graphfile_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/graphfile"
	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
	"github.com/comfyscheduler/comfyscheduler/server/internal/pairs"
)

// TestFilesThatComfyUIMade reads files of a real ComfyUI and holds what they carry against what was sent to it.
func TestFilesThatComfyUIMade(t *testing.T) {
	folder := filepath.Join(pairs.Folder(t), "media")
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".json") {
			continue
		}
		t.Run(entry.Name(), func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(folder, entry.Name()))
			if err != nil {
				t.Fatal(err)
			}
			file, err := graphfile.Read(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			base := filepath.Join(folder, strings.TrimSuffix(entry.Name(), filepath.Ext(entry.Name())))
			if diff := cmp.Diff(decode(t, base+".workflow.json"), decoded(t, file.Editor)); diff != "" {
				t.Error("workflow:", diff)
			}
			got, want := decoded(t, file.API), decode(t, base+".prompt.json")
			for _, graph := range []any{got, want} {
				for _, node := range graph.(map[string]any) {
					delete(node.(map[string]any), "is_changed")
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error("prompt:", diff)
			}
		})
	}
}

func decode(t *testing.T, name string) any {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsontree.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, value)
}

func decoded(t *testing.T, value any) (out any) {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
