// Command bench measures the service beside the bare limits of the machine, in one run, so that only ratios count: an echo
// over the same RPC stack, and one encoded frame written to as many connections as there are watchers. It starts the real
// program on the simulated ComfyUI and needs nothing else.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"
)

// options say how much is measured.
type options struct {
	program  string
	duration time.Duration // of each measurement of bookings
	bookers  int
	watchers int
	changes  int // sent to the watchers
	jobs     int // present when bookings are measured
	slots    int // run for punctuality
	history  int // ended jobs loaded in bulk; 0: not measured
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "limit" {
		serveLimit()
		return
	}
	var o options
	flag.StringVar(&o.program, "program", "bin/comfyscheduler", "the service's program")
	flag.DurationVar(&o.duration, "duration", 4*time.Second, "length of each measurement of bookings")
	flag.IntVar(&o.bookers, "bookers", 16, "callers that book at a time")
	flag.IntVar(&o.watchers, "watchers", 1000, "open state streams")
	flag.IntVar(&o.changes, "changes", 60, "changes sent to the watchers")
	flag.IntVar(&o.jobs, "jobs", 10_000, "jobs present when bookings are measured")
	flag.IntVar(&o.slots, "slots", 50, "back-to-back slots run for punctuality")
	flag.IntVar(&o.history, "history", 0, "ended jobs loaded in bulk for the measurement of growth")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	limit, err := startLimit()
	if err != nil {
		return err
	}
	defer limit.stop()
	service, err := startService(o.program)
	if err != nil {
		return err
	}
	defer service.stop()
	figures := &table{}
	for _, measure := range []func(context.Context, options, *process, *process, *table) error{measureBookings, measureWatchers, measurePunctuality} {
		if err := measure(ctx, o, service, limit, figures); err != nil {
			return err
		}
	}
	if o.history > 0 {
		if err := measureGrowth(ctx, o, figures); err != nil {
			return err
		}
	}
	figures.print(os.Stdout)
	return nil
}
