package main

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"
)

const (
	crowdRate    = 20 // changes a second
	crowdChanges = 200
	atOnce       = 200 // watchers that connect together
	besides      = 50  // watchers beside one that does not read
	stalled      = 5   // watchers that do not read
	longText     = 16_000
)

// measureCrowd measures what too many, too sudden and too slow watchers do.
func measureCrowd(ctx context.Context, r *run) error {
	service, err := newStage(ctx, r)
	if err != nil {
		return err
	}
	defer service.stop()
	source := connectStreams.watch(service.process, service.token)
	var connected []float64
	for range r.rounds {
		began := time.Now()
		a, err := gather(ctx, source, atOnce, atOnce, 0)
		if err != nil {
			return err
		}
		connected = append(connected, time.Since(began).Seconds())
		a.closed()
		time.Sleep(500 * time.Millisecond)
	}
	r.table.note(fmt.Sprintf("%d watchers connect at once and are current, %d jobs present", atOnce, presentJobs), seconds, median(connected),
		atMost(.5))
	if err := measureStalled(ctx, r, service, source); err != nil {
		return err
	}
	a, err := gather(ctx, source, r.crowd, r.crowd, crowdChanges)
	if err != nil {
		return err
	}
	defer a.closed()
	time.Sleep(settle)
	if err := a.steadily(crowdRate, func(text string) error { return service.send(ctx, request(text)) }); err != nil {
		return err
	}
	r.table.note(fmt.Sprintf("%d changes a second reach %d watchers, p50", crowdRate, r.crowd), milliseconds, a.took.quantile(.5), reported)
	r.table.note("... the last", milliseconds, a.took.quantile(1), atMost(1000))
	return nil
}

// measureStalled sends long texts, which fill the buffers of who does not read, to others with and without such watchers.
func measureStalled(ctx context.Context, r *run, service *stage, source *source) error {
	filler := " " + strings.Repeat("x", longText)
	hear := func(s *side) error {
		a, err := gather(ctx, source, besides, besides, r.changes)
		if err != nil {
			return err
		}
		defer a.closed()
		return s.hear(a, service.process, func(text string) error { return service.send(ctx, request(text+filler)) })
	}
	var without, with side
	for range r.rounds {
		if err := hear(&without); err != nil {
			return err
		}
		for range stalled {
			stop, err := stall(ctx, service)
			if err != nil {
				return err
			}
			defer stop()
		}
		if err := hear(&with); err != nil {
			return err
		}
	}
	r.table.compare(fmt.Sprintf("%d watchers beside %d that stop reading, and without, p99", besides, stalled), milliseconds, median(with.p99),
		median(without.p99), reported)
	return nil
}

// stall opens a stream and never reads.
func stall(ctx context.Context, service *stage) (stop func(), err error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(service.url, "http://"))
	if err != nil {
		return nil, err
	}
	_ = c.(*net.TCPConn).SetReadBuffer(4096)
	_, err = fmt.Fprintf(c, "POST /comfyscheduler.v1.SchedulerService/WatchState HTTP/1.1\r\nHost: %s\r\n"+
		"Content-Type: application/connect+proto\r\nAuthorization: Bearer %s\r\nContent-Length: 5\r\n\r\n\x00\x00\x00\x00\x00",
		strings.TrimPrefix(service.url, "http://"), service.token)
	return func() { _ = c.Close() }, err
}
