package app

import (
	"fmt"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
)

// exposures say what is open to whom on an address that others reach.
func (a *App) exposures() []string {
	c := a.Config
	var open []string
	if !config.IsLoopback(c.Server.Host) {
		if c.Server.TLS.CertFile == "" {
			open = append(open, fmt.Sprintf("server.host is %s and the port is not encrypted: "+
				"whoever is on the network's path can read prompts, pictures and tokens; "+
				"set server.tls, or listen on localhost behind a proxy that encrypts", c.Server.Host))
		}
		if c.Access.Mode == account.Open {
			open = append(open, fmt.Sprintf("server.host is %s and access.mode is open: "+
				"whoever reaches the port can sign in, book, and see all jobs; set access.mode to invite or closed", c.Server.Host))
		}
	}
	for _, w := range c.Workers {
		if w.ComfyUI.Installation != config.Remote && !config.IsLoopback(w.ComfyUI.Host) {
			open = append(open, fmt.Sprintf("comfy_ui.api_host is %s: ComfyUI's own interface has no passwords, "+
				"whoever reaches it can queue work and read everything it made", w.ComfyUI.Host))
		}
	}
	return open
}
