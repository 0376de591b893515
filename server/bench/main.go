// Command bench measures the service beside the bare limits of the machine, in one run and in turns, so that only ratios
// count: an echo over the same RPC stack, one encoded frame written to as many connections as there are watchers, the rows
// of bookings in the same tables. It starts the real program on the simulated ComfyUI and needs nothing else.
//
// "bench load" puts load on a service that is running already.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// options say how much is measured.
type options struct {
	program  string
	only     string        // parts to measure, separated by commas; empty: all that are quick
	rounds   int           // of each comparison
	duration time.Duration // of one round of bookings
	bookers  int
	watchers int
	crowd    int // watchers that are too many for the machine
	changes  int // sent to the watchers
	jobs     int // present when bookings are measured
	slots    int // run for punctuality
	history  string
}

// parts lists the measurements in the order in which they run.
var parts = []struct {
	name    string
	measure func(context.Context, *run) error
}{
	{"bookings", measureBookings},
	{"watchers", measureWatchers},
	{"crowd", measureCrowd},
	{"punctuality", measurePunctuality},
	{"generation", measureGeneration},
	{"growth", measureGrowth},
}

// run is one measurement of everything.
type run struct {
	options
	service *process
	limit   *process
	table   *table
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := command(ctx, os.Args[1:])
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	if len(args) > 1 && args[0] == "limit" {
		return serveLimit(ctx, args[1])
	}
	if len(args) > 0 && args[0] == "load" {
		return load(ctx, args[1:])
	}
	r := &run{table: newTable()}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&r.program, "program", "bin/comfyscheduler", "the service's program")
	flags.StringVar(&r.only, "only", "", "parts to measure: bookings, watchers, crowd, punctuality, generation, growth")
	flags.IntVar(&r.rounds, "rounds", 5, "rounds of each comparison; medians are told")
	flags.DurationVar(&r.duration, "duration", 2*time.Second, "length of one round of bookings")
	flags.IntVar(&r.bookers, "bookers", 16, "callers that book at a time")
	flags.IntVar(&r.watchers, "watchers", 1000, "open state streams")
	flags.IntVar(&r.crowd, "crowd", 5000, "open state streams that get twenty changes a second")
	flags.IntVar(&r.changes, "changes", 60, "changes sent to the watchers")
	flags.IntVar(&r.jobs, "jobs", 10_000, "jobs present when bookings are measured")
	flags.IntVar(&r.slots, "slots", 100, "back-to-back slots run for punctuality")
	flags.StringVar(&r.history, "history", "", "numbers of ended jobs, loaded in bulk, with which growth is measured")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return r.all(ctx)
}

func (r *run) all(ctx context.Context) (err error) {
	if r.limit, err = startLimit(ctx); err != nil {
		return err
	}
	defer r.limit.stop()
	if r.service, err = startService(ctx, r.program); err != nil {
		return err
	}
	defer r.service.stop()
	for _, part := range parts {
		if r.only != "" && !slices.Contains(strings.Split(r.only, ","), part.name) {
			continue
		}
		began := time.Now()
		if err := part.measure(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s took %.0f s\n", part.name, time.Since(began).Seconds())
	}
	r.table.print(os.Stdout)
	return nil
}

// histories are the sizes with which growth is measured.
func (r *run) histories() (sizes []int, err error) {
	for text := range strings.SplitSeq(r.history, ",") {
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("history: %w", err)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}
