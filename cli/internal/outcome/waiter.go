// Package outcome is about the ends of jobs: it waits for them, shows meanwhile how far they are, saves what they made, and
// says how it went.
package outcome

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/problem"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/refs"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/render"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/stream"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Waiter waits on behalf of one command, once.
type Waiter struct {
	IO      *term.Streams
	Clock   when.Clock
	Client  *api.Client
	Explain problem.Explainer
	Out     flags.Out
	// Dir names the directory to save results in; empty saves none.
	Dir string
	// Names holds the names of the jobs' owners as far as they are known; Await adds to it.
	Names api.Names

	ended map[string]error // how each job that has ended came out
}

// Await follows jobs to their ends, saves the results of each as soon as it has ended, and prints the jobs as they are at
// last. A single job that did not end well gives the error; of several, each is told about when it has ended and the error
// only carries the exit code of the first. When ctx ends the jobs stay booked, and the error says so.
func (w *Waiter) Await(ctx context.Context, jobs []*pb.Job) error {
	w.ended = map[string]error{}
	if w.Names == nil {
		w.Names = api.Names{}
	}
	display := newDisplay(w.IO, w.Clock, jobs, w.Out.Quiet)
	live := &stream.Stream{Scheduler: w.Client.Scheduler, Connected: true, Lost: display.Lost, Back: display.Back}
	last, err := stream.Follow(ctx, live, ids(jobs), w.Names, func(e stream.Event) {
		display.Event(e)
		if _, told := w.ended[e.Job.GetId()]; !told && e.Job != nil && api.Ended(e.Job) {
			w.ended[e.Job.GetId()] = w.one(ctx, display, e.Job, len(jobs) > 1)
		}
	})
	display.Close()
	for i, j := range jobs {
		if known := last[j.GetId()]; known.GetVersion() > j.GetVersion() { // else it is as it was, and was whole
			jobs[i] = known
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		err = interrupted(jobs)
	case err == nil:
		err = w.verdict(jobs)
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
		if !api.Ended(j) {
			open = append(open, refs.Short(j.GetId()))
		}
	}
	verb := "stays"
	if len(open) > 1 {
		verb = "stay"
	}
	list := strings.Join(open, " ")
	return exitcode.Errorf(exitcode.Interrupted,
		"interrupted; %s %s booked: 'comfysched wait %s' waits again, 'comfysched cancel %s' takes back",
		list, verb, list, list)
}

// verdict gives the error of a command whose jobs have all ended.
func (w *Waiter) verdict(jobs []*pb.Job) error {
	for _, j := range jobs {
		switch err := w.ended[j.GetId()]; {
		case err == nil:
		case len(jobs) == 1:
			return err
		default:
			return exitcode.Silent(problem.Code(err))
		}
	}
	return nil
}

// one saves the results of a job that has ended and tells how it went. The error of one among several is told at once.
func (w *Waiter) one(ctx context.Context, display *display, j *pb.Job, several bool) error {
	id := refs.Short(j.GetId())
	var saved []string
	var err error
	switch j.GetStatus() {
	case pb.JobStatus_JOB_STATUS_FAILED:
		err = exitcode.Errorf(exitcode.JobFailed, "job %s failed: %s", id, term.Line(render.ErrorText(j)))
	case pb.JobStatus_JOB_STATUS_CANCELLED:
		err = exitcode.Errorf(exitcode.JobFailed, "job %s was cancelled", id)
	case pb.JobStatus_JOB_STATUS_COMPLETED:
		if w.Dir != "" {
			if saved, err = Save(ctx, w.Client, j, w.Dir); err != nil {
				err = fmt.Errorf("job %s: %w", id, err)
			}
		}
	}
	display.Above(func() {
		if j.GetStatus() == pb.JobStatus_JOB_STATUS_COMPLETED && w.IO.IsStderrTTY() && !w.Out.Quiet {
			fmt.Fprintf(w.IO.Err, "%s %s in %s\n", w.IO.Green("Completed"), w.IO.Bold(id), when.Span(took(j)))
		}
		for _, path := range saved {
			if !w.Out.Quiet {
				fmt.Fprintln(w.IO.Err, "saved "+term.Line(path))
			}
		}
		if err != nil && several {
			fmt.Fprintln(w.IO.Err, "comfysched: "+w.Explain.Line(err))
		}
	})
	return err
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
			if err := render.JSON(w.IO, &pb.GetJobResponse{Job: j, Users: w.owner(j)}); err != nil {
				return err
			}
		}
		return nil
	case w.IO.IsStdoutTTY():
		return nil
	}
	return render.JobTable(w.IO, w.Clock, jobs, w.Names).Print()
}

// owner is the name of a job's owner, as the server writes it beside the job.
func (w *Waiter) owner(j *pb.Job) []*pb.UserName {
	return []*pb.UserName{{UserId: j.GetUserId(), Name: w.Names[j.GetUserId()]}}
}
