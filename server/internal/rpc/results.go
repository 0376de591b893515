package rpc

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"unicode"

	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
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
			w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": found.downloadName()}))
		}
		if result := found.Job.Results[n]; result.Filename == "" {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("Cache-Control", "private, no-cache")
			_, _ = io.WriteString(w, result.Text) // whoever asked may have gone
			return
		}
		r = r.WithContext(context.WithValue(r.Context(), resultKey{}, found))
		r.SetPathValue("name", found.Job.Results[n].Filename)
		next.ServeHTTP(w, r)
	})
}

// resultOf finds a result of a job that somebody may see; fault.NotFound, for a job that they may not see as for none.
func (s *Server) resultOf(ctx context.Context, viewer account.User, jobID string, n int) (ResultOf, error) {
	j, err := s.Store.Job(ctx, canonical(jobID))
	if errors.Is(err, store.ErrNotFound) || err == nil && !s.Presenter.SeesJobsOf(viewer, j.UserID) {
		return ResultOf{}, fault.NoSuch("job", jobID)
	}
	if err != nil {
		return ResultOf{}, err
	}
	if n < 0 || n >= len(j.Results) {
		return ResultOf{}, fault.Newf(fault.NotFound, "the job has %d results, counted from 0", len(j.Results)).
			With("what", "result").With("name", strconv.Itoa(n))
	}
	return ResultOf{j, n}, nil
}

// maxStem bounds the words of a prompt in the name of a download, in characters.
const maxStem = 40

// downloadName is made of the prompt and the seed, or of the workflow where there is no prompt.
func (f ResultOf) downloadName() string {
	stem := slug(f.Job.Prompt(), maxStem)
	if stem == "" {
		stem = slug(f.Job.Workflow, maxStem)
	}
	if seed, has := f.Job.Seed(); has {
		stem += "_seed-" + strconv.FormatUint(seed, 10)
	}
	if f.N > 0 {
		stem += "_" + strconv.Itoa(f.N+1)
	}
	ending := path.Ext(f.Job.Results[f.N].Filename)
	if f.Job.Results[f.N].Filename == "" {
		ending = ".txt"
	}
	return stem + strings.ToLower(ending)
}

// slug is the beginning of a text as part of a file's name: letters and digits, the rest dashes.
func slug(text string, limit int) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	var made []rune
	for _, word := range words {
		if len(made)+len([]rune(word))+1 > limit {
			break
		}
		if len(made) > 0 {
			made = append(made, '-')
		}
		made = append(made, []rune(word)...)
	}
	return string(made)
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
	made, err := s.Assets.Receive(ctx, by, found.downloadName(), content, size)
	if err != nil {
		return nil, err
	}
	return &pb.CreateAssetFromResultResponse{Asset: assetToProto(made)}, nil
}
