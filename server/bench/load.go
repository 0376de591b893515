package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// scatter is within how many slots after tomorrow a load begins, so that one can follow another: a year and a half.
const scatter = 2_500_000

// load books on a service that is running, while others watch, and tells what both saw. The slots lie twenty seconds
// apart from some day on, and stay: it is for a service that may be filled.
func load(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench load", flag.ContinueOnError)
	url := flags.String("url", "http://localhost:3000", "the service")
	token := flags.String("token", os.Getenv("COMFYSCHED_TOKEN"), "token of a user; without one, a new user signs in")
	bookers := flags.Int("bookers", 16, "callers that book at a time")
	watchers := flags.Int("watchers", 20,
		"open state streams; as many as limits.streams_per_user allows, or any number with an administrator's token")
	jobs := flags.Int("jobs", 1000, "jobs to book")
	byGRPC := flags.Bool("grpc", false, "book by gRPC on one connection instead of Connect over HTTP/1.1")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *token == "" {
		var err error
		if *token, err = signIn(ctx, *url); err != nil {
			return err
		}
	}
	a, err := gather(ctx, connectStreams.watch(&process{url: *url}, *token), *watchers, max(1, *watchers), *jobs)
	if err != nil {
		return err
	}
	defer a.closed()
	booked.Store(rand.Int64N(scatter))
	call := bookByConnect(*url, *token)
	if *byGRPC {
		if call, err = bookByGRPC(*url, *token); err != nil {
			return err
		}
	}
	began := time.Now()
	took, err := bookAll(*bookers, *jobs, func(n int) error {
		return a.send(n, func(text string) error { return call(ctx, request(text)) })
	})
	if err != nil {
		return err
	}
	rate := float64(*jobs) / time.Since(began).Seconds()
	a.arrivals.Wait()
	fmt.Printf("%d bookings by %d callers: %.0f/s, answers p50 %.2f ms, p99 %.2f ms\n", *jobs, *bookers, rate, took.quantile(.5),
		took.quantile(.99))
	if *watchers > 0 {
		fmt.Printf("%d watchers: p50 %.2f ms, p99 %.2f ms, %d bytes each\n", *watchers, a.took.quantile(.5), a.took.quantile(.99),
			a.bytes/len(a.took))
	}
	return nil
}

// bookAll makes a number of calls, some of them at a time, and tells how long each took. A caller ends with its first error.
func bookAll(callers, calls int, call func(n int) error) (took durations, failure error) {
	var next atomic.Int64
	var mu sync.Mutex
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for n := next.Add(1) - 1; n < int64(calls); n = next.Add(1) - 1 {
				before := time.Now()
				err := call(int(n))
				mu.Lock()
				took, failure = append(took, time.Since(before)), errors.Join(failure, err)
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	group.Wait()
	return took, failure
}
