//go:build linux

package torture_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"syscall"
	"time"
)

// runTail follows ComfyUI's own record.
type runTail struct {
	file *os.File
	in   *bufio.Reader
	part string // of a line that is not written to its end
	seen []run
}

// follow begins at what is recorded now.
func (s *site) follow() (*runTail, error) {
	file, err := os.OpenFile(s.runs, os.O_CREATE|os.O_RDONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, 2); err != nil {
		return nil, err
	}
	return &runTail{file: file, in: bufio.NewReader(file)}, nil
}

// await waits until something is recorded of a prompt.
func (r *runTail) await(ctx context.Context, event, prompt string) bool {
	for ; ctx.Err() == nil; pause(ctx, time.Millisecond) {
		for {
			text, err := r.in.ReadString('\n')
			r.part += text
			if err != nil {
				break
			}
			var line run
			_ = json.Unmarshal([]byte(r.part), &line) // the check reads it again, and complains
			r.part = ""
			r.seen = append(r.seen, line)
		}
		for _, line := range r.seen {
			if line.Event == event && line.PromptID == prompt {
				return true
			}
		}
	}
	return false
}

const (
	maxQueue = 8 * time.Second // that a bait may wait for its slot
	patience = 5 * time.Second // from there until its run has begun, and until that has ended
)

// ambush books a job and strikes when its run has begun. ended waits until the run has ended, if it does in time.
func (t *tormentor) ambush(ctx context.Context, marker string, strike func(own job, ended func() bool)) {
	runs, err := t.follow()
	if err != nil {
		t.history.violation(err.Error())
		return
	}
	defer func() { _ = runs.file.Close() }()
	own, ok := t.setBait(ctx, marker)
	if !ok {
		return
	}
	waiting, cancel := context.WithDeadline(ctx, time.UnixMilli(own.Start).Add(patience))
	defer cancel()
	if !runs.await(waiting, "start", own.ID) {
		t.history.incident("ambush missed", 0, own.ID)
		return
	}
	strike(own, func() bool {
		ending, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		return runs.await(ending, "end", own.ID)
	})
}

// setBait books a job for as soon as possible, if that is soon enough.
func (t *tormentor) setBait(ctx context.Context, marker string) (job, bool) {
	if !t.bait.upToDate(ctx) {
		return job{}, false
	}
	done := t.bait.bookAt(ctx, time.Now().Add(150*time.Millisecond).UnixMilli(), false, marker)
	if done.Outcome != acknowledged {
		return job{}, false
	}
	if own := *done.Job; own.Start < time.Now().Add(maxQueue).UnixMilli() {
		return own, true
	}
	t.history.incident("ambush given up", 0, done.Job.ID)
	t.bait.cancel(ctx, *done.Job)
	return job{}, false
}

// stopInRun tells the service to stop while a job runs, for longer than the grace as a rule.
func (t *tormentor) stopInRun(ctx context.Context) {
	t.ambush(ctx, "[[slow=300ms]]", func(job, func() bool) {
		pause(ctx, t.upTo(400*time.Millisecond))
		t.history.incident("stop in mid-run", 0, "")
		t.stopAndWait()
	})
}

// stopDeafRun stops the service while a run is under way that hears no interrupt and outlasts every patience.
func (t *tormentor) stopDeafRun(ctx context.Context) {
	t.ambush(ctx, "[[deaf]] [[slow=4s]]", func(_ job, ended func() bool) {
		pause(ctx, t.upTo(2*time.Second))
		t.history.incident("stop in mid-run", 0, "deaf")
		t.stopAndWait()
		if t.isRemote() { // it goes on there
			ended()
		}
	})
}

// stopAndWait stops the service and waits until it is down.
func (t *tormentor) stopAndWait() {
	if err := t.whileDown(func() error { return nil }); err != nil {
		t.history.violation(err.Error())
	}
}

