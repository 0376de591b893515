// Package config reads config.json. What the file may hold is said once, in config.schema.json, which editors use too;
// this package adds what a schema cannot say: that paths exist and that the workflow fits its parameter map. All problems
// are found at once, and nothing on disk is touched.
package config

import (
	"encoding/json"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/estimate"
	"github.com/comfyscheduler/comfyscheduler/server/internal/form"
)

// Config is a complete configuration: defaults are filled in and paths are absolute.
type Config struct {
	Server    Server    `json:"server"`
	ComfyUI   ComfyUI   `json:"comfy_ui"`
	Workflow  Workflow  `json:"workflow"`
	Workflows Workflows `json:"workflows"`
	Uploads   Uploads   `json:"uploads"`
	Scheduler Scheduler `json:"scheduler"`
	Access    Access    `json:"access"`
	Limits    Limits    `json:"limits"`
	Workers   []Worker  `json:"-"` // at least one; ComfyUI where no others are named

	listed bool // the workers are named; ComfyUI is what they leave out
}

// Server is the service itself.
type Server struct {
	Port             int      `json:"port"`
	Host             string   `json:"host"`
	DataDir          string   `json:"data_dir"`
	OpenWhileBooting bool     `json:"open_while_booting"`
	ShutdownGrace    Duration `json:"shutdown_grace"`
	TLS              TLS      `json:"tls"`
	AllowedHosts     []string `json:"allowed_hosts"`   // further names under which browsers reach the service
	AllowedOrigins   []string `json:"allowed_origins"` // of pages elsewhere that may call it
	PublicURL        URL      `json:"public_url"`      // address that people use; zero: that of the port
	TrustedProxies   []Proxy  `json:"trusted_proxies"` // whose X-Forwarded-For, -Proto and -Host are believed
	ThumbnailCache   int64    `json:"thumbnail_cache_mib"`
}

// IsExposed reports whether others than users of this machine reach the service: at its own port, or through a proxy.
func (s Server) IsExposed() bool {
	return !IsLoopback(s.Host) || len(s.TrustedProxies) > 0 || s.PublicURL.URL != nil && !IsLoopback(s.PublicURL.Hostname())
}

// TLS encrypts the port.
type TLS struct {
	CertFile string `json:"cert_file"` // empty: not at all
	KeyFile  string `json:"key_file"`
}

// Workflow names the first workflow and its file.
type Workflow struct {
	ID           string       `json:"-"` // the file's name without "_api" and what follows the dot
	Title        string       `json:"title"`
	TemplateFile string       `json:"template_file"`
	WarmupPrompt string       `json:"warmup_prompt"`
	ParameterMap ParameterMap `json:"parameter_map"` // nil: the form is what the file says, or is detected
}

// Bindings are the inputs as a form takes them; nil when there is no parameter map.
func (w Workflow) Bindings() map[string]form.Binding {
	if w.ParameterMap == nil {
		return nil
	}
	bindings := make(map[string]form.Binding, len(w.ParameterMap))
	for name, p := range w.ParameterMap {
		bindings[name] = p.Binding
	}
	return bindings
}

// Workflows hold the rules for all workflows.
type Workflows struct {
	Folder            string            `json:"folder"` // in which each file is a workflow
	WhoMayImport      account.Importers `json:"who_may_import"`
	MeasureEvery      Duration          `json:"measure_every"` // 0: only what administrators ask for
	PartnerAPIKeyFile string            `json:"partner_api_key_file"`
	PartnerAPIKey     Secret            `json:"-"` // for nodes of paid services; empty: none
}

// Scheduler sets how long slots are and what is done about runs that outlast them.
type Scheduler struct {
	SlotMargin    *float64 `json:"slot_margin"`    // part of the estimate; nil: nobody has set it
	SilenceFactor float64  `json:"silence_factor"` // times the estimate
	SilenceMin    Duration `json:"silence_min"`
	OverrunLimit  Overrun  `json:"overrun_limit"`
	OverrunFactor float64  `json:"overrun_factor"` // times the slot
	OverrunMin    Duration `json:"overrun_min"`    // beyond the slot
}

// Overrun bounds runs that last far longer than their slots.
type Overrun string

// When runs are interrupted.
const (
	OverrunDue    Overrun = "due" // while the slot of somebody else is due
	OverrunAlways Overrun = "always"
	OverrunNever  Overrun = "never"
)

// defaultMargin is that of slots while little is known of a workflow.
const defaultMargin = 0.1

// Estimates are the rules of how long slots are and runs may be silent.
func (s Scheduler) Estimates() estimate.Rules {
	rules := estimate.Rules{
		Margin:        defaultMargin,
		SilenceFactor: s.SilenceFactor,
		SilenceMin:    time.Duration(s.SilenceMin),
	}
	if s.SlotMargin != nil {
		rules.Margin, rules.Explicit = *s.SlotMargin, true
	}
	return rules
}

// Duration is a time.Duration written as text, such as "30s".
type Duration time.Duration

// UnmarshalJSON implements json.Unmarshaler.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	parsed, err := time.ParseDuration(text)
	*d = Duration(parsed)
	return err
}

func defaults() Config {
	return Config{
		Server: Server{Port: 3000, Host: "localhost", DataDir: "data", ShutdownGrace: Duration(30 * time.Second), ThumbnailCache: 512},
		ComfyUI: ComfyUI{
			OutputDir:    "output",
			Host:         "127.0.0.1",
			Port:         8188,
			StartTimeout: Duration(5 * time.Minute),
		},
		Workflow: Workflow{WarmupPrompt: "A simple color gradient"},
		Workflows: Workflows{
			Folder:       "workflows",
			WhoMayImport: account.ImportByAdministrators,
			MeasureEvery: Duration(time.Hour),
		},
		Uploads: Uploads{MaxBytes: 1 << 30, Quota: 20 << 30, Keep: 30},
		Scheduler: Scheduler{
			SilenceFactor: 10,
			SilenceMin:    Duration(2 * time.Minute),
			OverrunLimit:  OverrunDue,
			OverrunFactor: 5,
			OverrunMin:    Duration(5 * time.Minute),
		},
		Access: Access{Mode: account.Open, TokenUnused: 400},
		Limits: Limits{DaysAhead: 366, Tokens: 20, StreamsPerUser: 20, StreamsPerAddress: 100},
	}
}
