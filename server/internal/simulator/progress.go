package simulator

import (
	"fmt"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/picture"
)

const (
	stateRunning  = "running"
	stateFinished = "finished"
)

// nodeState is a node's entry in progress_state. Value and max start as floats and become
// whole numbers once a node counts steps.
type nodeState struct {
	Value         any     `json:"value"`
	Max           any     `json:"max"`
	State         string  `json:"state"`
	NodeID        string  `json:"node_id"`
	PromptID      string  `json:"prompt_id"`
	DisplayNodeID string  `json:"display_node_id"`
	ParentNodeID  *string `json:"parent_node_id"`
	RealNodeID    string  `json:"real_node_id"`
}

// progress sets a node's state and sends all states so far.
func (e *execution) progress(id string, value, limit any, state string) {
	e.states[id] = &nodeState{
		Value:         value,
		Max:           limit,
		State:         state,
		NodeID:        id,
		PromptID:      e.prompt.id,
		DisplayNodeID: id,
		RealNodeID:    id,
	}
	e.hub.sendText(e.client, "progress_state", object{"prompt_id": e.prompt.id, "nodes": e.states})
}

func (e *execution) finish(id string) {
	limit := e.states[id].Max
	e.progress(id, limit, limit, stateFinished)
}

// previews is about how many of a run are painted at most: painting takes time.
const previews = 10

// tick reports a sampler step, with a preview of the picture where previews are wanted and
// there is a picture. A client that announced it gets the preview with metadata, before the
// progress frame; others get it bare, after the frame.
func (e *execution) tick(id string, step, steps int, spec picture.Spec) {
	e.progress(id, step, steps, stateRunning)
	var preview []byte
	if every := (steps + previews - 1) / previews; e.options.PreviewMethod != "none" && spec.Width > 0 && (step%every == 0 || step == steps) {
		var err error
		if preview, err = spec.Preview(step, steps); err != nil {
			e.logf("preview: %v", err)
		}
	}
	withMetadata := e.client != "" && e.hub.wantsPreviews(e.client)
	if preview != nil && withMetadata {
		about := object{
			"node_id":         id,
			"prompt_id":       e.prompt.id,
			"display_node_id": id,
			"parent_node_id":  nil,
			"real_node_id":    id,
			"image_type":      "image/jpeg",
		}
		e.hub.sendBinary(e.client, previewMetadataFrame(about, preview))
	}
	e.hub.sendText(e.client, "progress", object{"value": step, "max": steps, "prompt_id": e.prompt.id, "node": id})
	if preview != nil && !withMetadata {
		e.hub.sendBinary(e.client, previewFrame(preview))
	}
}

// bar draws the sampler's progress in the log, over the line before.
func (e *execution) bar(step, steps int, perStep time.Duration) {
	const width = 20
	filled := width * step / steps
	text := fmt.Sprintf("\r%3d%%|%s%s| %d/%d [%.2fs/it]", 100*step/steps,
		strings.Repeat("#", filled), strings.Repeat(" ", width-filled), step, steps, perStep.Seconds())
	if step == steps {
		text += "\n"
	}
	e.print(text)
}
