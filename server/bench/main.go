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
	program   string
	only      string        // parts to measure, separated by commas; empty: all that are quick
	rounds    int           // of each comparison
	duration  time.Duration // of one round of bookings
	bookers   int
	watchers  int
	crowd     int    // watchers that are too many for the machine
	changes   int    // sent to the watchers
	manyLanes string // numbers of lanes with which bookings are measured
	lanes     int    // of the services that watchers follow
	jobs      int    // present when bookings are measured
	slots     int    // run for punctuality
	history   string
	laws      string // a folder; empty: those that come along
	runs      int    // by each law
	bookings  int    // of a day
	days      int
}

// parts lists the measurements in the order in which they run; pure ones need no service.
var parts = []struct {
	name    string
	measure func(context.Context, *run) error
	pure    bool
}{
	{"bookings", measureBookings, false},
	{"watchers", measureWatchers, false},
	{"crowd", measureCrowd, false},
	{"punctuality", measurePunctuality, false},
	{"files", measureFiles, false},
	{"generation", measureGeneration, false},
	{"growth", measureGrowth, false},
	{"lanes", measureLanes, false},
	{"eight", measureEight, false},
	{"estimates", measureEstimates, true},
	{"day", measureDay, true},
}

// run is one measurement of everything.
type run struct {
	options
	service *process
	limit   *process
	table   *table
	sheets  []sheet // printed below the table
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
	if len(args) > 1 && args[0] == "day" {
		return serveDay(args[1])
	}
	r := &run{table: newTable()}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&r.program, "program", "bin/comfyscheduler", "the service's program")
	flags.StringVar(&r.only, "only", "",
		"parts to measure: bookings, watchers, crowd, punctuality, files, generation, growth, lanes, eight, estimates, day")
	flags.IntVar(&r.rounds, "rounds", 5, "rounds of each comparison; medians are told")
	flags.DurationVar(&r.duration, "duration", 2*time.Second, "length of one round of bookings")
	flags.IntVar(&r.bookers, "bookers", 16, "callers that book at a time")
	flags.IntVar(&r.watchers, "watchers", 1000, "open state streams")
	flags.IntVar(&r.crowd, "crowd", 5000, "open state streams that get twenty changes a second")
	flags.IntVar(&r.changes, "changes", 60, "changes sent to the watchers")
	flags.IntVar(&r.jobs, "jobs", 10_000, "jobs present when bookings are measured")
	flags.StringVar(&r.manyLanes, "lanes", "8,100", "numbers of lanes with which bookings are measured, each lane a simulated ComfyUI")
	flags.IntVar(&r.slots, "slots", 100, "slots run one after the other for punctuality")
	flags.StringVar(&r.history, "history", "", "numbers of ended jobs, loaded in bulk, with which growth is measured")
	flags.StringVar(&r.laws, "laws", "", "folder of laws for estimates, see docs/estimates.md; without it those of server/bench/laws")
	flags.IntVar(&r.runs, "runs", 800, "runs by each law")
	flags.IntVar(&r.bookings, "bookings", 500, "bookings of a day")
	flags.IntVar(&r.days, "days", 1, "days played, each with bookings of its own")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return r.all(ctx)
}

func (r *run) all(ctx context.Context) (err error) {
	defer r.end()
	for _, part := range parts {
		if r.only != "" && !slices.Contains(strings.Split(r.only, ","), part.name) {
			continue
		}
		if !part.pure {
			if err := r.begin(ctx); err != nil {
				return err
			}
		}
		began := time.Now()
		if err := part.measure(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s took %.0f s\n", part.name, time.Since(began).Seconds())
	}
	r.table.print(os.Stdout)
	for _, s := range r.sheets {
		s.print(os.Stdout)
	}
	return nil
}

// begin starts what is measured, unless it runs.
func (r *run) begin(ctx context.Context) (err error) {
	if r.limit == nil {
		if r.limit, err = startLimit(ctx); err != nil {
			return err
		}
	}
	if r.service == nil {
		r.service, err = startService(ctx, r.program)
	}
	return err
}

func (r *run) end() {
	if r.service != nil {
		r.service.stop()
	}
	if r.limit != nil {
		r.limit.stop()
	}
}

// numbers reads numbers that are separated by commas.
func numbers(list string) (all []int, err error) {
	for text := range strings.SplitSeq(list, ",") {
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}
