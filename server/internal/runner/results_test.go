package runner

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

func TestResultsOfEveryKind(t *testing.T) {
	file := func(node, name string) comfy.File {
		return comfy.File{NodeID: node, Filename: name, Subfolder: `night\deep`, Type: "output"}
	}
	outcome := comfy.Outcome{
		Files: []comfy.File{
			file("1", "a.png"), file("2", "b.WEBP"), file("3", "c.mp4"), file("4", "d.flac"), file("5", "e.glb"),
			{NodeID: "6", Filename: "preview.png", Type: "temp"},
			{NodeID: "7", Filename: "../outside.png", Type: "output"},
		},
		Texts: []comfy.Text{{NodeID: "8", Text: "words"}},
	}
	want := []job.Result{
		{Filename: "night/deep/a.png", Kind: job.Image, NodeID: "1"},
		{Filename: "night/deep/b.WEBP", Kind: job.Image, NodeID: "2"},
		{Filename: "night/deep/c.mp4", Kind: job.Video, NodeID: "3"},
		{Filename: "night/deep/d.flac", Kind: job.Audio, NodeID: "4"},
		{Filename: "night/deep/e.glb", Kind: job.File, NodeID: "5"},
		{Kind: job.Text, NodeID: "8", Text: "words"},
	}
	if diff := cmp.Diff(want, (&Runner{}).resultsOf(outcome)); diff != "" {
		t.Error(diff)
	}
}
