package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// mark names a change in the text of a booking, so that whoever receives it knows when it was sent.
const mark = "change "

func marked(n int) string { return fmt.Sprintf("%s%06d", mark, n) }

// audience is many open streams that note when each change arrives.
type audience struct {
	size     int
	sent     []atomic.Int64 // when, by the number of the change
	arrivals sync.WaitGroup

	mu     sync.Mutex
	took   durations
	bytes  int
	sample []byte // a frame with one change
	closed func()
}

// gather opens the streams, so many at a time, and returns when all are current.
func gather(ctx context.Context, from *source, size, atATime, changes int) (*audience, error) {
	ctx, cancel := context.WithCancel(ctx)
	a := &audience{size: size, sent: make([]atomic.Int64, changes)}
	var reading sync.WaitGroup
	a.closed = func() {
		cancel()
		reading.Wait()
	}
	ready := make(chan error, size)
	opening := make(chan struct{}, atATime)
	for range size {
		reading.Go(func() {
			opening <- struct{}{}
			s, err := from.open(ctx)
			<-opening
			ready <- err
			if err == nil {
				a.read(s)
				_ = s.Close()
			}
		})
	}
	var failure error
	failed := 0
	for range size {
		if err := <-ready; err != nil {
			failure = err
			failed++
		}
	}
	if failure != nil {
		a.closed()
		return nil, fmt.Errorf("%d of %d streams did not open; the last: %w", failed, size, failure)
	}
	return a, nil
}

func (a *audience) read(s *stream) {
	seen := make([]int64, len(a.sent)) // when what was seen last of each change was sent: a job says its prompt more than once
	for {
		frame, err := s.frame()
		if err != nil {
			return
		}
		now := time.Now().UnixNano()
		var took durations
		for rest := frame; ; {
			_, after, found := bytes.Cut(rest, []byte(mark))
			if !found || len(after) < 6 {
				break
			}
			if n, err := strconv.Atoi(string(after[:6])); err == nil && n < len(a.sent) {
				if sent := a.sent[n].Load(); sent > seen[n] {
					seen[n] = sent
					took = append(took, time.Duration(now-sent))
				}
			}
			rest = after
		}
		if len(took) == 0 {
			continue
		}
		a.mu.Lock()
		a.took, a.bytes = append(a.took, took...), a.bytes+len(frame)
		if len(took) == 1 {
			a.sample = frame
		}
		a.mu.Unlock()
		a.arrivals.Add(-len(took))
	}
}

// send sends a change.
func (a *audience) send(n int, send func(text string) error) error {
	a.arrivals.Add(a.size)
	a.sent[n].Store(time.Now().UnixNano())
	return send(marked(n))
}

// oneByOne sends changes, each when the one before has reached everybody.
func (a *audience) oneByOne(send func(text string) error) error {
	for n := range a.sent {
		if err := a.send(n, send); err != nil {
			return err
		}
		a.arrivals.Wait()
		time.Sleep(30 * time.Millisecond) // each change meets a quiet server
	}
	return nil
}

// steadily sends so many changes a second, whether they arrive or not, and then waits for all of them.
func (a *audience) steadily(perSecond int, send func(text string) error) error {
	ticker := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticker.Stop()
	for n := range a.sent {
		<-ticker.C
		if err := a.send(n, send); err != nil {
			return err
		}
	}
	a.arrivals.Wait()
	return nil
}
