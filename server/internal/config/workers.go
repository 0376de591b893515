package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
)

// Worker is one ComfyUI and the name of its lane on the timeline.
type Worker struct {
	ID      string  `json:"id"`
	ComfyUI ComfyUI `json:"comfy_ui"`
}

// onlyWorker is the one of a configuration that names none.
const onlyWorker = "gpu"

// workersKey lists several workers. It is no key for people yet: the schema does not tell of it.
const workersKey = "workers"

var workerID = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

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
		c.Workers = []Worker{{ID: onlyWorker, ComfyUI: c.ComfyUI}}
		return
	}
	for i, text := range given.Workers {
		w := Worker{ComfyUI: c.ComfyUI}
		w.ComfyUI.ExtraArgs = slices.Clone(c.ComfyUI.ExtraArgs) // decoding writes into it
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&w); err != nil {
			problems.add(fmt.Sprintf("%s.%d", workersKey, i), "%v", err)
		}
		c.Workers = append(c.Workers, w)
	}
}

// checkWorkers looks for what two workers cannot share.
func (c *Config) checkWorkers(problems *Problems) {
	ids, addresses := map[string]bool{}, map[string]bool{}
	for i := range c.Workers {
		w := &c.Workers[i]
		at := "comfy_ui"
		if len(c.Workers) > 1 {
			at = fmt.Sprintf("%s.%d.comfy_ui", workersKey, i)
		}
		switch {
		case !workerID.MatchString(w.ID):
			problems.add(fmt.Sprintf("%s.%d.id", workersKey, i), "%q must be lower-case letters, digits, dashes and underscores", w.ID)
		case ids[w.ID]:
			problems.add(fmt.Sprintf("%s.%d.id", workersKey, i), "%q is the id of another worker", w.ID)
		}
		if addresses[w.ComfyUI.Address()] {
			problems.add(at+".api_port", "%d is another worker's; give each a port of its own", w.ComfyUI.Port)
		}
		ids[w.ID], addresses[w.ComfyUI.Address()] = true, true
		c.checkComfyUI(at, &w.ComfyUI, problems)
		if w.ID == onlyWorker && len(c.Workers) == 1 {
			c.ComfyUI = w.ComfyUI // with its secrets
		}
	}
	if len(c.Workers) == 0 {
		problems.add(workersKey, "name at least one worker")
	}
}
