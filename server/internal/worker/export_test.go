package worker

import "time"

// Hurry shortens the waiting times, for tests that wait them out.
func (w *Worker) Hurry() {
	w.pace = pace{
		stopGrace: 500 * time.Millisecond, sickAfter: 500 * time.Millisecond, port: 10 * time.Millisecond,
		health: 50 * time.Millisecond, answer: 300 * time.Millisecond, hungAfter: 500 * time.Millisecond, quiet: 100 * time.Millisecond,
		minPause: 10 * time.Millisecond, maxPause: 50 * time.Millisecond, stableAfter: time.Hour,
	}
}

var IsOlder = isOlder

// QueueRemaining is what the websocket told last of ComfyUI's queue.
func (w *Worker) QueueRemaining() (n int, known bool) { return w.client.QueueRemaining() }
