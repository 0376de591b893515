// Package outcome waits for jobs to end, saves what they made, and says how it went.
package outcome

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/apijson"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/follow"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/iostreams"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobref"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/jobview"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/outflag"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/picture"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/plaintext"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/progress"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Waiter waits on behalf of one command.
type Waiter struct {
	IO      *iostreams.IOStreams
	Clock   when.Clock
	Client  *api.Client
	Explain problem.Explainer
	Out     outflag.Flags
	// Dir is where results are saved; nothing is when it is empty.
	Dir string
}

// Await follows jobs to their ends, saves their results and prints the jobs as they are then. The error is that of the
// last job that did not end well; those before it have been told about. When ctx ends the jobs stay booked, and the
// error says so.
func (w *Waiter) Await(ctx context.Context, jobs []*pb.Job) error {
	display := progress.New(w.IO, w.Clock, jobs, w.Out.Quiet)
	stream := &follow.Stream{Scheduler: w.Client.Scheduler, Connected: true, Lost: display.Lost, Back: display.Back}
	last, err := follow.Jobs(ctx, stream, ids(jobs), display.Event)
	display.Close()
	for i, j := range jobs {
		if known := last[j.GetId()]; known != nil {
			jobs[i] = known
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		err = interrupted(jobs)
	case err == nil:
		err = w.finish(ctx, jobs)
	}
	return errors.Join(err, w.print(jobs))
}

func ids(jobs []*pb.Job) []string {
	out := make([]string, len(jobs))
	for i, j := range jobs {
		out[i] = j.GetId()
	}
	return out
}

// interrupted says what stays booked and how to go on.
func interrupted(jobs []*pb.Job) error {
	var open []string
	for _, j := range jobs {
		if !jobview.Ended(j) {
			open = append(open, jobref.Short(j.GetId()))
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
func (w *Waiter) finish(ctx context.Context, jobs []*pb.Job) (last error) {
	for _, j := range jobs {
		if err := w.one(ctx, j); err != nil {
			if last != nil {
				fmt.Fprintln(w.IO.Err, "comfysched: "+w.Explain.Line(last))
			}
			last = err
		}
	}
	return last
}

func (w *Waiter) one(ctx context.Context, j *pb.Job) error {
	id := jobref.Short(j.GetId())
	switch j.GetStatus() {
	case pb.JobStatus_JOB_STATUS_FAILED:
		return exitcode.Errorf(exitcode.JobFailed, "job %s failed: %s", id, plaintext.Line(jobview.ErrorText(j)))
	case pb.JobStatus_JOB_STATUS_CANCELLED:
		return exitcode.Errorf(exitcode.JobFailed, "job %s was cancelled", id)
	}
	if w.IO.IsStderrTTY() && !w.Out.Quiet {
		fmt.Fprintf(w.IO.Err, "%s %s in %s\n", w.IO.Green("Completed"), w.IO.Bold(id), when.Span(took(j)))
	}
	if w.Dir == "" {
		return nil
	}
	saved, err := picture.Save(ctx, w.Client, j, w.Dir)
	if !w.Out.Quiet {
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

// print shows the jobs to programs; a person has read on stderr how they went.
func (w *Waiter) print(jobs []*pb.Job) error {
	switch {
	case w.Out.Quiet:
		return nil
	case w.Out.JSON:
		for _, j := range jobs {
			if err := apijson.Print(w.IO, &pb.GetJobResponse{Job: j}); err != nil {
				return err
			}
		}
		return nil
	case w.IO.IsStdoutTTY():
		return nil
	}
	return jobview.List(w.IO, w.Clock, jobs)
}
