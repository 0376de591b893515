package editor_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
)

var update = flag.Bool("update", false, "write what is converted as what is expected")

// TestGolden converts the workflows in testdata/golden, which show one rule of the page each, with the node classes of
// testdata/object_info.json. They are what the case editor_format asks for.
func TestGolden(t *testing.T) {
	info := readInfo(t, "testdata/object_info.json")
	files, err := filepath.Glob("testdata/golden/*.workflow.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".workflow.json")
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			converted, err := convert(data, editor.Options{
				Info:   info,
				SetGet: true,
				Random: func() float64 { return 0.5 },
				Now:    time.Date(2027, 3, 4, 15, 6, 7, 0, time.UTC),
			})
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			encoder := json.NewEncoder(&got)
			encoder.SetEscapeHTML(false)
			encoder.SetIndent("", " ")
			if err := encoder.Encode(struct {
				Graph any
				Shown []editor.Shown `json:",omitempty"`
			}{converted.Graph, converted.Shown}); err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(name+".api.json", got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(name + ".api.json")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
