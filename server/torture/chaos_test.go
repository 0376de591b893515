//go:build linux

package torture_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"time"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

var only = flag.String("torture.only", "", "comma-separated names of the only nemeses to let loose (default: all)")

// tormentor lets one nemesis after the other loose on a site.
type tormentor struct {
	*site
	rng      *rand.Rand
	bait     *booker // whose jobs are waited for
	vandal   *booker // whose calls are refused
	stranger *user   // who has no token
}

// nemesis is one kind of trouble. It leaves nothing frozen, the disk free and the clock right.
type nemesis struct {
	name   string
	weight int
	long   bool // too long for a short torture
	strike func(*tormentor, context.Context)
}

func nemeses() []nemesis {
	return []nemesis{
		{"kill", 24, false, func(t *tormentor, _ context.Context) { t.kill() }},
		{"kill-comfyui", 14, false, func(t *tormentor, _ context.Context) { t.killComfy(t.aim()...) }},
		{"kill-both", 8, false, (*tormentor).killBoth},
		{"stop", 7, false, (*tormentor).stop},
		{"freeze", 3, false, func(t *tormentor, ctx context.Context) { t.freeze(ctx, t.upTo(600*time.Millisecond), t.aim()...) }},
		{"restart", 2, false, (*tormentor).askForRestart},
		{"disk", 4, false, (*tormentor).fillDisk},
		{"clock", 7, false, func(t *tormentor, ctx context.Context) { t.jumpClock(ctx, t.rng) }},
		{"strobe", 2, false, func(t *tormentor, ctx context.Context) { t.strobeClock(ctx, t.rng) }},
		{"flood", 4, false, (*tormentor).flood},
		{"failpoint", 8, false, (*tormentor).armFailpoint},
		{"hands", 3, false, (*tormentor).swap},
		{"restore", 2, false, (*tormentor).restore},
		{"twin", 1, false, (*tormentor).restoreBeside},
		{"outside", 4, false, (*tormentor).meddle},
		{"stop-in-run", 4, false, (*tormentor).stopInRun},
		{"deaf-stop", 1, true, (*tormentor).stopDeafRun},
		{"stop-while-booting", 2, true, (*tormentor).stopWhileBooting},
		{"stop-while-full", 3, false, (*tormentor).stopWhileFull},
		{"lose-while-full", 3, false, (*tormentor).loseWhileFull},
		{"lose-in-flood", 3, false, (*tormentor).loseInFlood},
		{"kill-after-end", 4, false, (*tormentor).killAfterEnd},
		{"freeze-at-start", 2, true, (*tormentor).freezeAtStart},
	}
}

// chosen are the nemeses of this torture.
func chosen() []nemesis {
	names := strings.FieldsFunc(*only, func(r rune) bool { return r == ',' })
	return slices.DeleteFunc(nemeses(), func(n nemesis) bool {
		if len(names) > 0 {
			return !slices.Contains(names, n.name)
		}
		return n.long && *duration < time.Minute && *kills == 0
	})
}

// torment strikes at random moments until ctx ends.
func (t *tormentor) torment(ctx context.Context) {
	all, sum := chosen(), 0
	for _, n := range all {
		sum += n.weight
	}
	// However short it is, each is tried once, the kills first, the others in an order of their own.
	round := slices.Clone(all)
	others := round[min(len(round), 2):]
	t.rng.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	for pause(ctx, calm(t.rng)); ctx.Err() == nil; pause(ctx, calm(t.rng)) {
		var next nemesis
		if len(round) > 0 {
			next, round = round[0], round[1:]
		} else {
			dice := t.rng.IntN(sum)
			for _, next = range all {
				if dice -= next.weight; dice < 0 {
					break
				}
			}
		}
		t.history.incident("nemesis "+next.name, 0, "")
		next.strike(t, ctx)
	}
}

// upTo is a random time.
func (t *tormentor) upTo(d time.Duration) time.Duration { return time.Duration(t.rng.Int64N(int64(d))) }

// calm is the time between two blows: short as a rule, so that they hit starts and stops too, sometimes long enough for
// jobs to run.
func calm(rng *rand.Rand) time.Duration {
	limit := 350
	switch dice := rng.Float64(); {
	case dice > 0.85:
		limit = min(4000, 100+int(duration.Milliseconds()/5))
	case dice > 0.4:
		limit = 1200
	}
	return time.Duration(20+rng.IntN(limit)) * time.Millisecond
}

func (s *site) kill() bool { return s.signal(syscall.SIGKILL, "SIGKILL") }

func (s *site) killComfy(hit ...*lane) bool { return s.signalComfy(syscall.SIGKILL, "SIGKILL", hit...) }

// killBoth is the end of a machine, or almost.
func (t *tormentor) killBoth(ctx context.Context) {
	if t.rng.IntN(2) == 0 {
		t.kill()
		t.killComfy()
		return
	}
	t.killComfy()
	pause(ctx, t.upTo(150*time.Millisecond))
	t.kill()
}

// stop asks the service to end, and may lose patience.
func (t *tormentor) stop(ctx context.Context) {
	began := t.lifeCount()
	if !t.signal(syscall.SIGTERM, "SIGTERM") {
		return
	}
	if t.rng.IntN(2) == 0 {
		pause(ctx, t.upTo(600*time.Millisecond))
		t.kill()
		return
	}
	for t.lifeCount() == began && ctx.Err() == nil {
		pause(ctx, 10*time.Millisecond)
	}
}

func (s *site) lifeCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lives
}

// askForRestart lets an administrator restart ComfyUI.
func (t *tormentor) askForRestart(ctx context.Context) {
	administrator, err := t.administrator()
	if err != nil {
		t.history.violation("the administrator's token is gone: " + err.Error())
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if _, err := administrator.Workers.RestartWorker(ctx, &pb.RestartWorkerRequest{WorkerId: t.aim()[0].id}); err == nil {
		t.history.incident("comfyui restart asked for", 0, "")
	}
}

// freeze holds the ComfyUI of some workers, its frames and answers for a while.
func (s *site) freeze(ctx context.Context, d time.Duration, hit ...*lane) {
	if s.signalComfy(syscall.SIGSTOP, "SIGSTOP", hit...) {
		pause(ctx, d)
		s.signalComfy(syscall.SIGCONT, "SIGCONT", hit...)
	}
}

// fillDisk fills the disk for a moment, in which the service may be killed.
func (t *tormentor) fillDisk(ctx context.Context) {
	t.whileFull(func() {
		pause(ctx, t.upTo(1200*time.Millisecond))
		if t.rng.IntN(3) == 0 {
			t.kill()
			pause(ctx, t.upTo(600*time.Millisecond))
		}
	})
}

// swap gives the first worker's ComfyUI into other hands.
func (t *tormentor) swap(context.Context) {
	if err := t.changeHands(); err != nil {
		t.history.violation(err.Error())
	}
}
