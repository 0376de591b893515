package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"
)

// presentJobs is the number of jobs in the store when streams are measured.
const presentJobs = 1000

// gently is the number of streams that open at a time, so that what is measured is the memory of those that are open and not of a rush.
const gently = 20

// settle is the time that memory gets to come to rest before it is measured.
const settle = 3 * time.Second

// stage is a service with jobs, for streams.
type stage struct {
	*process
	token string
	send  book
}

func newStage(ctx context.Context, r *run) (*stage, error) {
	service, err := startLanes(ctx, r.program, max(r.lanes, 1))
	if err != nil {
		return nil, err
	}
	s := &stage{process: service}
	if s.token, err = signIn(ctx, service.url); err == nil {
		s.send = bookByConnect(service.url, s.token)
		err = fill(ctx, presentJobs, s.send)
	}
	if err != nil {
		service.stop()
		return nil, err
	}
	return s, nil
}

func measureWatchers(ctx context.Context, r *run) error {
	for _, p := range []protocol{connectStreams, grpcStreams} {
		if err := measureStreams(ctx, r, p); err != nil {
			return err
		}
	}
	return nil
}

// sides are the figures of one side of a comparison, one for each round.
type side struct {
	p50, p99, cpu []float64
}

// hear sends the changes to an audience and notes how they arrived.
func (s *side) hear(a *audience, server *process, send func(string) error) error {
	a.mu.Lock()
	a.took, a.bytes = nil, 0
	a.mu.Unlock()
	defer quiet()()
	used := server.cpu()
	if err := a.oneByOne(send); err != nil {
		return err
	}
	s.p50, s.p99 = append(s.p50, a.took.quantile(.5)), append(s.p99, a.took.quantile(.99))
	s.cpu = append(s.cpu, float64((server.cpu()-used).Microseconds())/float64(len(a.took)))
	return nil
}

func measureStreams(ctx context.Context, r *run, p protocol) error {
	service, err := newStage(ctx, r)
	if err != nil {
		return err
	}
	defer service.stop()
	time.Sleep(settle)
	before := service.memory()
	ours, err := gather(ctx, p.watch(service.process, service.token), r.watchers, gently, r.changes)
	if err != nil {
		return err
	}
	defer ours.closed()
	time.Sleep(settle) // the presence of all has reached all, too
	memory := (service.memory() - before) / float64(r.watchers)

	bare, err := gather(ctx, p.bare(r.limit), r.watchers, gently, r.changes)
	if err != nil {
		return err
	}
	defer bare.closed()
	var ourSide, bareSide side
	var size int
	for range r.rounds {
		if err := ourSide.hear(ours, service.process, func(text string) error { return service.send(ctx, request(text)) }); err != nil {
			return err
		}
		size = ours.bytes / len(ours.took)
		if err := bareSide.hear(bare, r.limit, func(text string) error { return post(ctx, r.limit, ours.sample, text) }); err != nil {
			return err
		}
	}
	r.table.compare(fmt.Sprintf("a booking reaches %d watchers by %s, p50", r.watchers, p.name), milliseconds, median(ourSide.p50),
		median(bareSide.p50), reported)
	limit, idle := atMost(1.5), atMost(30)
	if p.http2 {
		limit, idle = reported, reported
	}
	r.table.compare("... p99", milliseconds, median(ourSide.p99), median(bareSide.p99), limit)
	r.table.compare("... processor time of the server for one delivery", microseconds, median(ourSide.cpu), median(bareSide.cpu), limit)
	r.table.note(fmt.Sprintf("... for one watcher, %d jobs present", presentJobs), bytesOf, float64(size), atMost(400))
	r.table.note("... memory for one idle watcher", kibibytes, memory, idle)
	return nil
}

// post makes the limit send a frame like the sample to all its watchers.
func post(ctx context.Context, limit *process, sample []byte, text string) error {
	frame := bytes.Clone(sample)
	for rest := frame; ; {
		at := bytes.Index(rest, []byte(mark))
		if at < 0 {
			break
		}
		rest = rest[at+copy(rest[at:], text):]
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, limit.url+"/send", bytes.NewReader(frame))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
