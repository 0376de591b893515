package rpc

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/archive"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/job"
	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// ResultOf is a result that is asked for by its job.
type ResultOf struct {
	Job job.Job
	N   int // in the order of the job's results
}

type resultKey struct{}

// ResultIn finds the result that [Server.ForJobResults] has let through.
func ResultIn(ctx context.Context) ResultOf {
	found, _ := ctx.Value(resultKey{}).(ResultOf)
	return found
}

// ForJobResults lets those through who may see the job that the path value "job" names, when it has a result of the number "n". Texts
// are answered here. With download=1 the answer has a name for people.
func (s *Server) ForJobResults(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, ok := s.recogniseViewer(w, r)
		if !ok {
			return
		}
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil {
			n = -1
		}
		found, err := s.resultOf(r.Context(), who.User, r.PathValue("job"), n)
		if err != nil {
			s.plainError(w, r, err)
			return
		}
		if r.FormValue("download") == "1" {
			named := map[string]string{"filename": archive.FileName(found.Job, found.N)}
			w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", named))
		}
		if result := found.Job.Results[n]; result.Filename == "" {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("Cache-Control", "private, no-cache")
			_, _ = io.WriteString(w, result.Text) // whoever asked may have gone
			return
		}
		r = r.WithContext(context.WithValue(r.Context(), resultKey{}, found))
		r.SetPathValue("name", found.Job.Results[n].Filename)
		s.serveKnown(next, w, r, who)
	})
}

// resultOf finds a result of a job that somebody may see; fault.NotFound, for a job that they may not see as for none.
func (s *Server) resultOf(ctx context.Context, viewer account.User, jobID string, n int) (ResultOf, error) {
	j, err := s.jobOf(ctx, viewer, jobID)
	if err != nil {
		return ResultOf{}, err
	}
	if n < 0 || n >= len(j.Results) {
		return ResultOf{}, fault.Newf(fault.NotFound, "the job has %d results, counted from 0", len(j.Results)).
			With("what", "result").With("name", strconv.Itoa(n))
	}
	return ResultOf{j, n}, nil
}

// jobOf finds a job that somebody may see all of; fault.NotFound, for one that they may not see as for none.
func (s *Server) jobOf(ctx context.Context, viewer account.User, id string) (job.Job, error) {
	j, err := s.Store.Job(ctx, canonical(id))
	if errors.Is(err, store.ErrNotFound) || err == nil && !s.Presenter.SeesJobsOf(viewer, j.UserID) {
		return job.Job{}, fault.NoSuch("job", id)
	}
	return j, err
}

// CreateAssetFromResult makes a result that the caller may see an asset of theirs.
func (s assetService) CreateAssetFromResult(
	ctx context.Context, r *pb.CreateAssetFromResultRequest,
) (*pb.CreateAssetFromResultResponse, error) {
	by := caller(ctx).Actor
	found, err := s.resultOf(ctx, by.User, r.JobId, int(r.ResultIndex))
	if err != nil {
		return nil, err
	}
	if found.Job.Status != job.Completed {
		return nil, found.Job.Status.Refuses("taken from")
	}
	result := found.Job.Results[found.N]
	if result.Filename == "" {
		return nil, fault.Invalid("result_index", "is a text, which no input for files takes")
	}
	content, size, err := s.OpenResult(ctx, found.Job, found.N)
	if err != nil {
		return nil, err
	}
	defer func() { _ = content.Close() }()
	made, err := s.Assets.Receive(ctx, by, archive.FileName(found.Job, found.N), content, size)
	if err != nil {
		return nil, err
	}
	return &pb.CreateAssetFromResultResponse{Asset: assetToProto(made)}, nil
}
