// Package outcome waits for jobs to end, saves what they made, and says how it went.
package outcome

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/follow"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/iostreams"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobview"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/picture"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/plaintext"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/progress"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Waiter waits on behalf of one command.
type Waiter struct {
	IO     *iostreams.IOStreams
	Clock  when.Clock
	Client *api.Client
	// Dir is where results are saved; nothing is when it is empty.
	Dir string
	// Quiet leaves out what is told on the way.
	Quiet bool
	// Explain puts an error into words.
	Explain problem.Explainer
}

// Await follows jobs to their ends and returns them as they are then, in the same order. The error is that of the first
// job that did not end well; the others have been told about on stderr. When ctx ends the jobs stay booked, and that is said.
func (w *Waiter) Await(ctx context.Context, jobs []*pb.Job) ([]*pb.Job, error) {
	display := progress.New(w.IO, w.Clock, jobs, w.Quiet)
	stream := &follow.Stream{Scheduler: w.Client.Scheduler, Connected: true, Lost: display.Lost, Back: display.Back}
	ids := make([]string, len(jobs))
	for i, j := range jobs {
		ids[i] = j.GetId()
	}
	last, err := follow.Jobs(ctx, stream, ids, display.Event)
	display.Close()
	for i, j := range jobs {
		if known := last[j.GetId()]; known != nil {
			jobs[i] = known
		}
	}
	if errors.Is(err, context.Canceled) {
		return jobs, w.interrupted(jobs)
	}
	if err != nil {
		return jobs, err
	}
	return jobs, w.finish(ctx, jobs)
}

// interrupted says what stays booked and how to go on.
func (w *Waiter) interrupted(jobs []*pb.Job) error {
	var open []string
	for _, j := range jobs {
		if !jobview.Ended(j) {
			open = append(open, jobview.ShortID(j.GetId()))
		}
	}
	verb := "stays"
	if len(open) > 1 {
		verb = "stay"
	}
	list := strings.Join(open, " ")
	return exitcode.Errorf(exitcode.Interrupted, "interrupted; %s %s booked: 'comfysched wait %s' waits again, 'comfysched cancel %s' takes back", list, verb, list, list)
}

// finish tells how each job ended and saves the results of those that completed.
func (w *Waiter) finish(ctx context.Context, jobs []*pb.Job) error {
	var first error
	for _, j := range jobs {
		err := w.one(ctx, j)
		if err == nil {
			continue
		}
		if first != nil {
			fmt.Fprintln(w.IO.Err, "comfysched: "+w.Explain.Line(first))
		}
		first = err
	}
	return first
}

func (w *Waiter) one(ctx context.Context, j *pb.Job) error {
	id := jobview.ShortID(j.GetId())
	switch j.GetStatus() {
	case pb.JobStatus_JOB_STATUS_FAILED:
		return exitcode.Errorf(exitcode.JobFailed, "job %s failed: %s", id, plaintext.Line(jobview.ErrorText(j)))
	case pb.JobStatus_JOB_STATUS_CANCELLED:
		return exitcode.Errorf(exitcode.JobFailed, "job %s was cancelled", id)
	}
	if w.IO.IsStderrTTY() && !w.Quiet {
		fmt.Fprintf(w.IO.Err, "%s %s in %s\n", id, w.IO.Green("completed"), when.Span(took(j)))
	}
	if w.Dir == "" {
		return nil
	}
	saved, err := picture.Save(ctx, w.Client, j, w.Dir)
	if !w.Quiet {
		for _, path := range saved {
			fmt.Fprintln(w.IO.Err, "saved "+plaintext.Line(path))
		}
	}
	if err != nil {
		return fmt.Errorf("job %s: %w", id, err)
	}
	return nil
}

// took is the time from start to outcome: work, not waiting.
func took(j *pb.Job) time.Duration {
	return time.Duration(j.GetFinishedAtMs()-j.GetStartedAtMs()) * time.Millisecond
}
