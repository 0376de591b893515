// Package servicetest starts the real program for the suites that drive it from outside: its binary as a subprocess, on the
// simulated ComfyUI or another one, with a folder, a configuration and clients of its own.
//
// The order of calls is [NewSite], changes of its configuration, [Site.Launch], [Process.Address], [Dial]. Nothing here knows
// package testing, so that benchmarks and scripts can use it too; suites wrap what they need often.
package servicetest
