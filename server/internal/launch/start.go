package launch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/process"
)

const shownLines = 15 // of ComfyUI's output in an error

// launch starts ComfyUI, or attaches to the one that the service before has left.
func (b *boot) launch(ctx context.Context) (words, error) {
	if b.isRemote() {
		b.attached = true
		return words{}, plainly(Skipped("ComfyUI at "+b.ComfyUI.BaseURL()+" is not the service's to start"), "somebody else starts it")
	}
	if said, ok, err := b.attach(ctx); ok || err != nil {
		return said, err
	}
	if err := b.checkPort(ctx); err != nil {
		return words{}, err
	}
	if err := makePlaces(b.ComfyUI); err != nil {
		return words{}, plainly(err, "a folder of ComfyUI's cannot be made")
	}
	started, err := b.start()
	if err != nil {
		return words{}, plainly(err, "the program cannot be started")
	}
	return words{fmt.Sprintf("pid %d, output in %s", started.PID, b.Files.Log), "started"}, nil
}

// start starts ComfyUI and records it. Killed in between, the service finds it by its mark.
func (b *boot) start() (process.ID, error) {
	started, err := process.Start(b.spec())
	if err != nil {
		return process.ID{}, err
	}
	b.hold(started)
	b.outdated.Store(false)
	b.note(func(r *record) {
		r.Process, r.StartedAt, r.Port, r.Threads, r.Made = started.ID(), b.Now().UnixMilli(), b.ComfyUI.Port, nil, b.made()
	})
	return started.ID(), nil
}

// attach takes over a ComfyUI that the service before has left running. One that does not answer is ended first, and so is one that was
// started for another configuration, unless a job runs on it that can be followed to its end.
func (b *boot) attach(ctx context.Context) (said words, ok bool, err error) {
	left, found := b.left()
	if !found {
		return words{}, false, nil
	}
	running := left.process
	reason := "it does not answer"
	for since := time.Now(); ctx.Err() == nil && time.Since(since) < b.Pace.SickAfter; sleep(ctx, b.Pace.Port) {
		if running.Ended() {
			reason = "it has ended" // only just: what it may have left running is ended too
			break
		}
		asking, cancel := context.WithTimeout(ctx, b.Pace.SickAfter)
		stats, err := b.client.SystemStats(asking)
		cancel()
		switch {
		case err == nil && (b.isMadeAlike(stats.Argv) || b.isKin(stats.Argv) && b.Trial.Busy(ctx)):
			b.outdated.Store(!b.isMadeAlike(stats.Argv))
			b.hold(running)
			b.executor.recall(running.ID(), b.record.get().Threads)
			b.attached = true
			return words{fmt.Sprintf("found pid %d of the service before", running.ID().PID), "it was running already"}, true, nil
		case err == nil || left.port != b.ComfyUI.Port:
			reason = "it was started for another configuration"
			since = time.Time{}
		case errors.Is(err, comfy.ErrUnreachable) && b.Now().Sub(left.since) < time.Duration(b.ComfyUI.StartTimeout):
			since = time.Now() // its port is not open yet: it is starting
		}
	}
	if ctx.Err() != nil {
		return words{}, false, ctx.Err()
	}
	b.Log.Warn("ending the ComfyUI of the service before", "worker", b.Worker, "pid", running.ID().PID, "reason", reason)
	if err := running.Stop(ctx, b.Pace.StopGrace); err != nil {
		return words{}, false, plainly(fmt.Errorf("the ComfyUI of the service before: %w: restart the machine", err), unendable(err).plain)
	}
	return words{}, false, nil
}

// isOwn recognises a ComfyUI by the arguments that it was started with. Those before --listen are the program's own,
// and some node packs drop one of them when they restart ComfyUI.
func (e *Engine) isOwn(argv []string) bool {
	return slices.Equal(fromListen(argv), fromListen(e.spec().Args))
}

func fromListen(args []string) []string { return args[max(0, slices.Index(args, "--listen")):] }

// uploadMiB is the size of a request that brings ComfyUI a file of so many bytes, in MiB; ComfyUI's own 100 where that is more.
func uploadMiB(bytes int64) int64 { return max(100, bytes>>20+2) }

// environment returns what its worker asks for, and after that what the service itself needs, which counts.
func (e *Engine) environment() []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(e.Env)) {
		all = append(all, name+"="+e.Env[name])
	}
	return append(all, "PYTHONUTF8=1", markVariable+"="+e.mark())
}

// spec returns program, arguments and environment of ComfyUI.
func (e *Engine) spec() process.Spec {
	c := e.ComfyUI
	spec := process.Spec{
		Path:    c.Python,
		Dir:     c.RootPath,
		Env:     e.environment(),
		LogFile: e.Files.Log,
	}
	switch c.Installation {
	case config.Portable:
		spec.Args = []string{"-s", "main.py", "--windows-standalone-build"}
	case config.Local:
		spec.Args = []string{"main.py"}
	case config.Simulated:
		spec.Path, spec.Dir = e.Executable, ""
		spec.Args = []string{"simulate", "--base-directory", c.RootPath}
	}
	spec.Args = append(spec.Args,
		"--listen", c.Host, "--port", strconv.Itoa(c.Port), "--output-directory", c.OutputDir, "--disable-auto-launch", "--preview-method",
		"auto", "--max-upload-size", strconv.FormatInt(uploadMiB(e.MaxUpload), 10))
	spec.Args = append(spec.Args, ownPlaces(c)...)
	spec.Args = append(spec.Args, c.ExtraArgs...)
	return spec
}

// ownPlaces are the arguments by which a ComfyUI that is started from the folder of another keeps apart from that.
func ownPlaces(c config.ComfyUI) (args []string) {
	if c.UserDir != "" {
		args = append(args, "--user-directory", c.UserDir)
	}
	if c.TempDir != "" {
		args = append(args, "--temp-directory", c.TempDir)
	}
	if c.Database != "" {
		args = append(args, "--database-url", "sqlite:///"+c.Database)
	}
	return args
}

// makePlaces makes the folders that ComfyUI takes for granted. It makes its output folder itself; the simulated one's root is the
// service's own.
func makePlaces(c config.ComfyUI) error {
	for what, folder := range map[string]string{"output": c.OutputDir, "user": c.UserDir, "temporary": c.TempDir} {
		if folder == "" {
			continue
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("make the %s folder: %w", what, err)
		}
	}
	return nil
}
