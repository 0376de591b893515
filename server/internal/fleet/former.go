package fleet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
)

// former is a worker that is not in the configuration any more.
type former struct {
	naming
	results files.Source   // nil: they are not to be had from here
	earlier []files.Source // where they lay before
}

// formerWorkers finds those that have left a note.
func formerWorkers(c Config, notes []places) (all []former) {
	posters := postersFor(c, config.Worker{})
	for _, p := range notes {
		if slices.ContainsFunc(c.Workers, func(w config.Worker) bool { return w.ID == p.Worker }) {
			continue
		}
		left := former{naming: naming{worker: p.Worker, first: p.First}, earlier: sourcesOf(p.Earlier, posters)}
		if p.Output != "" {
			left.results = place{p.Output, p.Links}.source(posters)
		}
		all = append(all, left)
	}
	return all
}

// formerWorker finds a worker that is not in the configuration any more.
func (f *Fleet) formerWorker(id string) (former, bool) {
	i := slices.IndexFunc(f.formers, func(r former) bool { return r.worker == id })
	if i < 0 {
		return former{}, false
	}
	return f.formers[i], true
}

// formerOwner finds the worker that is not in the configuration any more and whose result a name may be: by its prefix, or because it
// was the first and had none. ok is false where it can only be one of the workers that are there.
func (f *Fleet) formerOwner(name string) (r former, ok bool) {
	for _, r := range f.formers {
		if !r.first && strings.HasPrefix(name, r.worker+"/") {
			return r, true
		}
	}
	for _, r := range f.formers {
		if r.first && !f.lanes[0].has(name) {
			return r, true
		}
	}
	return former{}, false
}

// has reports whether a result is there by a name, as far as the service can tell without asking a ComfyUI.
func (l *Lane) has(name string) bool {
	if l.outputs.IsZero() || l.hadEarlier(name) {
		return true
	}
	names := []string{l.naming.own(name)}
	if earlier, is := l.naming.earlier(name); is {
		names = append(names, earlier)
	}
	return slices.ContainsFunc(names, func(own string) bool {
		file, _, err := l.outputs.Open(own)
		if err == nil {
			_ = file.Close()
		}
		return err == nil
	})
}

// openFormer opens a result of a worker that is not in the configuration any more; the error says what became of that.
func (f *Fleet) openFormer(ctx context.Context, worker, name string) (*files.File, error) {
	r, known := f.formerWorker(worker)
	var because string
	switch {
	case !known:
		because = "and nothing tells where its results lie"
	case r.results == nil:
		because = "and its results lay with its ComfyUI, on another machine"
	default:
		file, err := f.openNamed(ctx, r.naming, r.results, name)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
		because = "and its output folder does not have the file any more"
	}
	return nil, fault.Newf(fault.NotFound, "the worker %q, which made this result, is not in the configuration any more, %s", worker, because).
		With("what", "result").With("name", name)
}

// wroteByJob opens a result of a worker that is not in the configuration any more when a job wrote it: what else lies in its folder was
// served while the worker was there, and is not now.
func (f *Fleet) wroteByJob(ctx context.Context, r former, name string) (*files.File, error) {
	if _, err := f.Store.ResultOwner(ctx, r.worker, name); err != nil {
		return nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return f.openFormer(ctx, r.worker, name)
}
