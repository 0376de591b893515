package comfy_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
)

const (
	isRunning = `{"queue_running": [[1, "` + promptID + `", {}, {}, []]], "queue_pending": []}`
	isPending = `{"queue_running": [[0, "other", {}, {}, []]], "queue_pending": [[2, "` + promptID + `", {}, {}, []], [1, "x", {}, {}, []]]}`
)

// waitFor follows promptID by polling alone.
func waitFor(t *testing.T, s *scripted) (o comfy.Outcome, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, _ := start(t, s, "me", false)
		run := c.Track(promptID)
		defer run.Close()
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var err error
		if o, err = run.Wait(ctx, nil); err != nil {
			t.Fatal(err)
		}
		took = time.Since(begun)
	})
	return o, took
}

func TestGoneTakesTwoLooks(t *testing.T) {
	o, took := waitFor(t, absent(t, promptID))
	if o.Kind != comfy.Gone || o.Files != nil || o.Error != nil {
		t.Errorf("outcome %+v", o)
	}
	if took < 500*time.Millisecond {
		t.Errorf("said so after %v", took)
	}

	// Two looks in a row, that is.
	empty := answer{200, `{}`}
	s := absent(t, promptID).
		on("GET /queue", answer{200, nowhere}, answer{200, isRunning}, answer{200, nowhere}, answer{200, isRunning}).
		on("GET /history/"+promptID, empty, empty, empty, empty, empty, empty, answer{200, finished(promptID)})
	if o, _ := waitFor(t, s); o.Kind != comfy.Succeeded {
		t.Errorf("single empty looks: %+v", o)
	}
}

// TestHistoryLate: a look that found nothing and one that the end frame brings forward are too close to prove that
// the prompt is gone.
func TestHistoryLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := absent(t, promptID)
		g := newGreeter(s)
		c, _ := start(t, g, "me", true)
		conn := <-g.conns
		run := c.Track(promptID)
		defer run.Close()
		time.AfterFunc(100*time.Millisecond, func() {
			say(conn.Conn, `{"type": "executing", "data": {"node": null, "prompt_id": "`+promptID+`"}}`)
		})
		time.AfterFunc(300*time.Millisecond, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.on("GET /history/"+promptID, answer{200, finished(promptID)})
		})
		if o, err := run.Wait(t.Context(), nil); err != nil || o.Kind != comfy.Succeeded {
			t.Errorf("%+v, %v", o, err)
		}
	})
}

// TestExpandedNodes: loops and subgraphs run nodes that are not in the graph; progress speaks of those that are.
func TestExpandedNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGreeter(absent(t, promptID))
		c, _ := start(t, g, "me", true)
		conn := <-g.conns
		run := c.Track(promptID)
		defer run.Close()
		const id = `, "prompt_id": "` + promptID + `"}}`
		say(conn.Conn, `{"type": "progress_state", "data": {"nodes": {"1": {"state": "finished", "display_node_id": "1"},
			"5.0.2": {"state": "finished", "display_node_id": "5"}, "5.0.3": {"state": "running", "display_node_id": "5"}}`+id)
		say(conn.Conn, `{"type": "progress", "data": {"value": 2.0, "max": 8, "node": "5.0.3"`+id)
		synctest.Wait()
		if p := run.Progress(); p != (comfy.Progress{Running: true, NodeID: "5", Step: 2, Total: 8, NodesDone: 1}) {
			t.Errorf("progress %+v", p)
		}
		say(conn.Conn, `{"type": "executing", "data": {"node": "5.0.4", "display_node": "5"`+id)
		synctest.Wait()
		if p := run.Progress(); p != (comfy.Progress{Running: true, NodeID: "5", NodesDone: 1}) {
			t.Errorf("progress %+v", p)
		}
	})
}

// TestMovedBetweenLooks: the prompt is in neither place when it moves from the queue to the history meanwhile.
func TestMovedBetweenLooks(t *testing.T) {
	s := absent(t, promptID).on("GET /history/"+promptID, answer{200, `{}`}, answer{200, finished(promptID)})
	if o, took := waitFor(t, s); o.Kind != comfy.Succeeded || took != 0 {
		t.Errorf("outcome %+v after %v", o, took)
	}
}

func TestFailingLooksSayNothing(t *testing.T) {
	s := absent(t, promptID).on("GET /queue", answer{0, ""}, answer{502, "Bad Gateway"}, answer{200, "<html>"}, answer{200, isRunning}).
		on("GET /history/"+promptID, answer{0, ""}, answer{200, `{}`}, answer{500, "trouble"}, answer{200, `{}`},
			answer{200, `{}`}, answer{200, `[]`}, answer{200, `{}`}, answer{200, finished(promptID)})
	o, _ := waitFor(t, s)
	if o.Kind != comfy.Succeeded || o.Finished.Sub(o.Started) != 2500*time.Millisecond {
		t.Errorf("outcome %+v", o)
	}
}

