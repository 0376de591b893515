package config

import (
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

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
	OutputLinks  []string     `json:"output_links"`      // folders elsewhere that links in OutputDir may lead to
	Host         string       `json:"api_host"`
	Port         int          `json:"api_port"`
	TokenFile    string       `json:"api_token_file"`
	Token        Secret       `json:"-"` // for what stands in front of ComfyUI; empty: none
	ExtraArgs    []string     `json:"extra_args"`
	StartTimeout Duration     `json:"start_timeout"`
	apart
}

// IsLaunched reports whether the service starts it.
func (c ComfyUI) IsLaunched() bool { return c.Installation != Remote }

// listensEverywhere reports whether it listens on every address of the machine.
func (c ComfyUI) listensEverywhere() bool {
	for host := range strings.SplitSeq(c.Host, ",") {
		if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
			return true
		}
	}
	return false
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
