package config

import (
	"bytes"
	"encoding/json"

	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
)

// ParameterMap are the parameters by name. Their order in the file is that of the form.
type ParameterMap map[string]Parameter

// UnmarshalJSON implements json.Unmarshaler.
func (m *ParameterMap) UnmarshalJSON(data []byte) error {
	var parameters map[string]Parameter
	if err := json.Unmarshal(data, &parameters); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for position := 0; decoder.More(); position++ {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		parameter := parameters[name.(string)]
		parameter.Position = position
		parameters[name.(string)] = parameter
	}
	*m = parameters
	return nil
}

// Parameter is a binding as it is written: a target, {"targets": [...]}, or a bare list of targets.
type Parameter struct {
	form.Binding
}

type target struct {
	NodeID string `json:"node_id"`
	Field  string `json:"field"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *Parameter) UnmarshalJSON(data []byte) error {
	var written struct {
		target
		Targets []target    `json:"targets"`
		Min     json.Number `json:"min"`
		Max     json.Number `json:"max"`
	}
	if data[0] == '[' {
		if err := json.Unmarshal(data, &written.Targets); err != nil {
			return err
		}
	} else if err := json.Unmarshal(data, &written); err != nil {
		return err
	}
	if written.NodeID != "" {
		written.Targets = append(written.Targets, written.target)
	}
	p.Min, p.Max = written.Min, written.Max
	for _, t := range written.Targets {
		p.Targets = append(p.Targets, form.Target{Node: t.NodeID, Field: t.Field})
	}
	return nil
}
