package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Worker is one ComfyUI and the name of its lane on the timeline.
type Worker struct {
	ID          string            `json:"id"`
	Title       string            `json:"title"` // for people
	ComfyUI     ComfyUI           `json:"comfy_ui"`
	Environment map[string]string `json:"environment"` // more of it, for a ComfyUI that the service starts
	Workflows   []string          `json:"workflows"`   // ids of those that it may run; nil: all

	ownOutput bool // output_dir is its own and not that of comfy_ui
}

// onlyWorker is the one of a configuration that names none.
const onlyWorker = "gpu"

// workersKey lists several workers.
const workersKey = "workers"

// MayRun reports whether the configuration lets the worker run a workflow.
func (w Worker) MayRun(workflow string) bool {
	return w.Workflows == nil || slices.Contains(w.Workflows, workflow)
}

// readWorkers makes the list of workers: the ComfyUI that is given, or those of the list, each with what it leaves out taken from
// there.
func (c *Config) readWorkers(data []byte, problems *Problems) {
	var given struct {
		Workers []json.RawMessage `json:"workers"`
	}
	if err := json.Unmarshal(data, &given); err != nil {
		problems.add(workersKey, "%v", err)
		return
	}
	if given.Workers == nil {
		c.Workers = []Worker{{ID: onlyWorker, Title: onlyWorker, ComfyUI: c.ComfyUI}}
		return
	}
	c.listed = true
	for i, text := range given.Workers {
		w, err := c.readWorker(text)
		if err != nil {
			problems.add(at(i, ""), "%v", err)
		}
		if w.ComfyUI.Installation == "" {
			problems.add(at(i, "comfy_ui.installation_type"), "missing, and comfy_ui gives none either")
		}
		c.Workers = append(c.Workers, w)
	}
}

// readWorker reads one worker of the list. What it leaves out it takes from comfy_ui when that is installed in the same way: the paths,
// address and arguments of another kind of ComfyUI mean nothing to it.
func (c *Config) readWorker(text []byte) (w Worker, err error) {
	var own struct {
		ComfyUI struct {
			Installation *Installation `json:"installation_type"`
			OutputDir    *string       `json:"output_dir"`
		} `json:"comfy_ui"`
	}
	if err := json.Unmarshal(text, &own); err != nil {
		return w, err
	}
	w.ComfyUI = c.ComfyUI
	if kind := own.ComfyUI.Installation; kind != nil && *kind != c.ComfyUI.Installation {
		w.ComfyUI = defaults().ComfyUI
		w.ComfyUI.StartTimeout = c.ComfyUI.StartTimeout
	}
	w.ComfyUI.ExtraArgs = slices.Clone(w.ComfyUI.ExtraArgs) // decoding writes into it
	w.ComfyUI.OutputLinks = slices.Clone(w.ComfyUI.OutputLinks)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(&w)
	w.ownOutput = own.ComfyUI.OutputDir != nil
	if w.Title == "" {
		w.Title = w.ID
	}
	return w, err
}

// at is the place of a key of a worker in the file.
func at(i int, key string) string { return join(fmt.Sprintf("%s.%d", workersKey, i), key) }

// place is the place of a key of a worker's comfy_ui in the file, however many workers there are.
func (c *Config) place(i int, key string) string {
	if !c.listed {
		return join("comfy_ui", key)
	}
	return join(at(i, "comfy_ui"), key)
}
