//go:build linux

package torture_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"slices"
	"syscall"
	"time"
)

// runTail follows the own record of a worker's ComfyUI.
type runTail struct {
	worker string
	file   *os.File
	in     *bufio.Reader
	part   string // of a line that is not written to its end
	seen   []run
}

// runTails follow all of them.
type runTails []*runTail

func (all runTails) close() {
	for _, r := range all {
		_ = r.file.Close()
	}
}

// follow begins at what is recorded now.
func (s *site) follow() (all runTails, err error) {
	for _, l := range s.lanes {
		file, err := os.OpenFile(l.runs, os.O_CREATE|os.O_RDONLY, 0o600)
		if err != nil {
			return nil, err
		}
		if _, err := file.Seek(0, 2); err != nil {
			return nil, err
		}
		all = append(all, &runTail{worker: l.id, file: file, in: bufio.NewReader(file)})
	}
	return all, nil
}

// await waits until something is recorded of a prompt, and tells of which worker.
func (all runTails) await(ctx context.Context, event, prompt string) (worker string, is bool) {
	for ; ctx.Err() == nil; pause(ctx, time.Millisecond) {
		for _, r := range all {
			if r.read(); r.tells(event, prompt) {
				return r.worker, true
			}
		}
	}
	return "", false
}

func (r *runTail) tells(event, prompt string) bool {
	return slices.ContainsFunc(r.seen, func(line run) bool { return line.Event == event && line.PromptID == prompt })
}

// read takes in what is recorded by now.
func (r *runTail) read() {
	for {
		text, err := r.in.ReadString('\n')
		r.part += text
		if err != nil {
			return
		}
		var line run
		_ = json.Unmarshal([]byte(r.part), &line) // the check reads it again, and complains
		r.part = ""
		r.seen = append(r.seen, line)
	}
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
	defer runs.close()
	own, ok := t.setBait(ctx, marker)
	if !ok {
		return
	}
	waiting, cancel := context.WithDeadline(ctx, time.UnixMilli(own.Start).Add(patience))
	defer cancel()
	worker, began := runs.await(waiting, "start", own.ID)
	if !began {
		t.history.incident("ambush missed", 0, own.ID)
		return
	}
	own.Worker = worker // it may have gone to an idle one
	strike(own, func() bool {
		ending, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		_, is := runs.await(ending, "end", own.ID)
		return is
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
	t.ambush(ctx, "[[deaf]] [[slow=4s]]", func(own job, ended func() bool) {
		pause(ctx, t.upTo(2*time.Second))
		t.history.incident("stop in mid-run", 0, "deaf")
		t.stopAndWait()
		if t.isRemote(t.laneOf(own.Worker)) { // it goes on there
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
	t.ambush(ctx, "[[slow=100ms]]", func(own job, ended func() bool) {
		life, hit := t.lifeCount(), t.aimAt(own)
		t.kill()
		if t.rng.IntN(4) > 0 {
			ended()
		}
		t.signalComfy(syscall.SIGSTOP, "SIGSTOP", hit...)
		for t.lifeCount() == life && ctx.Err() == nil {
			pause(ctx, 5*time.Millisecond)
		}
		pause(ctx, t.upTo(1500*time.Millisecond))
		t.history.incident("stop while booting", 0, "")
		thaw := time.AfterFunc(t.upTo(8*time.Second), func() { t.signalComfy(syscall.SIGCONT, "SIGCONT", hit...) })
		t.stopAndWait()
		if thaw.Stop() {
			t.signalComfy(syscall.SIGCONT, "SIGCONT", hit...)
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
	t.ambush(ctx, "[[slow=500ms]]", func(own job, _ func() bool) {
		t.whileFull(func() {
			t.killComfy(t.aimAt(own)...)
			pause(ctx, 200*time.Millisecond+t.upTo(2*time.Second))
		})
	})
}

// loseInFlood kills ComfyUI in mid-run while other updates fail.
func (t *tormentor) loseInFlood(ctx context.Context) {
	t.ambush(ctx, "[[slow=300ms]]", func(own job, _ func() bool) {
		t.whileFlooded(ctx, func() {
			pause(ctx, t.upTo(300*time.Millisecond))
			t.killComfy(t.aimAt(own)...)
			pause(ctx, 500*time.Millisecond+t.upTo(time.Second))
		})
	})
}

// killAfterEnd kills both when a run has ended, perhaps before its outcome is written.
func (t *tormentor) killAfterEnd(ctx context.Context) {
	t.ambush(ctx, "", func(own job, ended func() bool) {
		if ended() {
			pause(ctx, t.upTo(40*time.Millisecond))
			t.kill()
			t.killComfy(t.aimAt(own)...)
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
	t.freeze(ctx, 5*time.Second+t.upTo(11*time.Second), t.aimAt(own)...)
}

// meddle does on ComfyUI's own page what is none of the service's doing.
func (t *tormentor) meddle(ctx context.Context) {
	switch t.rng.IntN(3) {
	case 0:
		t.ambush(ctx, "[[slow=200ms]]", func(own job, _ func() bool) {
			pause(ctx, t.upTo(500*time.Millisecond))
			t.askComfy(ctx, t.laneOf(own.Worker), "/interrupt", "{}", interruptedOutside)
		})
	case 1:
		t.ambush(ctx, "", func(own job, _ func() bool) {
			for range 60 {
				t.askComfy(ctx, t.laneOf(own.Worker), "/history", `{"clear":true}`, historyCleared)
				pause(ctx, 5*time.Millisecond)
			}
		})
	default:
		t.askComfy(ctx, t.aim()[0], "/queue", `{"clear":true}`, "comfyui's queue cleared from outside")
	}
}
