package worker

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// classOf is a node class in the words of a workflow.
func classOf(c comfy.NodeClass) workflow.Class {
	kinds := map[comfy.InputKind]workflow.Kind{
		comfy.Int: workflow.KindInteger, comfy.Float: workflow.KindNumber, comfy.String: workflow.KindText, comfy.Boolean: workflow.KindBoolean, comfy.Combo: workflow.KindChoice,
	}
	class := workflow.Class{Output: c.OutputNode, Inputs: map[string]workflow.Input{}}
	for _, input := range c.Inputs {
		kind, isValue := kinds[input.Kind]
		if !isValue {
			continue
		}
		if input.Kind == comfy.Combo && input.Choices == nil {
			kind = workflow.KindText // a list that only ComfyUI's own page fetches
		}
		class.Inputs[input.Name] = workflow.Input{Kind: kind, Min: input.Min, Max: input.Max, Step: input.Step, Choices: input.Choices, Upload: input.Upload}
	}
	return class
}

// kindsByExtension tells results apart; ComfyUI's own keys ("images", "gifs") do not.
var kindsByExtension = map[string]job.Kind{
	".png": job.Image, ".jpg": job.Image, ".jpeg": job.Image, ".webp": job.Image, ".gif": job.Image, ".avif": job.Image, ".bmp": job.Image,
	".mp4": job.Video, ".webm": job.Video, ".mkv": job.Video, ".mov": job.Video,
	".flac": job.Audio, ".mp3": job.Audio, ".wav": job.Audio, ".ogg": job.Audio, ".opus": job.Audio, ".m4a": job.Audio,
}

// resultOf is a file in the output folder.
func resultOf(name, node string) job.Result {
	kind, known := kindsByExtension[strings.ToLower(path.Ext(name))]
	if !known {
		kind = job.File
	}
	return job.Result{Filename: name, Kind: kind, NodeID: node}
}

// resultsOf are the files in the output folder and the texts.
func resultsOf(o comfy.Outcome) []job.Result {
	var results []job.Result
	for _, file := range o.Files {
		if name := file.Path(); name != "" {
			results = append(results, resultOf(name, file.NodeID))
		}
	}
	for _, text := range o.Texts {
		results = append(results, job.Result{Kind: job.Words, NodeID: text.NodeID, Text: text.Text})
	}
	return results
}

// remove deletes what a measurement wrote, where the service can reach it.
func (w *Worker) remove(files []comfy.File) {
	for _, file := range files {
		if name := file.Path(); name != "" && w.ComfyUI.OutputDir != "" {
			_ = os.Remove(filepath.Join(w.ComfyUI.OutputDir, filepath.FromSlash(name))) // it is only litter
		}
	}
}