// TestOutlastsARestart: while ComfyUI is down nothing is said; when it is back without the prompt, it is gone.
func TestOutlastsARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := absent(t, promptID).on("GET /queue", answer{200, isRunning}, answer{200, nowhere})
		c, n := start(t, s, "me", false)
		run := c.Track(promptID)
		defer run.Close()
		begun := time.Now()
		time.AfterFunc(500*time.Millisecond, func() { n.cut(true) })
		time.AfterFunc(5*time.Minute, func() { n.cut(false) })
		o, err := run.Wait(t.Context(), nil)
		if err != nil || o.Kind != comfy.Gone {
			t.Errorf("%+v, %v", o, err)
		}
		if took := time.Since(begun); took < 5*time.Minute {
			t.Errorf("said so after %v", took)
		}
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := absent(t, promptID).on("GET /queue", answer{200, isRunning})
		c, _ := start(t, s, "me", false)
		run := c.Track(promptID)
		defer run.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if o, err := run.Wait(ctx, nil); !errors.Is(err, context.DeadlineExceeded) || o.Kind != 0 {
			t.Errorf("%+v, %v", o, err)
		}
		if posts := s.requests("POST"); len(posts) != 0 {
			t.Errorf("the prompt was not left alone: %q", posts)
		}
	})
}

// TestSignsOfLife: waiting behind others and the start are signs, being listed as running for long is none.
func TestSignsOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pending := answer{200, isPending}
		s := absent(t, promptID).on("GET /queue", pending, pending, pending, pending, answer{200, isRunning}) // one look each second
		c, _ := start(t, s, "me", false)
		run := c.Track(promptID)
		defer run.Close()
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		done := make(chan struct{})
		go func() { defer close(done); _, _ = run.Wait(ctx, nil) }()
		var signs []time.Duration
		for range 7 {
			time.Sleep(500 * time.Millisecond)
			synctest.Wait()
			signs = append(signs, run.LastSign().Sub(begun))
			time.Sleep(500 * time.Millisecond)
		}
		want := []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second, 4 * time.Second, 4 * time.Second, 4 * time.Second}
		if !slices.Equal(signs, want) {
			t.Errorf("signs at %v, want %v", signs, want)
		}
		if !run.Progress().Running {
			t.Error("not running")
		}
		<-done
	})
}

// TestPollsLessWhileFramesFlow: /queue carries whole graphs.
func TestPollsLessWhileFramesFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := absent(t, promptID).on("GET /queue", answer{200, isRunning})
		g := newGreeter(s)
		c, _ := start(t, g, "me", true)
		conn := <-g.conns
		run := c.Track(promptID)
		defer run.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		waited := make(chan struct{})
		go func() { defer close(waited); _, _ = run.Wait(ctx, nil) }()
		for ctx.Err() == nil {
			say(conn.Conn, `{"type": "progress", "data": {"value": 1, "max": 9, "node": "3", "prompt_id": "`+promptID+`"}}`)
			time.Sleep(100 * time.Millisecond)
		}
		<-waited
		if n := len(s.requests("GET /queue")); n > 15 {
			t.Errorf("%d looks in a minute", n)
		}
	})
}

// TestHistoryAfterTheEndFrame: the look that the end frame caused came too early; the next ones follow quickly.
func TestHistoryAfterTheEndFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := absent(t, promptID).on("GET /queue", answer{200, isRunning})
		g := newGreeter(s)
		c, _ := start(t, g, "me", true)
		conn := <-g.conns
		run := c.Track(promptID)
		defer run.Close()
		time.AfterFunc(100*time.Millisecond, func() {
			say(conn.Conn, `{"type": "executing", "data": {"node": null, "prompt_id": "`+promptID+`"}}`)
		})
		time.AfterFunc(150*time.Millisecond, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.on("GET /history/"+promptID, answer{200, finished(promptID)})
		})
		begun := time.Now()
		o, err := run.Wait(t.Context(), nil)
		if took := time.Since(begun); err != nil || o.Kind != comfy.Succeeded || took > 300*time.Millisecond {
			t.Errorf("%+v, %v after %v", o, err, took)
		}
	})
}

func TestEndFrameIsActedOnAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := absent(t, promptID).on("GET /queue", answer{200, isRunning})
		g := newGreeter(s)
		c, _ := start(t, g, "me", true)
		conn := <-g.conns
		run := c.Track(promptID)
		defer run.Close()
		var end time.Time
		time.AfterFunc(1300*time.Millisecond, func() {
			end = time.Now()
			s.mu.Lock()
			s.on("GET /history/"+promptID, answer{200, finished(promptID)})
			s.mu.Unlock()
			say(conn.Conn, `{"type": "executing", "data": {"node": null, "prompt_id": "`+promptID+`"}}`)
		})
		o, err := run.Wait(t.Context(), nil)
		if err != nil || o.Kind != comfy.Succeeded || !time.Now().Equal(end) {
			t.Errorf("%+v, %v, %v after the end frame", o, err, time.Since(end))
		}
	})
}
