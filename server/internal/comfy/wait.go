package comfy

import (
	"context"
	"time"
)

// Wait follows the run until its outcome is known, calling observe (which may be nil) with each new progress.
// The error is ctx's: the prompt is then left alone. Call Wait after [Client.Submit], once.
//
// Frames and polling both lead it: history and queue are looked at about once a second, more rarely while frames
// arrive, at once when the end frame comes. Failing looks are repeated, so that it outlasts a restart of ComfyUI
// (after which the prompt is Gone). What ComfyUI has forgotten is judged by what frames told ([Run.Told]).
func (r *Run) Wait(ctx context.Context, observe func(Progress)) (Outcome, error) {
	w := waiter{run: r, timings: r.client.timings, checked: time.Now()}
	timer := time.NewTimer(0)
	defer timer.Stop()
	var shown Progress
	for {
		select {
		case <-ctx.Done():
			return Outcome{}, ctx.Err()
		case <-r.woken:
			if d, ok := w.expedite(); ok {
				timer.Reset(d)
			}
		case <-timer.C:
			o, next := w.check(ctx)
			if o.Kind != 0 {
				return o, nil
			}
			timer.Reset(next)
		}
		if p := r.Progress(); p != shown && observe != nil {
			shown = p
			observe(p)
		}
	}
}

// waiter is Wait's memory between looks.
type waiter struct {
	run       *Run
	timings   timings
	seen      Presence      // at the latest look
	checked   time.Time     // latest look that ComfyUI answered
	missing   time.Time     // first of the looks in a row that found nothing
	recheck   time.Duration // wait between looks after the end frame
	expedited eventKind     // what the next look was brought forward for
	patient   time.Duration // silence to bear before the socket is renewed
}

// expedite brings the next look forward when frames told of the end.
func (w *waiter) expedite() (time.Duration, bool) {
	w.run.mu.Lock()
	ending := w.run.ending
	w.run.mu.Unlock()
	if ending <= w.expedited {
		return 0, false
	}
	w.expedited = ending
	if ending == ended {
		w.recheck = w.timings.recheck
		return 0, true
	}
	return w.timings.endGrace, true
}

// check asks ComfyUI where the prompt is. It returns the outcome, or the time until the next look.
func (w *waiter) check(ctx context.Context) (Outcome, time.Duration) {
	r := w.run
	if w.expedited == 0 && w.flowing() {
		return Outcome{}, w.timings.poll
	}
	asked := time.Now()
	s, err := r.client.lookup(ctx, r.id)
	if err != nil {
		r.client.log.Debug("could not look for a prompt", "prompt", r.id, "err", err)
		return Outcome{}, w.timings.poll
	}
	w.judgeSocket(s, asked)
	w.checked = asked
	if s.presence != Unknown {
		w.missing = time.Time{}
	}
	switch s.presence {
	case Finished:
		return s.entry.Outcome(), 0
	case Unknown:
		if w.missing.IsZero() {
			w.missing = asked
		} else if asked.Sub(w.missing) >= w.timings.goneGap {
			if o, known := r.Reported(); known {
				return o, 0
			}
			return Outcome{Kind: Gone}, 0
		}
		return Outcome{}, max(w.timings.goneGap-time.Since(w.missing), time.Millisecond)
	case Running, Pending:
		r.applyLookup(s)
	}
	if w.recheck > 0 {
		delay := w.recheck
		w.recheck = min(2*w.recheck, w.timings.poll)
		return Outcome{}, delay
	}
	return Outcome{}, w.timings.poll
}

// flowing reports whether frames make a look unnecessary for now.
func (w *waiter) flowing() bool {
	w.run.mu.Lock()
	defer w.run.mu.Unlock()
	return time.Since(w.run.lastFrame) < w.timings.poll && time.Since(w.checked) < w.timings.pollFlow
}

// judgeSocket compares what polling shows with what the websocket told. Two things make the socket suspect:
// a change of the queue that no frame announced, and long silence while the prompt runs. The second may just be
// a node that does not tick, so it is borne twice as long each time.
func (w *waiter) judgeSocket(s lookupResult, asked time.Time) {
	c := w.run.client
	if s.presence != w.seen && s.presence != Unknown && w.seen != Unknown {
		c.expectFrame(w.checked)
	}
	w.seen = s.presence
	if s.presence != Running {
		return
	}
	w.patient = max(w.patient, w.timings.silence)
	c.mu.Lock()
	socket := c.socket
	silent := socket != nil && asked.Sub(socket.lastFrame) > w.patient
	c.mu.Unlock()
	if silent {
		w.patient *= 2
		socket.renew(errSilent)
	}
}

// applyLookup notes that a look found the prompt waiting or running.
func (r *Run) applyLookup(s lookupResult) {
	r.mu.Lock()
	defer r.mu.Unlock()
	running := s.presence == Running
	if !running || !r.progress.Running {
		r.lastSign = time.Now()
	}
	r.progress.Running = r.progress.Running || running
	r.progress.Waiting = s.behind && !r.progress.Running
	r.times.Waited = r.times.Waited || r.progress.Waiting
}
