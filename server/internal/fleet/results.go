package fleet

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

var _ files.Source = (*Fleet)(nil)

// A result belongs to its job's worker. Its name is that in the worker's output folder, which for workers other than the first has
// the worker's id before it: so the names below /images are told apart.

// naming gives a worker's results their names. The first worker's are as ComfyUI calls them, unless they would be taken for those of
// another worker: then they too have its id before them.
type naming struct {
	worker string
	first  bool
	others []string // the other workers
}

func namingOf(workers []config.Worker, i int) naming {
	n := naming{worker: workers[i].ID, first: i == 0}
	for j, w := range workers {
		if j != i {
			n.others = append(n.others, w.ID)
		}
	}
	return n
}

// full is the name of a result that ComfyUI has given a name of its own.
func (n naming) full(own string) string {
	if n.first && !n.mistaken(own) {
		return own
	}
	return n.worker + "/" + own
}

// own is ComfyUI's name of a result.
func (n naming) own(full string) string {
	rest, is := strings.CutPrefix(full, n.worker+"/")
	if !is || n.first && !n.mistaken(rest) {
		return full
	}
	return rest
}

// mistaken reports whether a name of the first worker's would be taken for another's, or for one that has its id before it.
func (n naming) mistaken(own string) bool {
	for is := true; is; {
		if slices.ContainsFunc(n.others, func(other string) bool { return strings.HasPrefix(own, other+"/") }) {
			return true
		}
		own, is = strings.CutPrefix(own, n.worker+"/")
	}
	return false
}

// Owner is the worker whose result a name is.
func (f *Fleet) Owner(name string) (worker string) {
	for _, l := range f.lanes[1:] {
		if strings.HasPrefix(name, l.ID+"/") {
			return l.ID
		}
	}
	return f.lanes[0].ID
}

// Open implements files.Source.
func (f *Fleet) Open(ctx context.Context, name string) (*files.File, error) {
	return f.OpenResult(ctx, f.Owner(name), name)
}

// OpenResult opens a result of a job that ran on a worker; fs.ErrNotExist.
func (f *Fleet) OpenResult(ctx context.Context, worker, name string) (*files.File, error) {
	l, err := f.Lane(worker)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return l.results.Open(ctx, l.naming.own(name))
}

// Left returns the results that a job's attempt has left, and the worker that wrote them; none unless they show that it went well.
// They are looked for where the job was booked, if it may have begun there by its slot, and on every worker whose disk can be read
// that may have taken it from there.
func (f *Fleet) Left(ctx context.Context, j job.Job, begun bool) (worker string, results []job.Result) {
	for _, l := range f.lanes {
		readable := l.Runner.OutputDir != ""
		if own := l.ID == j.Worker; own && !begun && !readable || !own && (j.Pinned || !readable) {
			continue
		}
		if results = l.Runner.Results(ctx, j); len(results) > 0 {
			return l.ID, results
		}
	}
	return j.Worker, nil
}
