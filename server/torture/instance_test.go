package torture_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// comfyUI is one process of a ComfyUI. A pid alone may come again within one torture.
type comfyUI struct {
	PID  int
	Born string // its start, as the system counts it
}

// MarshalText writes it for people, as a key of JSON too.
func (c comfyUI) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%d/%s", c.PID, c.Born), nil }

// comfyUI is the process that wrote the line.
func (r run) comfyUI() comfyUI { return comfyUI{r.PID, r.Born} }

// comfyUIAt is the process that has a pid now. Of one that is not there, or has ended and only waits for its parent to look, no start
// is told.
func comfyUIAt(pid int) comfyUI {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return comfyUI{PID: pid}
	}
	fields := strings.Fields(string(status[bytes.LastIndexByte(status, ')')+1:])) // the name before it may hold anything
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return comfyUI{PID: pid}
	}
	return comfyUI{pid, fields[19]}
}
