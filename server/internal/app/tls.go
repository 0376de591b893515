package app

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
)

// certificate is the one in the files, read again when they have changed, so that a renewal needs no restart.
type certificate struct {
	config.TLS

	mu      sync.Mutex
	loaded  *tls.Certificate
	changed time.Time
}

func (c *certificate) config() *tls.Config {
	if c.CertFile == "" {
		return nil
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current() },
	}
}

// current keeps the one before when the new files are not a pair yet.
func (c *certificate) current() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(c.CertFile)
	if err == nil && c.loaded != nil && info.ModTime().Equal(c.changed) {
		return c.loaded, nil
	}
	if err == nil {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(c.CertFile, c.KeyFile); err == nil {
			c.loaded, c.changed = &pair, info.ModTime()
		}
	}
	if c.loaded == nil {
		return nil, err
	}
	return c.loaded, nil
}

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
