package main

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// rates collects the results of several rounds of bookings, one figure for each round.
type rates struct {
	perSecond, p50, p99 []float64
	cpu                 []float64 // of the server for one call, in microseconds
}

// round calls for a while, from several callers.
func (r *rates) round(ctx context.Context, callers int, length time.Duration, server *process, call book) error {
	var mu sync.Mutex
	var all durations
	var failure error
	var group sync.WaitGroup
	used := server.cpu()
	began := time.Now()
	for range callers {
		group.Go(func() {
			var own durations
			var err error
			for err == nil && time.Since(began) < length {
				before := time.Now()
				err = call(ctx, request(fox))
				own = append(own, time.Since(before))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, own...)
			if err != nil {
				failure = err
			}
		})
	}
	group.Wait()
	if failure != nil {
		return failure
	}
	r.perSecond = append(r.perSecond, float64(len(all))/time.Since(began).Seconds())
	r.p50, r.p99 = append(r.p50, all.quantile(.5)), append(r.p99, all.quantile(.99))
	r.cpu = append(r.cpu, float64((server.cpu()-used).Microseconds())/float64(len(all)))
	return nil
}

// fill books until there are that many jobs.
func fill(ctx context.Context, n int, call book) error {
	var group sync.WaitGroup
	failures := make(chan error, 16)
	for range cap(failures) {
		group.Go(func() {
			for range n / cap(failures) {
				if err := call(ctx, request(fox)); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(failures)
	return <-failures
}

func measureBookings(ctx context.Context, r *run) error {
	token, err := signIn(ctx, r.service.url)
	if err != nil {
		return err
	}
	ourGRPC, err := bookByGRPC(r.service.url, token)
	if err != nil {
		return err
	}
	bareGRPC, err := bookByGRPC(r.limit.url, token)
	if err != nil {
		return err
	}
	if err := fill(ctx, r.jobs, ourGRPC); err != nil {
		return err
	}
	for _, protocol := range []struct {
		name       string
		ours, bare book
	}{{"Connect", bookByConnect(r.service.url, token), bookByConnect(r.limit.url, token)}, {"gRPC", ourGRPC, bareGRPC}} {
		var ours, bare, waiting rates
		onDisk := func(ctx context.Context, b *pb.BookJobRequest) error {
			b.WorkflowId = durable
			return protocol.bare(ctx, b)
		}
		for range r.rounds {
			if err := bare.round(ctx, r.bookers, r.duration, r.limit, protocol.bare); err != nil {
				return err
			}
			if err := waiting.round(ctx, r.bookers, r.duration, r.limit, onDisk); err != nil {
				return err
			}
			if err := ours.round(ctx, r.bookers, r.duration, r.service, protocol.ours); err != nil {
				return err
			}
		}
		r.table.compare(fmt.Sprintf("bookings by %s beside an echo, %d callers, %d jobs present", protocol.name, r.bookers, r.jobs), perSecond,
			median(ours.perSecond), median(bare.perSecond), atLeast(.5))
		r.table.compare("... answer, p50", milliseconds, median(ours.p50), median(bare.p50), reported)
		r.table.compare("... answer, p99", milliseconds, median(ours.p99), median(bare.p99), atMost(4))
		r.table.compare("... processor time of the server for one", microseconds, median(ours.cpu), median(bare.cpu), reported)
		r.table.compare("... beside an echo that waits until the rows of a booking are on disk", perSecond, median(ours.perSecond),
			median(waiting.perSecond), atLeast(.65))
		r.table.compare("... answer of that, p99", milliseconds, median(ours.p99), median(waiting.p99), reported)
	}
	bare, err := openRows(ctx, filepath.Join(r.service.folder, "rows.db"))
	if err != nil {
		return err
	}
	rows, err := bare.rate(r.duration)
	if err != nil {
		return err
	}
	r.table.note("rows of bookings with nothing in front, 16 to a commit on disk", perSecond, rows, reported)
	return compareRows(ctx, r)
}

// compareRows notes whether the echo still writes what a booking does: a smaller row would make the service look slow.
func compareRows(ctx context.Context, r *run) error {
	ours, err := rowBytes(ctx, filepath.Join(r.service.folder, "data", "bookings.db"))
	if err != nil {
		return err
	}
	bare, err := rowBytes(ctx, filepath.Join(r.service.folder, "rows.db"))
	if err != nil {
		return err
	}
	r.table.compare("... bytes of one booking", bytesOf, ours, bare, atMost(1.05))
	return nil
}
