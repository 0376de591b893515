package fleet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// earlier returns where the results of a worker lay before its output folder was changed, and how it names them.
func (f *Fleet) earlier(worker string) (naming, []files.Source) {
	if l, is := f.named[worker]; is {
		return l.naming, l.earlier
	}
	r, _ := f.formerWorker(worker)
	return r.naming, r.earlier
}

// openEarlier opens a result of a job where it lay before the worker's output folder was changed: the very file that the job wrote, and
// no other of its name. Otherwise fs.ErrNotExist.
func (f *Fleet) openEarlier(ctx context.Context, worker string, result job.Result) (*files.File, error) {
	naming, lay := f.earlier(worker)
	for _, from := range lay {
		file, err := f.openNamed(ctx, naming, from, result.Filename)
		if err != nil {
			continue // it may lie in another
		}
		if same, err := isSame(file, result); err == nil && same {
			return file, nil
		}
		_ = file.Close()
	}
	return nil, fmt.Errorf("%w: in no output folder of the worker %s", fs.ErrNotExist, worker)
}

// orEarlier opens a result that was not found by its name where it lay before, when a job wrote it; otherwise the error stays.
func (f *Fleet) orEarlier(ctx context.Context, worker, name string, failed error) (*files.File, error) {
	if _, lay := f.earlier(worker); len(lay) == 0 || !errors.Is(failed, fs.ErrNotExist) && !fault.Is(failed, fault.NotFound) {
		return nil, failed
	}
	id, err := f.Store.ResultJob(ctx, worker, name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, failed
	}
	if err != nil {
		return nil, err
	}
	j, err := f.Store.Job(ctx, id)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(j.Results, func(r job.Result) bool { return r.Filename == name })
	if i < 0 {
		return nil, failed
	}
	file, err := f.openEarlier(ctx, worker, j.Results[i])
	if errors.Is(err, fs.ErrNotExist) {
		return nil, failed
	}
	return file, err
}

// hadEarlier reports whether a file of a result's name lies where the lane's results lay before.
func (l *Lane) hadEarlier(name string) bool {
	return slices.ContainsFunc(l.earlier, func(from files.Source) bool {
		file, err := from.Open(context.Background(), l.naming.own(name))
		if err == nil {
			_ = file.Close()
		}
		return err == nil
	})
}
