package workflowfile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/editor"
	"github.com/comfyscheduler/comfyscheduler/server/internal/graph"
	"github.com/comfyscheduler/comfyscheduler/server/internal/objectinfo"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflowfile"
)

const (
	classes = `{"Say":{"input":{"required":{"text":["STRING",{}]}},"output":["STRING"]}}`
	api     = `{"1":{"class_type":"Say","inputs":{"text":"run"}}}`
	saved   = `{"nodes":[{"id":1,"type":"Say","widgets_values":["saved"]}],"links":[],"extra":{"linearData":{"inputs":[[1,"text"]]}}}`
	odd     = `{"nodes":[{"id":1,"type":"Odd"}],"links":[]}`
)

func TestOpen(t *testing.T) {
	info, err := objectinfo.Parse([]byte(classes))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file      string
		info      *objectinfo.Info
		text      string
		shown     int
		converted bool
		problem   string
	}{
		"API":                       {api, nil, "run", 0, false, ""},
		"saved":                     {saved, info, "saved", 1, true, ""},
		"saved, no classes":         {saved, nil, "", 0, false, "it is a workflow of ComfyUI's editor"},
		"both":                      {`{"prompt":` + api + `,"workflow":` + saved + `}`, info, "run", 1, false, ""},
		"both, no classes":          {`{"prompt":` + api + `,"workflow":` + saved + `}`, nil, "run", 0, false, ""},
		"both, not to be converted": {`{"prompt":` + api + `,"workflow":` + odd + `}`, info, "run", 0, false, ""},
		"not to be converted":       {odd, info, "", 0, false, `node 1 (Odd): ComfyUI has no class "Odd"`},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := workflowfile.Open(strings.NewReader(c.file), editor.Options{Info: c.info})
			if c.problem != "" {
				if _, ok := errors.AsType[graph.Problems](err); !ok || !strings.HasPrefix(err.Error(), c.problem) {
					t.Errorf("%v, want %s", err, c.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			text, _ := w.Graph.Node("1").Input("text")
			if text != c.text || len(w.Author.App) != c.shown || w.Converted != c.converted {
				t.Errorf("%v, %d shown, converted %v", text, len(w.Author.App), w.Converted)
			}
		})
	}
}
