package fleet

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/zeebo/blake3"

	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/files"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
)

// OpenOwn opens a result of a job that is a file, when the file is still the one that the job wrote, which is told by its size, its time
// and, where that is another, its content; fault.NotFound, fault.ResultChanged.
func (f *Fleet) OpenOwn(ctx context.Context, j job.Job, n int) (*files.File, error) {
	if n < 0 || n >= len(j.Results) || j.Results[n].Filename == "" {
		return nil, fault.Newf(fault.NotFound, "the job has no file as result %d", n).With("what", "result").With("name", fmt.Sprint(n))
	}
	result := j.Results[n]
	if result.Overwritten {
		return nil, changed(j, "overwritten by another job")
	}
	file, err := f.openPresent(ctx, j, result)
	if err == nil {
		return file, nil
	}
	if earlier, missing := f.openEarlier(ctx, j.Worker, result); missing == nil {
		return earlier, nil
	}
	return nil, err
}

// openPresent opens a result of a job where the worker's results lie now.
func (f *Fleet) openPresent(ctx context.Context, j job.Job, result job.Result) (*files.File, error) {
	file, err := f.OpenResult(ctx, j.Worker, result.Filename)
	if errors.Is(err, fs.ErrNotExist) {
		if _, lay := f.earlier(j.Worker); len(lay) > 0 {
			return nil, fault.Newf(fault.ResultChanged, "the file of this result is in none of the output folders that the worker %q has had",
				j.Worker).With("job_id", j.ID)
		}
		return nil, changed(j, "deleted")
	}
	if err != nil {
		return nil, err
	}
	same, err := isSame(file, result)
	if err == nil && same {
		return file, nil
	}
	_ = file.Close()
	if err != nil {
		return nil, err
	}
	return nil, changed(j, "overwritten or changed")
}

func changed(j job.Job, how string) error {
	return fault.Newf(fault.ResultChanged, "the file of this result was %s since the job wrote it", how).With("job_id", j.ID)
}

// isSame reports whether a file is what a result was when its run ended; of what is not known it is taken to be.
func isSame(file *files.File, result job.Result) (bool, error) {
	switch {
	case result.Size == 0:
		return true, nil
	case file.Size >= 0 && file.Size != result.Size:
		return false, nil
	case result.Tag != "" && file.Own == result.Tag:
		return true, nil
	case result.Tag != "" && file.Own != "": // the content may be the same all the same
	case file.Modified.IsZero(), file.Modified.UnixMilli() == result.Modified:
		return true, nil
	}
	if result.Hash == "" {
		return false, nil
	}
	hasher := blake3.New()
	if _, err := io.Copy(hasher, file); err != nil {
		return false, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	return hex.EncodeToString(hasher.Sum(nil)) == result.Hash, nil
}
