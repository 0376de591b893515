//go:build pprof

package main

import (
	"net/http"
	_ "net/http/pprof" // served below
	"os"
)

// A build with the tag pprof serves Go's profiles at the address in COMFYSCHEDULER_PPROF; docs/benchmarks.md says how to use it.
func init() {
	address := os.Getenv("COMFYSCHEDULER_PPROF")
	if address == "" {
		return
	}
	go func() { _ = http.ListenAndServe(address, nil) }() // #nosec: for whoever measures, on this machine
}
