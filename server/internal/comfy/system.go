package comfy

import (
	"context"
	"strings"
)

// SystemStats describes the ComfyUI process and its devices. Sizes are in bytes.
type SystemStats struct {
	Version        string   // of ComfyUI, such as "0.3.64"
	OS             string   // "posix" or "nt" from old versions, "linux", "win32" or "darwin" from new ones
	PythonVersion  string   // the long text of sys.version
	PyTorchVersion string   //
	EmbeddedPython bool     // the Windows portable layout
	Argv           []string // main.py and its arguments: tells one ComfyUI from another on the same port
	RAMTotal       int64
	RAMFree        int64
	Devices        []Device // the primary one first
}

// Device is one compute device. With --cpu its memory is the RAM.
type Device struct {
	Name      string
	Type      string // "cuda", "cpu", "mps", ...
	VRAMTotal int64
	VRAMFree  int64
}

// SystemStats asks what is running. It is the cheapest proof that ComfyUI, and not something else, answers.
func (c *Client) SystemStats(ctx context.Context) (SystemStats, error) {
	var v struct {
		System struct {
			OS             text   `json:"os"`
			RAMTotal       int64  `json:"ram_total"`
			RAMFree        int64  `json:"ram_free"`
			Version        text   `json:"comfyui_version"`
			PythonVersion  text   `json:"python_version"`
			PyTorchVersion text   `json:"pytorch_version"`
			EmbeddedPython bool   `json:"embedded_python"`
			Argv           []text `json:"argv"`
		} `json:"system"`
		Devices []struct {
			Name      text  `json:"name"`
			Type      text  `json:"type"`
			VRAMTotal int64 `json:"vram_total"`
			VRAMFree  int64 `json:"vram_free"`
		} `json:"devices"`
	}
	if err := c.get(ctx, requestTimeout, "/system_stats", &v); err != nil {
		return SystemStats{}, err
	}
	s := v.System
	stats := SystemStats{
		Version:        string(s.Version),
		OS:             string(s.OS),
		PythonVersion:  string(s.PythonVersion),
		PyTorchVersion: string(s.PyTorchVersion),
		EmbeddedPython: s.EmbeddedPython,
		Argv:           plain(s.Argv),
		RAMTotal:       s.RAMTotal,
		RAMFree:        s.RAMFree,
	}
	for _, d := range v.Devices {
		stats.Devices = append(stats.Devices, Device{Name: string(d.Name), Type: string(d.Type), VRAMTotal: d.VRAMTotal, VRAMFree: d.VRAMFree})
	}
	return stats, nil
}

// Greet asks for next to nothing. The connection it was answered on stays open for a while, for what is to be quick then.
func (c *Client) Greet(ctx context.Context) error {
	var queue struct{}
	return c.get(ctx, requestTimeout, "/prompt", &queue)
}

// Free asks ComfyUI to unload its models, to free its memory and node cache, or both, after the current prompt.
// freeMemory makes the next run of any graph a full one.
func (c *Client) Free(ctx context.Context, unload, freeMemory bool) error {
	return c.post(ctx, "/free", map[string]bool{"unload_models": unload, "free_memory": freeMemory})
}

// Logs returns the latest lines of ComfyUI's log, oldest first (ComfyUI keeps about 300 writes).
// Progress bars, which overwrite their line, count once, as last written.
func (c *Client) Logs(ctx context.Context) ([]string, error) {
	var v struct {
		Entries []struct {
			Message string `json:"m"`
		} `json:"entries"`
	}
	if err := c.get(ctx, requestTimeout, "/internal/logs/raw", &v); err != nil {
		return nil, err
	}
	var all strings.Builder
	for _, e := range v.Entries {
		all.WriteString(e.Message)
	}
	var lines []string
	for line := range strings.Lines(all.String()) {
		line = strings.TrimRight(line, "\r\n")
		lines = append(lines, brief(line[strings.LastIndexByte(line, '\r')+1:]))
	}
	return lines, nil
}