// stopWhileBooting kills the service in mid-run, and stops the next one before it knows what has become of the run.
func (t *tormentor) stopWhileBooting(ctx context.Context) {
	t.ambush(ctx, "[[slow=100ms]]", func(_ job, ended func() bool) {
		life := t.lifeCount()
		t.kill()
		if t.rng.IntN(4) > 0 {
			ended()
		}
		t.signalComfy(syscall.SIGSTOP, "SIGSTOP")
		for t.lifeCount() == life && ctx.Err() == nil {
			pause(ctx, 5*time.Millisecond)
		}
		pause(ctx, t.upTo(1500*time.Millisecond))
		t.history.incident("stop while booting", 0, "")
		thaw := time.AfterFunc(t.upTo(8*time.Second), func() { t.signalComfy(syscall.SIGCONT, "SIGCONT") })
		t.stopAndWait()
		if thaw.Stop() {
			t.signalComfy(syscall.SIGCONT, "SIGCONT")
		}
	})
}

// stopWhileFull stops the service when a run has ended whose outcome the disk does not take. Then there is space again.
func (t *tormentor) stopWhileFull(ctx context.Context) {
	t.ambush(ctx, "[[slow=80ms]]", func(_ job, ended func() bool) {
		t.whileFull(func() {
			ended()
			pause(ctx, t.upTo(1500*time.Millisecond))
			t.history.incident("stop while the disk is full", 0, "")
			t.stopAndWait()
		})
	})
}

// loseWhileFull kills ComfyUI in mid-run while the disk does not take that the run is lost.
func (t *tormentor) loseWhileFull(ctx context.Context) {
	t.ambush(ctx, "[[slow=500ms]]", func(job, func() bool) {
		t.whileFull(func() {
			t.killComfy()
			pause(ctx, 200*time.Millisecond+t.upTo(2*time.Second))
		})
	})
}

// loseInFlood kills ComfyUI in mid-run while other updates fail.
func (t *tormentor) loseInFlood(ctx context.Context) {
	t.ambush(ctx, "[[slow=300ms]]", func(job, func() bool) {
		t.whileFlooded(ctx, func() {
			pause(ctx, t.upTo(300*time.Millisecond))
			t.killComfy()
			pause(ctx, 500*time.Millisecond+t.upTo(time.Second))
		})
	})
}

// killAfterEnd kills both when a run has ended, perhaps before its outcome is written.
func (t *tormentor) killAfterEnd(ctx context.Context) {
	t.ambush(ctx, "", func(_ job, ended func() bool) {
		if ended() {
			pause(ctx, t.upTo(40*time.Millisecond))
			t.kill()
			t.killComfy()
		}
	})
}

// freezeAtStart freezes ComfyUI just when it is given a job.
func (t *tormentor) freezeAtStart(ctx context.Context) {
	own, ok := t.setBait(ctx, "")
	if !ok {
		return
	}
	pause(ctx, time.Until(time.UnixMilli(own.Start))+time.Duration(t.rng.IntN(12)-2)*time.Millisecond)
	t.history.incident("frozen at a start", 0, own.ID)
	t.freeze(ctx, 5*time.Second+t.upTo(11*time.Second))
}

// meddle does on ComfyUI's own page what is none of the service's doing.
func (t *tormentor) meddle(ctx context.Context) {
	switch t.rng.IntN(3) {
	case 0:
		t.ambush(ctx, "[[slow=200ms]]", func(job, func() bool) {
			pause(ctx, t.upTo(500*time.Millisecond))
			t.askComfy(ctx, "/interrupt", "{}", interruptedOutside)
		})
	case 1:
		t.ambush(ctx, "", func(job, func() bool) {
			for range 60 {
				t.askComfy(ctx, "/history", `{"clear":true}`, historyCleared)
				pause(ctx, 5*time.Millisecond)
			}
		})
	default:
		t.askComfy(ctx, "/queue", `{"clear":true}`, "comfyui's queue cleared from outside")
	}
}
