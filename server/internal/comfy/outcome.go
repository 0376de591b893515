package comfy

import (
	"fmt"
	"time"
)

// Kind classifies the end of a run.
type Kind int

const (
	// Succeeded runs are the only ones whose files are results.
	Succeeded Kind = iota + 1
	// Failed runs have an Error.
	Failed
	// Interrupted runs were stopped by somebody, here or on ComfyUI's own page.
	Interrupted
	// Gone prompts are in neither history nor queue: removed from the queue, deleted, or lost in a restart.
	Gone
)

func (k Kind) String() string {
	return [...]string{"none", "succeeded", "failed", "interrupted", "gone"}[k]
}

// Outcome tells the end of a run and its results. It follows from the history alone, so that it is the same whatever frames
// were seen; only where the history has been lost do frames stand in for it.
type Outcome struct {
	Kind Kind
	// Files are the results: files in ComfyUI's output folder, in the order their nodes ran, each once. Outputs
	// that came from the node cache are among them, under the name of the earlier run (see CachedNodes).
	// Empty unless Succeeded.
	Files []File
	Texts []Text // text outputs; empty unless Succeeded
	Error *NodeError
	// Started and Finished are by ComfyUI's clock; zero when not told. Their difference is the run time.
	Started, Finished time.Time
	CachedNodes       []string // nodes that did not run because nothing had changed
}

// Outcome judges the entry. Success needs the status "success" and no message of an error or interrupt:
// ComfyUI can record "success" beside an error.
func (e *Entry) Outcome() Outcome {
	o := Outcome{}
	for _, m := range e.Messages {
		switch m.Event {
		case "execution_start":
			o.Started = m.Time
			continue
		case "execution_cached":
			o.CachedNodes = append(o.CachedNodes, m.Nodes...)
			continue
		case "execution_error":
			o.Kind, o.Error = Failed, m.Error
		case "execution_interrupted":
			if o.Kind != Failed {
				o.Kind, o.Error = Interrupted, m.Error
			}
		}
		if !m.Time.IsZero() {
			o.Finished = m.Time
		}
	}
	switch {
	case o.Kind != 0:
	case e.Status == "success":
		o.Kind = Succeeded
		o.Files, o.Texts = results(e.Files), e.Texts
	default:
		o.Kind = Failed
		o.Error = &NodeError{Message: fmt.Sprintf("ComfyUI ended the run with status %q and no message", e.Status)}
	}
	return o
}

// results keeps the files in the output folder, each once.
func results(all []File) []File {
	var kept []File
	seen := make(map[string]bool)
	for _, f := range all {
		if p := f.Path(); p != "" && !seen[p] {
			seen[p] = true
			kept = append(kept, f)
		}
	}
	return kept
}
