package config_test

import (
	"context"
	"net"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/config"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"http://localhost:3000":   "http://localhost:3000",
		"http://localhost:3000/":  "http://localhost:3000",
		"localhost":               "http://localhost:3000",
		"gpu-box:8080":            "http://gpu-box:8080",
		"https://gpu.example.org": "https://gpu.example.org",
		"https://gpu.example:443": "https://gpu.example",
		"http://gpu.example.org":  "http://gpu.example.org",
		"https://gpu.example:80":  "https://gpu.example:80",
		"http://[::1]:3000":       "http://[::1]:3000",
		"http://[::1]":            "http://[::1]",
		"::1":                     "http://[::1]:3000",
		"127.0.0.1":               "http://127.0.0.1:3000",
	} {
		got, err := config.ParseAddress(text)
		if err != nil || got.String() != want {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
		again, err := config.ParseAddress(got.String())
		if err != nil || again != got {
			t.Errorf("%q read again is %v, %v", got, again, err)
		}
	}
	for _, text := range []string{
		"", "ftp://host", "http://", "http://host/path", "http://host?x=1",
		"http://user:secret@host", "http://a b", "host:port",
	} {
		if got, err := config.ParseAddress(text); err == nil {
			t.Errorf("%q is taken as %v", text, got)
		}
	}
}

// A server that listens on ::1 only is found under the name localhost, whatever the hosts file says.
func TestLocalhostIsBothLoopbacks(t *testing.T) {
	for _, loopback := range []string{"127.0.0.1", "::1"} {
		t.Run(loopback, func(t *testing.T) {
			listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort(loopback, "0"))
			if err != nil {
				t.Skipf("this machine has no %s: %v", loopback, err)
			}
			defer listener.Close()
			_, port, _ := net.SplitHostPort(listener.Addr().String())
			a := config.Address{Host: "localhost", Port: port}
			conn, err := a.DialContext(context.Background(), "tcp", a.HostPort())
			if err != nil {
				t.Fatal(err)
			}
			_ = conn.Close()
		})
	}
}
