package fleet

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

var _ files.Source = (*Fleet)(nil)

// A result belongs to its job's worker. Its name is that in the worker's output folder, which for workers other than the first has
// the worker's id before it: so the names below /images are told apart.

// naming gives a worker's results their names. The first worker's are as ComfyUI calls them, unless they would be taken for those of
// another worker: then they too have its id before them.
type naming struct {
	worker string
	first  bool
	others []string // the other workers, those too that are not in the configuration any more
}

func namingOf(workers []config.Worker, i int, formers []former) naming {
	n := naming{worker: workers[i].ID, first: i == 0}
	for j, w := range workers {
		if j != i {
			n.others = append(n.others, w.ID)
		}
	}
	for _, r := range formers {
		n.others = append(n.others, r.worker)
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

// earlier is ComfyUI's name of a result that was written when the worker was not the first: its id stood before it.
func (n naming) earlier(full string) (own string, is bool) {
	rest, is := strings.CutPrefix(full, n.worker+"/")
	return rest, is && rest != n.own(full)
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
	if r, is := f.formerOwner(name); is {
		return r.worker
	}
	return f.lanes[0].ID
}

// Open implements files.Source.
func (f *Fleet) Open(ctx context.Context, name string) (*files.File, error) {
	owner := f.Owner(name)
	file, err := f.openPresentNamed(ctx, owner, name)
	if err != nil {
		return f.orEarlier(ctx, owner, name, err)
	}
	return file, nil
}

func (f *Fleet) openPresentNamed(ctx context.Context, owner, name string) (*files.File, error) {
	if r, is := f.formerWorker(owner); is {
		return f.wroteByJob(ctx, r, name)
	}
	return f.OpenResult(ctx, owner, name)
}

// OpenResult opens a result of a job that ran on a worker; fs.ErrNotExist, and fault.NotFound where the worker is not in the
// configuration any more and its results are not to be had.
func (f *Fleet) OpenResult(ctx context.Context, worker, name string) (*files.File, error) {
	l, err := f.Lane(worker)
	if err != nil {
		return f.openFormer(ctx, worker, name)
	}
	return f.openNamed(ctx, l.naming, l.results, name)
}

// openNamed opens a result of a worker by its name, or by the one that it had earlier: unless that file is called otherwise now, because
// another job has written it since.
func (f *Fleet) openNamed(ctx context.Context, n naming, from files.Source, name string) (*files.File, error) {
	file, err := from.Open(ctx, n.own(name))
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	earlier, is := n.earlier(name)
	if !is {
		return nil, err
	}
	if _, taken := f.Store.ResultOwner(ctx, n.worker, n.full(earlier)); !errors.Is(taken, store.ErrNotFound) {
		return nil, errors.Join(fs.ErrNotExist, taken)
	}
	return from.Open(ctx, earlier)
}

// Left returns the results that a job's attempt has left, and the worker that wrote them; none unless they show that it went well.
// They are looked for where the job was booked, if it may have begun there by its slot, and on every worker whose disk can be read
// that may have taken it from there, or that its owner may have moved it to.
func (f *Fleet) Left(ctx context.Context, j job.Job, begun bool) (worker string, results []job.Result) {
	for _, l := range f.lanes {
		readable := l.Runner.OutputDir != ""
		if own := l.ID == j.Worker; own && !begun && !readable || !own && (j.Pinned && !begun || !readable) {
			continue
		}
		if results = l.Runner.Results(ctx, j); len(results) > 0 {
			return l.ID, results
		}
	}
	return j.Worker, nil
}
