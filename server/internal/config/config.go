// Package config reads config.json. What the file may hold is said once, in config.schema.json, which editors use too;
// this package adds what a schema cannot say: that paths exist and that the workflow fits its parameter map. All problems
// are found at once, and nothing on disk is touched.
package config

import (
	"bytes"
	"encoding/json"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
	Scheduler Scheduler `json:"scheduler"`
	Access    Access    `json:"access"`
	Limits    Limits    `json:"limits"`
	Workers   []Worker  `json:"-"` // at least one; ComfyUI where no others are named
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

// Access decides who may do and see what.
type Access struct {
	Mode          account.Mode `json:"mode"`
	PrivateJobs   bool         `json:"private_jobs"`
	JobFilesOnly  bool         `json:"job_files_only"`
	ShowAddresses *bool        `json:"show_addresses"` // nil: in open mode
	TokenUnused   int          `json:"token_unused_days"`
}

// TokenLife gives the time after which a token that is not used is worthless; 0 stands for never.
func (a Access) TokenLife() time.Duration { return time.Duration(a.TokenUnused) * 24 * time.Hour }

// Policy gives what is open to whom. Where jobs are private, files that no job wrote may be somebody's too.
func (c *Config) Policy() account.Policy {
	a := c.Access
	addresses := a.Mode == account.Open
	if a.ShowAddresses != nil {
		addresses = *a.ShowAddresses
	}
	return account.Policy{
		Mode:        a.Mode,
		PrivateJobs: a.PrivateJobs,
		JobFiles:    a.JobFilesOnly || a.PrivateJobs,
		Addresses:   addresses,
		Importers:   c.Workflows.WhoMayImport,
	}
}

// Limits bound what one user may do; 0 stands for no limit, nil for the default.
type Limits struct {
	OpenBookings      *int `json:"open_bookings"`
	DaysAhead         int  `json:"days_ahead"`
	RequestsPerSecond *int `json:"requests_per_second"`
	Tokens            int  `json:"tokens"`
	StreamsPerUser    int  `json:"streams_per_user"`
	StreamsPerAddress int  `json:"streams_per_address"`
}

// What one user may do where others than users of this machine reach the service.
const (
	exposedBookings = 50
	exposedCalls    = 20
)

// UserLimits are those of the use cases: none that was not set where only users of this machine reach the service.
func (c *Config) UserLimits() account.Limits {
	limit := func(set *int, exposed int) int {
		switch {
		case set != nil:
			return *set
		case c.Server.IsExposed():
			return exposed
		}
		return 0
	}
	return account.Limits{
		OpenBookings:      limit(c.Limits.OpenBookings, exposedBookings),
		RequestsPerSecond: limit(c.Limits.RequestsPerSecond, exposedCalls),
		DaysAhead:         c.Limits.DaysAhead,
		Tokens:            c.Limits.Tokens,
		StreamsPerUser:    c.Limits.StreamsPerUser,
		StreamsPerAddress: c.Limits.StreamsPerAddress,
	}
}

// Installation is a way ComfyUI is installed.
type Installation string

// The ways ComfyUI is installed.
const (
	Portable  Installation = "portable"  // the Windows standalone build
	Local     Installation = "local"     // a checkout with its own Python
	Remote    Installation = "remote"    // one that runs already
	Simulated Installation = "simulated" // the built-in stand-in
)

// ComfyUI is the ComfyUI that makes the pictures.
type ComfyUI struct {
	Installation Installation `json:"installation_type"`
	RootPath     string       `json:"root_path"`         // empty for remote
	Python       string       `json:"python_executable"` // empty for remote and simulated
	OutputDir    string       `json:"output_dir"`        // empty for remote without access to its files
	Host         string       `json:"api_host"`
	Port         int          `json:"api_port"`
	TokenFile    string       `json:"api_token_file"`
	Token        Secret       `json:"-"` // for what stands in front of ComfyUI; empty: none
	ExtraArgs    []string     `json:"extra_args"`
	StartTimeout Duration     `json:"start_timeout"`
}

// Address gives the host and port at which ComfyUI's own interface is reached. One that listens on every address is reached on loopback.
func (c ComfyUI) Address() string {
	host, _, _ := strings.Cut(c.Host, ",") // ComfyUI takes several
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		if host = "::1"; ip.Is4() {
			host = "127.0.0.1"
		}
	}
	return net.JoinHostPort(host, strconv.Itoa(c.Port))
}

// InputDir is the folder that ComfyUI takes files from; empty when the service cannot know it.
func (c ComfyUI) InputDir() string {
	moved := slices.ContainsFunc(c.ExtraArgs, func(argument string) bool { return strings.HasPrefix(argument, "--input-directory") })
	if c.RootPath == "" || moved {
		return ""
	}
	return filepath.FromSlash(c.RootPath + "/input")
}

// BaseURL is the URL of ComfyUI's own interface.
func (c ComfyUI) BaseURL() string { return "http://" + c.Address() }

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
	SlotMargin    float64  `json:"slot_margin"`    // part of the estimate
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

// Estimates are the rules of how long slots are and runs may be silent.
func (s Scheduler) Estimates() estimate.Rules {
	return estimate.Rules{
		Margin:        s.SlotMargin,
		SilenceFactor: s.SilenceFactor,
		SilenceMin:    time.Duration(s.SilenceMin),
	}
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
		Scheduler: Scheduler{
			SlotMargin:    0.1,
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
