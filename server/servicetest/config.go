package servicetest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Config is the content of a configuration file.
type Config map[string]any

// Set sets one key, such as "server.port", and returns the configuration.
func (c Config) Set(path string, value any) Config {
	section, key, _ := strings.Cut(path, ".")
	if _, ok := c[section].(map[string]any); !ok {
		c[section] = map[string]any{}
	}
	c[section].(map[string]any)[key] = value
	return c
}

// Section returns the keys of one section. Nil when it is not set.
func (c Config) Section(name string) map[string]any {
	section, _ := c[name].(map[string]any)
	return section
}

// Write writes the configuration to a file.
func (c Config) Write(file string) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o600)
}

// Target is the place of an input in a workflow: a node and one of its fields.
func Target(node, field string) map[string]any {
	return map[string]any{"node_id": node, "field": field}
}

// Size is the inputs that all places of a picture's width and height in the shipped workflow make up, by name.
func Size() map[string]any {
	return map[string]any{
		"width":  []any{Target("47", "width"), Target("48", "width")},
		"height": []any{Target("47", "height"), Target("48", "height")},
	}
}

// Inputs returns the parameter map of the shipped workflow: prompt, seed and what is given.
func Inputs(more map[string]any) map[string]any {
	inputs := map[string]any{"prompt": Target("6", "text"), "seed": Target("25", "noise_seed")}
	for name, targets := range more {
		inputs[name] = targets
	}
	return inputs
}

// Template returns the file of the shipped workflow.
func Template() (string, error) {
	root, err := Root()
	return filepath.Join(root, "workflows", "flux_klein_api.json"), err
}

// Pace says how long the parts of a simulated generation take; it has four steps by itself.
type Pace struct {
	Start, Load, Encode, Step, Decode time.Duration
}

// Args returns the pace as arguments of the simulated ComfyUI.
func (p Pace) Args() []string {
	return []string{
		"--start-time", p.Start.String(),
		"--load-time", p.Load.String(),
		"--encode-time", p.Encode.String(),
		"--step-time", p.Step.String(),
		"--decode-time", p.Decode.String(),
	}
}
