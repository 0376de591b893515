package feed

import (
	"unicode/utf8"

	"github.com/comfyscheduler/comfyscheduler/server/internal/health"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/workflow"
)

// What the numbers, ids and tags of a message take at most, in bytes.
const (
	jobFrame   = 500
	partFrame  = 64
	stepFrame  = 128
	deltaFrame = 256
)

// textSize bounds the bytes of a text on the wire. One that is no UTF-8 is mended there, and grows.
func textSize(texts ...string) (n int) {
	for _, t := range texts {
		if n += len(t); !utf8.ValidString(t) {
			n += 2 * len(t)
		}
	}
	return n
}

// Size bounds a job on the wire, in bytes.
func Size(j job.Job) int {
	n := jobFrame + textSize(j.ID, j.UserID, j.Worker, j.Workflow, j.Prompt(), j.ResultFilename(), j.Series)
	for name, v := range j.Inputs {
		n += partFrame + textSize(name)
		switch v := v.(type) {
		case workflow.Text:
			n += textSize(string(v))
		case workflow.File:
			n += textSize(v.Input)
		}
	}
	for _, r := range j.Results {
		n += partFrame + textSize(r.Filename, r.NodeID, r.Text)
	}
	if f := j.Failure; f != nil {
		n += partFrame + textSize(f.Message, f.NodeID)
	}
	if d := j.Delay; d != nil {
		n += partFrame + textSize(d.Reason)
	}
	return n
}

// size is about how large a delta is on the wire.
func (d Delta) size() int {
	n := deltaFrame
	for _, j := range d.Jobs {
		n += Size(j)
	}
	for _, u := range d.Names {
		n += partFrame + textSize(u.UserID, u.Name)
	}
	for _, c := range d.Connections {
		n += partFrame + textSize(c.ID, c.UserID, c.IP, c.Client)
	}
	for _, own := range d.Own {
		n += len(own.Connections)*(deltaFrame+partFrame) + len(own.Disconnected)*partFrame
	}
	n += len(d.Disconnected) * partFrame
	if d.System != nil {
		n += systemSize(*d.System)
	}
	for _, w := range d.Workflows[:min(len(d.Workflows), maxWorkflows)] {
		n += workflowSize(w)
	}
	return n
}

func systemSize(s health.State) int {
	n := deltaFrame + textSize(longer(s.Reason, s.Plain))
	for _, w := range s.Workers {
		n += deltaFrame + textSize(w.ID, longer(w.Reason, w.Plain), w.ComfyUIVersion, w.Device) + len(w.Estimates)*partFrame
		for _, step := range w.BootSteps {
			n += stepFrame + textSize(longer(step.Detail, step.Plain))
		}
	}
	return n
}

// longer bounds two texts of which each viewer gets one.
func longer(a, b string) string {
	if len(b) > len(a) {
		return b
	}
	return a
}

// What is told at most of workflows.
const (
	maxWorkflows = 200
	maxProblems  = 3
	longestText  = 800 // bytes of a description or a problem
)

func workflowSize(w workflow.Workflow) int {
	n := deltaFrame + textSize(w.ID, w.Title, w.Version, w.Picture) + min(textSize(w.Description), longestText) + textSize(w.Tags...)
	for _, p := range w.Problems[:min(len(w.Problems), maxProblems)] {
		n += partFrame + min(textSize(p), longestText)
	}
	return n
}
