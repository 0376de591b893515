package fleet

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

var _ files.Source = (*Fleet)(nil)

// A result belongs to its job's worker. Its name is that in the worker's output folder, which for workers other than the first has
// the worker's id before it: so the names below /images are told apart.

// prefixOf begins the names of a worker's results.
func prefixOf(worker string, first bool) string {
	if first {
		return ""
	}
	return worker + "/"
}

// Owner is the worker whose result a name is.
func (f *Fleet) Owner(name string) (worker string) {
	for _, l := range f.lanes[1:] {
		if strings.HasPrefix(name, l.prefix) {
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
	return l.results.Open(ctx, strings.TrimPrefix(name, l.prefix))
}

// ResultsOf returns the results that a job's attempt has left in its worker's output folder; none unless they show that it went well.
func (f *Fleet) ResultsOf(ctx context.Context, j job.Job) []job.Result {
	l, err := f.Lane(j.Worker)
	if err != nil {
		return nil // the worker is not there any more
	}
	return l.Runner.Results(ctx, j)
}
